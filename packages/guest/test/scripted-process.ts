import type { DriverProcess, SpawnRequest } from '@caisson/core'
import { frameType } from '../dist/protocol.js'
import { spawnedPayload, type ScriptedPeer } from './scripted-peer.ts'
import { scriptedSession, type ScriptedSession } from './scripted-session.ts'

/** A command with every field. */
export const request: SpawnRequest = {
  argv: ['sh', '-c', 'true'],
  environment: { A: '1', B: 'x=y' },
  workingDirectory: '/work',
  stdin: 'pipe',
  stderr: 'pipe',
  terminal: null,
}

/** A session in which that command runs, on stream 1. */
export interface Running extends ScriptedSession {
  readonly process: DriverProcess
}

/** Starts it. */
export async function running(changes: Partial<SpawnRequest> = {}): Promise<Running> {
  const scripted = await scriptedSession()
  const spawning = scripted.session.spawn({ ...request, ...changes })
  await scripted.peer.expect(frameType.SPAWN)
  scripted.peer.send(frameType.SPAWNED, 1, spawnedPayload())
  const process = await spawning
  return {
    ...scripted,
    process,
    [Symbol.asyncDispose]: scripted[Symbol.asyncDispose].bind(scripted),
  }
}

/** Waits until the host has handled everything that was sent. */
export async function settled(peer: ScriptedPeer): Promise<void> {
  peer.send(frameType.PING, 0, Buffer.alloc(8))
  await peer.expect(frameType.PONG)
}
