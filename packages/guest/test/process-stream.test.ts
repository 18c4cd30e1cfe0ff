import type { SpawnRequest } from '@caisson/core'
import { expect } from 'chai'
import { Reader } from '../dist/decode.js'
import { bound, frameType } from '../dist/protocol.js'
import { rejection, sandboxRejection } from './rejection.ts'
import { exitPayload, spawnedPayload, u32, type ScriptedPeer } from './scripted-peer.ts'
import { request, running, settled } from './scripted-process.ts'
import { scriptedSession } from './scripted-session.ts'

describe('spawn', () => {
  it('sends SPAWN with every field', async () => {
    await using scripted = await scriptedSession({ openFiles: 512 })
    const spawning = scripted.session.spawn({ ...request, terminal: { columns: 80, rows: 24 } })
    const frame = await scripted.peer.next()
    const reader = new Reader(frame.payload)
    const list = (): string[] =>
      Array.from({ length: reader.count(4) }, () => reader.str(99).toString())
    expect([frame.type, frame.stream]).to.deep.equal([frameType.SPAWN, 1])
    expect(list()).to.deep.equal(['sh', '-c', 'true'])
    expect(list()).to.deep.equal(['A=1', 'B=x=y'])
    expect(reader.str(99).toString()).to.equal('/work')
    expect([reader.u8(), reader.u8(), reader.u8(), reader.u16(), reader.u16()]).to.deep.equal([
      1, 0, 1, 80, 24,
    ])
    expect([reader.u8(), reader.u64()]).to.deep.equal([0, 512n])
    reader.end()
    scripted.peer.send(frameType.SPAWNED, 1, spawnedPayload(0, 99))
    expect((await spawning).pid).to.equal(99)
  })

  const stages: [string, number, string, string][] = [
    ['exec', 2, 'ENOENT', 'sh'],
    ['cwd', 20, 'ENOTDIR', '/work'],
    ['pty', 28, 'ENOSPC', 'sh'],
  ]
  for (const [stage, number, errno, path] of stages) {
    it(`rejects with SPAWN_FAILED, errno and path when ${stage} fails, and goes on`, async () => {
      await using scripted = await scriptedSession()
      const spawning = sandboxRejection(scripted.session.spawn(request))
      await scripted.peer.expect(frameType.SPAWN)
      scripted.peer.send(frameType.SPAWNED, 1, spawnedPayload(number, 0, stage))
      const error = await spawning
      expect([error.code, error.errno, error.path]).to.deep.equal(['SPAWN_FAILED', errno, path])
      await settled(scripted.peer)
    })
  }

  const misuses: [string, Partial<SpawnRequest>][] = [
    ['no words', { argv: [] }],
    ['a NUL in an argument', { argv: ['a\0b'] }],
    ['a relative working directory', { workingDirectory: 'work' }],
    ['a variable with = in its name', { environment: { 'A=B': '1' } }],
    ['a variable without a name', { environment: { '': '1' } }],
    ['a terminal of 70000 columns', { terminal: { columns: 70_000, rows: 1 } }],
  ]
  for (const [title, changes] of misuses) {
    it(`refuses ${title} as misuse, before anything is sent`, async () => {
      await using scripted = await scriptedSession()
      const error = await rejection(scripted.session.spawn({ ...request, ...changes }))
      expect(error).to.be.instanceOf(TypeError)
      expect(scripted.peer.untaken).to.deep.equal([])
    })
  }

  it('fails with E2BIG when the command does not fit a frame', async () => {
    await using scripted = await scriptedSession()
    const argv = ['echo', 'x'.repeat(bound.FRAME_PAYLOAD_MAX)]
    const error = await sandboxRejection(scripted.session.spawn({ ...request, argv }))
    expect([error.code, error.errno]).to.deep.equal(['SPAWN_FAILED', 'E2BIG'])
  })

  it('resets the stream of a start that is aborted, and takes what crosses', async () => {
    await using scripted = await scriptedSession()
    const controller = new AbortController()
    const spawning = sandboxRejection(scripted.session.spawn(request, controller.signal))
    await scripted.peer.expect(frameType.SPAWN)
    controller.abort('enough')
    const error = await spawning
    expect([error.code, error.cause]).to.deep.equal(['ABORTED', 'enough'])
    expect((await scripted.peer.next()).type).to.equal(frameType.RESET)
    scripted.peer.send(frameType.SPAWNED, 1, spawnedPayload())
    scripted.peer.send(frameType.DATA, 1, Buffer.from('x'), 1)
    scripted.peer.send(frameType.GONE, 1)
    await settled(scripted.peer)
  })

  it('refuses a stream beyond 4096, and takes one again when another ended', async () => {
    await using scripted = await scriptedSession()
    const { session, peer } = scripted
    const starts = Array.from({ length: bound.STREAMS_MAX }, () => session.spawn(request))
    const error = await sandboxRejection(session.spawn(request))
    expect([error.code, error.retryable]).to.deep.equal(['LIMIT', true])
    peer.send(frameType.SPAWNED, 1, spawnedPayload(2, 0))
    await sandboxRejection(starts[0] ?? Promise.resolve())
    const another = sandboxRejection(session.spawn(request))
    peer.link.destroy()
    await Promise.all(starts.slice(1).map(sandboxRejection))
    expect((await another).code).to.equal('SANDBOX_ENDED')
  })
})

describe('a running process', () => {
  it('gives output in frame order, and what came before the listener', async () => {
    await using run = await running()
    run.peer.send(frameType.DATA, 1, Buffer.from('one'), 1)
    run.peer.send(frameType.DATA, 1, Buffer.from('two'), 2)
    await settled(run.peer)
    const seen: string[] = []
    run.process.onOutput((stream, chunk) => seen.push(`${stream} ${Buffer.from(chunk).toString()}`))
    run.peer.send(frameType.DATA, 1, Buffer.from('three'), 1)
    await settled(run.peer)
    expect(seen).to.deep.equal(['stdout one', 'stderr two', 'stdout three'])
  })

  it('keeps what comes byte by byte before its listener in memory of its size', async () => {
    await using run = await running()
    for (let index = 0; index < 20_000; index += 1) {
      run.peer.send(frameType.DATA, 1, Buffer.from([index % 251]), 1)
    }
    await settled(run.peer)
    const chunks: Uint8Array[] = []
    run.process.onOutput((_, chunk) => chunks.push(chunk))
    const all = Buffer.concat(chunks)
    expect(all.length).to.equal(20_000)
    expect(all.every((byte, index) => byte === index % 251)).to.equal(true)
    const held = chunks.reduce((sum, chunk) => sum + chunk.buffer.byteLength, 0)
    expect(held).to.be.lessThan(2_000_000)
  })

  it('does not keep a chunk of the link alive for a small piece of it', async () => {
    await using run = await running()
    const kept: Uint8Array[] = []
    run.process.onOutput((_, chunk) => kept.push(chunk))
    run.peer.link.cork()
    run.peer.send(frameType.DATA, 1, Buffer.from('x'), 1)
    run.peer.send(frameType.DATA, 1, Buffer.alloc(60_000), 2)
    run.peer.link.uncork()
    await settled(run.peer)
    expect(kept[0]?.buffer.byteLength).to.be.lessThan(16_384)
  })

  it('gives credit back in halves of the window', async () => {
    await using run = await running()
    let credits = 0
    run.process.onOutput((stream, chunk) => run.process.consumed(stream, chunk.length))
    for (let sent = 0; sent < 1_048_576; sent += 65_536) {
      run.peer.send(frameType.DATA, 1, Buffer.alloc(65_536), 1)
      await settledOrWindow(run.peer, () => (credits += 1))
    }
    expect(credits).to.equal(8)
  })

  it('does not count more consumed than arrived', async () => {
    await using run = await running()
    run.process.onOutput(() => undefined)
    run.process.consumed('stdout', 10_000_000)
    await settled(run.peer)
    run.peer.send(frameType.DATA, 1, Buffer.alloc(131_072), 1)
    run.peer.send(frameType.DATA, 1, Buffer.alloc(131_072), 1)
    run.peer.send(frameType.DATA, 1, Buffer.alloc(1), 1)
    expect((await run.session.ended).reason).to.equal('protocol')
  })

  it('sends stdin in frames as far as credit reaches, then EOF', async () => {
    await using run = await running()
    const data = Buffer.alloc(300_000, 'i')
    const written = run.process.write(data)
    run.process.closeStdin()
    const sizes = [await run.peer.next(), await run.peer.next()].map(
      (frame) => frame.payload.length,
    )
    expect(sizes).to.deep.equal([131_072, 131_072])
    run.peer.send(frameType.WINDOW, 1, u32(65_536))
    expect((await run.peer.next()).payload.length).to.equal(300_000 - 262_144)
    await written
    expect((await run.peer.next()).type).to.equal(frameType.EOF)
    expect((await sandboxRejection(run.process.write(data))).errno).to.equal('EPIPE')
  })

  it('rejects writes with EPIPE once the reader of stdin is gone', async () => {
    await using run = await running()
    const waiting = sandboxRejection(run.process.write(Buffer.alloc(400_000)))
    run.peer.send(frameType.EOF, 1, undefined, 0)
    expect((await waiting).errno).to.equal('EPIPE')
    expect((await sandboxRejection(run.process.write(Buffer.alloc(1)))).errno).to.equal('EPIPE')
  })

  it('rejects writes with EPIPE when it has no stdin', async () => {
    await using run = await running({ stdin: 'none' })
    expect((await sandboxRejection(run.process.write(Buffer.alloc(1)))).errno).to.equal('EPIPE')
  })

  const exits: [string, Buffer, object][] = [
    ['an exit code', exitPayload(3), { exitCode: 3, signal: null, limitsHit: [] }],
    ['a signal', exitPayload(9, 1), { exitCode: null, signal: 'SIGKILL', limitsHit: [] }],
    ['a full disk', exitPayload(1, 0, 1), { exitCode: 1, limitsHit: ['disk'] }],
  ]
  for (const [title, payload, expected] of exits) {
    it(`tells ${title}, then that it is gone`, async () => {
      await using run = await running()
      run.peer.send(frameType.EXIT, 1, payload)
      expect(await run.process.exited).to.deep.include({
        ...expected,
        cpuMs: 1.5,
        peakMemoryBytes: 4096,
      })
      run.peer.send(frameType.EOF, 1, undefined, 1)
      run.peer.send(frameType.EOF, 1, undefined, 2)
      run.peer.send(frameType.GONE, 1)
      await run.process.gone
      await run.process.kill('SIGKILL', 'tree')
      await settled(run.peer)
      expect(run.peer.untaken).to.deep.equal([])
    })
  }

  it('sends signals by their Linux numbers, and sizes only to a terminal', async () => {
    await using run = await running({ terminal: { columns: 80, rows: 24 } })
    await run.process.kill('SIGUSR1', 'group')
    await run.process.kill('SIGKILL', 'tree')
    run.process.resize({ columns: 100, rows: 50 })
    const frames = [await run.peer.next(), await run.peer.next(), await run.peer.next()]
    expect(frames.map(({ type, payload }) => [type, [...payload]])).to.deep.equal([
      [frameType.SIGNAL, [10, 0]],
      [frameType.SIGNAL, [9, 1]],
      [frameType.RESIZE, [100, 0, 50, 0]],
    ])
    expect(await rejection(run.process.kill('SIGNOPE', 'group'))).to.be.instanceOf(TypeError)
    await using plain = await running()
    expect(() => plain.process.resize({ columns: 1, rows: 1 })).to.throw(TypeError)
  })

  it('rejects everything that waits when the link is lost', async () => {
    await using run = await running()
    const writing = sandboxRejection(run.process.write(Buffer.alloc(400_000)))
    run.peer.link.destroy()
    expect((await writing).code).to.equal('SANDBOX_ENDED')
    expect((await sandboxRejection(run.process.exited)).code).to.equal('SANDBOX_ENDED')
    await run.process.gone
    expect((await run.session.ended).reason).to.equal('link-lost')
    expect((await sandboxRejection(run.session.spawn(request))).code).to.equal('SANDBOX_ENDED')
  })

  it('ends the session, not the host, when the listener throws', async () => {
    await using run = await running()
    run.process.onOutput(() => {
      throw new RangeError('mine')
    })
    run.peer.send(frameType.DATA, 1, Buffer.from('x'), 1)
    expect((await run.session.ended).reason).to.equal('killed')
    const error = await sandboxRejection(run.process.exited)
    expect(error.cause).to.be.instanceOf(RangeError)
  })
})

/** Counts WINDOW frames until the host has answered a PING. */
async function settledOrWindow(peer: ScriptedPeer, count: () => void): Promise<void> {
  peer.send(frameType.PING, 0, Buffer.alloc(8))
  for (;;) {
    const frame = await peer.next()
    if (frame.type === frameType.PONG) return
    if (frame.type === frameType.WINDOW) count()
  }
}
