import { expect } from 'chai'
import { Writer } from '../dist/encode.js'
import { bound, frameType } from '../dist/protocol.js'
import { linkPair } from './link-pair.ts'
import { sandboxRejection } from './rejection.ts'
import { helloPayload, ScriptedPeer, spawnedPayload } from './scripted-peer.ts'
import { plainOptions, scriptedSession } from './scripted-session.ts'
import { connectGuest } from '@caisson/guest'

describe('close', () => {
  it('sends END, waits for the link to end, and says closed', async () => {
    const [host, guest] = linkPair()
    const peer = new ScriptedPeer(guest)
    const connecting = connectGuest(host, plainOptions())
    await peer.greet()
    const session = await connecting
    const closing = session.close()
    expect(session.close()).to.equal(closing)
    expect((await peer.next()).type).to.equal(frameType.END)
    const refused = await sandboxRejection(session.listeningPorts())
    expect(refused.code).to.equal('SANDBOX_ENDED')
    guest.destroy()
    await closing
    expect(await session.ended).to.deep.include({ reason: 'closed' })
    expect(host.destroyed).to.equal(true)
  })

  it('destroys the link of an init that does not end', async () => {
    const [host, guest] = linkPair()
    const peer = new ScriptedPeer(guest)
    const connecting = connectGuest(host, plainOptions())
    await peer.greet()
    const session = await connecting
    await session.close()
    expect([host.destroyed, (await session.ended).reason]).to.deep.equal([true, 'closed'])
  })

  it('resolves after the link was lost', async () => {
    await using scripted = await scriptedSession()
    scripted.peer.link.destroy()
    await scripted.session.ended
    await scripted.session.close()
    expect((await scripted.session.ended).reason).to.equal('link-lost')
  })
})

describe('a peer that sends and does not read', () => {
  it('is ended when it asks for more answers than can wait', async () => {
    const [host, guest] = linkPair()
    const connecting = connectGuest(host, plainOptions())
    guest.write(helloFrame())
    const session = await connecting
    for (let index = 0; index < 100_000 && !host.destroyed; index += 1) {
      guest.write(ping())
      if (index % 1000 === 0) await new Promise(setImmediate)
    }
    expect((await session.ended).reason).to.equal('protocol')
    expect(host.writableLength).to.be.lessThan(65_536)
  })

  it('gets no credit while the link is backed up, so that it cannot go on', async () => {
    const [host, guest] = linkPair()
    const connecting = connectGuest(host, plainOptions())
    guest.write(helloFrame())
    const session = await connecting
    const spawning = session.spawn({
      argv: ['x'],
      environment: {},
      workingDirectory: '/',
      stdin: 'pipe',
      stderr: 'pipe',
      terminal: null,
    })
    guest.write(frame(frameType.SPAWNED, spawnedPayload()))
    const process = await spawning
    let arrived = 0
    process.onOutput((stream, chunk) => {
      arrived += chunk.length
      process.consumed(stream, chunk.length)
    })
    // Fills what the link holds.
    process.write(Buffer.alloc(262_144)).catch(() => undefined)
    for (let index = 0; index < 1000 && !host.destroyed; index += 1) {
      guest.write(frame(frameType.DATA, Buffer.alloc(65_536), 1))
      await new Promise(setImmediate)
    }
    expect((await session.ended).reason).to.equal('protocol')
    expect(arrived).to.be.at.most(bound.CREDIT_INITIAL)
  })
})

function frame(type: number, payload: Uint8Array, flags = 0): Buffer {
  const head = new Writer()
    .u32(payload.length)
    .u8(type)
    .u8(flags)
    .u32(type < 0x10 ? 0 : 1)
  return head.raw(payload).finish()
}

function ping(): Buffer {
  return frame(frameType.PING, Buffer.alloc(8))
}

function helloFrame(): Buffer {
  return frame(frameType.HELLO, helloPayload())
}
