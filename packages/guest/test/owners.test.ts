import { expect } from 'chai'
import { Reader } from '../dist/decode.js'
import { frameType } from '../dist/protocol.js'
import { exitPayload, spawnedPayload, u32, type ScriptedPeer } from './scripted-peer.ts'
import { running, settled } from './scripted-process.ts'
import { scriptedSession } from './scripted-session.ts'

const peer = { protocol: 'tcp', address: '127.0.0.1', port: 40_000 } as const

/** The next worker's stream and what it was asked. */
async function asked(scripted: ScriptedPeer): Promise<[stream: number, argv: string[]]> {
  const { stream, payload } = await scripted.expect(frameType.SPAWN)
  const reader = new Reader(payload)
  return [stream, Array.from({ length: reader.count(4) }, () => reader.str(5000).toString())]
}

function answer(scripted: ScriptedPeer, stream: number, output: Uint8Array): void {
  scripted.send(frameType.SPAWNED, stream, spawnedPayload(0, 99))
  if (output.length > 0) scripted.send(frameType.DATA, stream, output, 1)
  scripted.send(frameType.EXIT, stream, exitPayload(0))
  scripted.send(frameType.EOF, stream, undefined, 1)
  scripted.send(frameType.EOF, stream, undefined, 2)
  scripted.send(frameType.GONE, stream)
}

describe('ownerOf', () => {
  it('asks for the address and port, and answers with the pid of the stream', async () => {
    await using scripted = await running()
    const owner = scripted.session.ownerOf(peer)
    const [stream, argv] = await asked(scripted.peer)
    expect(argv).to.deep.equal(['owners', 't7f0000019c40'])
    answer(scripted.peer, stream, u32(1))
    expect(await owner).to.equal(scripted.process.pid)
  })

  it('asks one worker at a time, for everything that came meanwhile', async () => {
    await using scripted = await running()
    const owners = [1, 2, 3].map((port) => scripted.session.ownerOf({ ...peer, port }))
    const [first, alone] = await asked(scripted.peer)
    expect(alone[1]).to.equal('t7f0000010001')
    await settled(scripted.peer)
    answer(scripted.peer, first, u32(0))
    const [second, together] = await asked(scripted.peer)
    expect(together[1]).to.equal('t7f0000010002t7f0000010003')
    answer(scripted.peer, second, Buffer.concat([u32(1), u32(0)]))
    expect(await Promise.all(owners)).to.deep.equal([null, scripted.process.pid, null])
  })

  it('is null for a stream that is not open, and for the worker itself', async () => {
    await using scripted = await scriptedSession()
    for (const claim of [(): number => 4001, (stream: number): number => stream]) {
      const owner = scripted.session.ownerOf({ ...peer, protocol: 'udp' })
      const [stream, argv] = await asked(scripted.peer)
      expect(argv[1]).to.equal('u7f0000019c40')
      answer(scripted.peer, stream, u32(claim(stream)))
      expect(await owner).to.equal(null)
    }
  })

  it('waits for a command that is just being started', async () => {
    await using scripted = await scriptedSession()
    const request = { argv: ['x'], environment: {}, workingDirectory: '/', stdin: 'none' } as const
    const spawning = scripted.session.spawn({ ...request, stderr: 'pipe', terminal: null })
    const [command] = await asked(scripted.peer)
    const owner = scripted.session.ownerOf(peer)
    const [stream] = await asked(scripted.peer)
    answer(scripted.peer, stream, u32(command))
    await settled(scripted.peer)
    scripted.peer.send(frameType.SPAWNED, command, spawnedPayload(0, 4711))
    expect(await owner).to.equal(4711)
    expect((await spawning).pid).to.equal(4711)
  })

  it('gives a worker up that does not answer', async () => {
    await using scripted = await scriptedSession()
    const owner = scripted.session.ownerOf(peer)
    const [stream] = await asked(scripted.peer)
    scripted.peer.send(frameType.SPAWNED, stream, spawnedPayload())
    expect(await owner).to.equal(null)
    expect((await scripted.peer.expect(frameType.RESET)).stream).to.equal(stream)
  })

  it('ends the sandbox whose worker writes too much or too little', async () => {
    for (const output of [Buffer.alloc(8), Buffer.alloc(3), Buffer.alloc(0)]) {
      await using scripted = await scriptedSession()
      const owner = scripted.session.ownerOf(peer)
      const [stream] = await asked(scripted.peer)
      answer(scripted.peer, stream, output)
      expect(await owner).to.equal(null)
      expect((await scripted.session.ended).reason).to.equal('protocol')
    }
  })

  it('asks nothing about what cannot be an address inside', async () => {
    await using scripted = await scriptedSession()
    for (const address of ['', '::1', '127.1', '127.0.0.01', '256.0.0.1', '127.0.0.1.'])
      expect(await scripted.session.ownerOf({ ...peer, address })).to.equal(null)
    for (const port of [0, -1, 1.5, 65_536, Number.NaN])
      expect(await scripted.session.ownerOf({ ...peer, port })).to.equal(null)
    await settled(scripted.peer)
    expect(scripted.peer.untaken).to.deep.equal([])
  })
})
