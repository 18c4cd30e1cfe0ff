import type {
  DriverFileSystem,
  DriverOverlays,
  DriverProcess,
  DriverSession,
  EgressPeer,
  SessionEnd,
  SpawnRequest,
  Usage,
} from '@caisson/core'
import type { Duplex } from 'node:stream'
import { connectPort } from './connection.ts'
import { GuestFileSystem } from './file-system.ts'
import { absolutePath } from './inside-path.ts'
import type { GuestLink } from './link.ts'
import { GuestOverlays } from './overlays.ts'
import { Owners } from './owners.ts'
import { startProcess } from './process-stream.ts'
import { frameType } from './protocol.ts'
import { listeningPorts, usage } from './sandbox-figures.ts'
import type { Sentinel } from './sentinel.ts'
import type { SetupGap } from './setup.ts'
import type { Freezer } from './freezer.ts'

/** A sandbox whose init has said hello. */
export interface GuestSession extends DriverSession {
  /** What rules of the policy name and `init` could not hide or protect. Empty when all is well. */
  readonly gaps: readonly SetupGap[]
  /**
   * Starts a command.
   *
   * @param signal Aborts the start: the stream is given up, and whatever had started is killed. Has no effect afterwards.
   */
  spawn(request: SpawnRequest, signal?: AbortSignal): Promise<DriverProcess>
  /** Asks `init` to end everything, waits at most 2 s for the link to end, and destroys it. Idempotent; never rejects. */
  close(): Promise<void>
}

/** What a session is built from. */
export interface SessionParts {
  readonly link: GuestLink
  readonly freezer: Freezer
  readonly gaps: readonly SetupGap[]
  readonly openFiles: number
  readonly overlayIndexes: ReadonlyMap<string, number>
  readonly sentinel: Sentinel | null
}

const closeMs = 2000

/** The session over a link on which HELLO has arrived. */
export class LinkedSession implements GuestSession {
  readonly gaps: readonly SetupGap[]
  readonly fs: DriverFileSystem
  readonly overlays: DriverOverlays | null
  readonly ended: Promise<SessionEnd>
  readonly #link: GuestLink
  readonly #openFiles: number
  readonly #owners: Owners
  readonly #sentinel: Sentinel | null
  #closed: Promise<void> | undefined

  constructor(parts: SessionParts) {
    const { link, freezer, overlayIndexes } = parts
    this.#link = link
    this.#openFiles = parts.openFiles
    this.#sentinel = parts.sentinel
    this.#owners = new Owners(link)
    this.gaps = parts.gaps
    this.ended = link.ended
    this.fs = new GuestFileSystem(link)
    this.overlays =
      overlayIndexes.size === 0 ? null : new GuestOverlays(link, freezer, overlayIndexes)
  }

  async spawn(request: SpawnRequest, signal?: AbortSignal): Promise<DriverProcess> {
    absolutePath(request.workingDirectory)
    const sentinel = this.#sentinel
    const start = {
      ...request,
      builtin: false,
      openFiles: this.#openFiles,
      // What a command created is told before its end is, so that it can be laid at its door.
      settle: sentinel === null ? undefined : () => sentinel.settled(),
    }
    await sentinel?.ready
    return await startProcess(this.#link, start, signal)
  }

  async connect(port: number): Promise<Duplex> {
    return await connectPort(this.#link, port)
  }

  async listeningPorts(): Promise<number[]> {
    return await listeningPorts(this.#link)
  }

  async usage(): Promise<Usage> {
    return await usage(this.#link)
  }

  async ownerOf(peer: EgressPeer): Promise<number | null> {
    return await this.#owners.find(peer)
  }

  close(): Promise<void> {
    this.#closed ??= closeLink(this.#link)
    return this.#closed
  }
}

/** END, then the end of the link, which is made when it does not come. */
async function closeLink(link: GuestLink): Promise<void> {
  link.beginClose()
  link.send({ type: frameType.END, flags: 0, stream: 0 }, [])
  const timer = setTimeout(() => link.destroy(), closeMs)
  await link.ended
  clearTimeout(timer)
}
