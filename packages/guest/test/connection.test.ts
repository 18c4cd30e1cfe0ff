import { expect } from 'chai'
import { once } from 'node:events'
import type { Duplex } from 'node:stream'
import { Reader } from '../dist/decode.js'
import { bound, frameType } from '../dist/protocol.js'
import { sandboxRejection } from './rejection.ts'
import { frameBytes, u32, type ScriptedPeer } from './scripted-peer.ts'
import { settled } from './scripted-process.ts'
import { scriptedSession, type ScriptedSession } from './scripted-session.ts'

async function connected(): Promise<{ scripted: ScriptedSession; connection: Duplex }> {
  const scripted = await scriptedSession()
  const connecting = scripted.session.connect(8080)
  const reader = new Reader((await scripted.peer.expect(frameType.CONNECT)).payload)
  expect([reader.u8(), reader.u16(), reader.str(9).length]).to.deep.equal([0, 8080, 0])
  scripted.peer.send(frameType.CONNECTED, 1, u32(0))
  return { scripted, connection: await connecting }
}

describe('connect', () => {
  it('carries bytes both ways, and both ends', async () => {
    const { scripted, connection } = await connected()
    await using session = scripted
    connection.end('ask')
    expect((await session.peer.next()).payload.toString()).to.equal('ask')
    expect((await session.peer.next()).type).to.equal(frameType.EOF)
    session.peer.send(frameType.DATA, 1, Buffer.from('answer'))
    session.peer.send(frameType.EOF, 1)
    expect((await connection.toArray()).join('')).to.equal('answer')
    session.peer.send(frameType.WINDOW, 1, u32(3))
    await settled(session.peer)
  })

  it('gives credit back only for what was read', async () => {
    const { scripted } = await connected()
    await using session = scripted
    for (let sent = 0; sent < bound.CREDIT_INITIAL; sent += 65_536) {
      session.peer.send(frameType.DATA, 1, Buffer.alloc(65_536))
    }
    await settled(session.peer)
    session.peer.send(frameType.DATA, 1, Buffer.alloc(65_536))
    session.peer.send(frameType.DATA, 1, Buffer.alloc(65_536))
    session.peer.send(frameType.DATA, 1, Buffer.alloc(65_536))
    expect((await session.session.ended).reason).to.equal('protocol')
  })

  it('takes what was on its way when the host gave it up', async () => {
    const { scripted, connection } = await connected()
    await using session = scripted
    connection.destroy()
    await session.peer.expect(frameType.RESET)
    session.peer.send(frameType.DATA, 1, Buffer.from('late'))
    session.peer.send(frameType.EOF, 1)
    session.peer.send(frameType.RESET, 1, u32(104))
    await settled(session.peer)
    for (let sent = 0; sent <= bound.CREDIT_INITIAL; sent += 65_536) {
      session.peer.send(frameType.DATA, 1, Buffer.alloc(65_536))
    }
    expect((await session.session.ended).reason).to.equal('protocol')
  })

  it('is destroyed with the errno when the other side resets, listened to or not', async () => {
    const { scripted, connection } = await connected()
    await using session = scripted
    session.peer.send(frameType.RESET, 1, u32(104))
    const [error] = await once(connection, 'error')
    expect(error).to.deep.include({ code: 'FILE', errno: 'ECONNRESET' })
    const connecting = session.session.connect(8080)
    await session.peer.expect(frameType.CONNECT)
    const answer = frameBytes(frameType.CONNECTED, 3, u32(0))
    session.peer.link.write(Buffer.concat([answer, frameBytes(frameType.RESET, 3, u32(104))]))
    expect((await connecting).destroyed).to.equal(true)
    await settled(session.peer)
  })

  it('rejects with the errno when nothing listens', async () => {
    await using scripted = await scriptedSession()
    const connecting = sandboxRejection(scripted.session.connect(1))
    await scripted.peer.expect(frameType.CONNECT)
    scripted.peer.send(frameType.CONNECTED, 1, u32(111))
    expect((await connecting).errno).to.equal('ECONNREFUSED')
  })

  const breaches: [string, (peer: ScriptedPeer) => void][] = [
    ['CONNECTED twice', (peer) => peer.send(frameType.CONNECTED, 1, u32(0))],
    ['data on another channel', (peer) => peer.send(frameType.DATA, 1, Buffer.alloc(1), 1)],
    ['a grant for another channel', (peer) => peer.send(frameType.WINDOW, 1, u32(1), 1)],
    ['GONE', (peer) => peer.send(frameType.GONE, 1)],
    ['EXIT', (peer) => peer.send(frameType.EXIT, 1, Buffer.alloc(22))],
  ]
  for (const [title, send] of breaches) {
    it(`ends the session on ${title}`, async () => {
      const { scripted, connection } = await connected()
      await using session = scripted
      send(session.peer)
      expect((await session.session.ended).reason).to.equal('protocol')
      expect(connection.destroyed).to.equal(true)
    })
  }
})
