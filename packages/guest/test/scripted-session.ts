import type { SessionNotice } from '@caisson/core'
import { connectGuest, type GuestOptions, type GuestSession } from '@caisson/guest'
import { linkPair } from './link-pair.ts'
import { ScriptedPeer } from './scripted-peer.ts'

/** A session over a scripted peer that has said hello. */
export interface ScriptedSession extends AsyncDisposable {
  readonly session: GuestSession
  readonly peer: ScriptedPeer
  readonly notices: SessionNotice[]
}

/** Options that need nothing of a peer but hello. */
export function plainOptions(notices: SessionNotice[] = []): GuestOptions {
  return {
    operations: [],
    timeoutMs: 20_000,
    openFiles: 0,
    sentinel: false,
    onNotice: (notice) => notices.push(notice),
  }
}

/** Connects to a scripted peer. */
export async function scriptedSession(
  options: Partial<GuestOptions> = {},
): Promise<ScriptedSession> {
  const [host, guest] = linkPair()
  const peer = new ScriptedPeer(guest)
  const notices: SessionNotice[] = []
  const connecting = connectGuest(host, { ...plainOptions(notices), ...options })
  await peer.greet()
  const session = await connecting
  return {
    session,
    peer,
    notices,
    async [Symbol.asyncDispose]() {
      guest.destroy()
      await session.close()
    },
  }
}
