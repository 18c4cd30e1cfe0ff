import { SandboxError, type SpawnRequest } from '@caisson/core'
import { expect } from 'chai'
import { bound, frameType } from '../dist/protocol.js'
import { sandboxRejection } from './rejection.ts'
import { exitPayload, spawnedPayload, u32, type ScriptedPeer } from './scripted-peer.ts'
import { request, running } from './scripted-process.ts'
import { scriptedSession } from './scripted-session.ts'

describe('a process stream out of order', () => {
  const breaches: [string, (peer: ScriptedPeer) => void, Partial<SpawnRequest>?][] = [
    ['SPAWNED twice', (peer) => peer.send(frameType.SPAWNED, 1, spawnedPayload())],
    [
      'EXIT twice',
      (peer) => (
        peer.send(frameType.EXIT, 1, exitPayload()),
        peer.send(frameType.EXIT, 1, exitPayload())
      ),
    ],
    ['GONE before EXIT', (peer) => peer.send(frameType.GONE, 1)],
    ['REPLY on a process', (peer) => peer.send(frameType.REPLY, 1, u32(0))],
    ['RESET on a process', (peer) => peer.send(frameType.RESET, 1, u32(0))],
    ['CONNECTED on a process', (peer) => peer.send(frameType.CONNECTED, 1, u32(0))],
    ['data on stdin', (peer) => peer.send(frameType.DATA, 1, Buffer.alloc(1), 0)],
    [
      'data on a merged stderr',
      (peer) => peer.send(frameType.DATA, 1, Buffer.alloc(1), 2),
      { stderr: 'merge' },
    ],
    [
      'data after EOF',
      (peer) => (
        peer.send(frameType.EOF, 1, undefined, 1),
        peer.send(frameType.DATA, 1, Buffer.alloc(1), 1)
      ),
    ],
    [
      'EOF twice',
      (peer) => (
        peer.send(frameType.EOF, 1, undefined, 2),
        peer.send(frameType.EOF, 1, undefined, 2)
      ),
    ],
    ['EOF of stdin twice', (peer) => (peer.send(frameType.EOF, 1), peer.send(frameType.EOF, 1))],
    [
      'data beyond credit',
      (peer) => {
        for (let sent = 0; sent <= bound.CREDIT_INITIAL; sent += 65_536) {
          peer.send(frameType.DATA, 1, Buffer.alloc(65_536), 2)
        }
      },
    ],
    ['a grant of nothing', (peer) => peer.send(frameType.WINDOW, 1, u32(0))],
    [
      'a grant above 16 MiB',
      (peer) => peer.send(frameType.WINDOW, 1, u32(bound.CREDIT_GRANT_MAX + 1)),
    ],
    [
      'grants without end',
      (peer) => {
        for (let index = 0; index < 5; index += 1)
          peer.send(frameType.WINDOW, 1, u32(bound.CREDIT_GRANT_MAX))
      },
    ],
    ['a grant for stdout', (peer) => peer.send(frameType.WINDOW, 1, u32(1), 1)],
    ['exit code 256', (peer) => peer.send(frameType.EXIT, 1, exitPayload(256))],
    ['signal 65', (peer) => peer.send(frameType.EXIT, 1, exitPayload(65, 1))],
    ['signal 0', (peer) => peer.send(frameType.EXIT, 1, exitPayload(0, 1))],
    ['a way to exit that is none', (peer) => peer.send(frameType.EXIT, 1, exitPayload(0, 2))],
    [
      'a stream that the host never opened',
      (peer) => peer.send(frameType.DATA, 3, Buffer.alloc(1), 1),
    ],
    ['a stream of its own', (peer) => peer.send(frameType.DATA, 2, Buffer.alloc(1), 1)],
    ['FROZEN that nobody asked for', (peer) => peer.send(frameType.FROZEN, 0, Buffer.alloc(8))],
    ['HELLO again', (peer) => peer.send(frameType.HELLO, 0, Buffer.alloc(22))],
    ['FAIL after HELLO', (peer) => peer.send(frameType.FAIL, 0, Buffer.alloc(14))],
  ]
  for (const [title, send, changes] of breaches) {
    it(`ends the session on ${title}`, async () => {
      await using run = await running(changes)
      send(run.peer)
      const end = await run.session.ended
      expect(end.reason).to.equal('protocol')
      await run.process.gone
      const exit = await run.process.exited.catch((error: unknown) => error)
      if (SandboxError.is(exit)) expect(exit.code).to.equal('PROTOCOL')
      const later = await sandboxRejection(run.session.fs.readLink('/a'))
      expect([later.code, SandboxError.is(later.cause) && later.cause.code]).to.deep.equal([
        'SANDBOX_ENDED',
        'PROTOCOL',
      ])
    })
  }

  it('ends the session on output before SPAWNED', async () => {
    await using scripted = await scriptedSession()
    const spawning = sandboxRejection(scripted.session.spawn(request))
    await scripted.peer.expect(frameType.SPAWN)
    scripted.peer.send(frameType.DATA, 1, Buffer.alloc(1), 1)
    expect((await spawning).code).to.equal('PROTOCOL')
  })
})
