import type { SessionNotice } from '@caisson/core'
import { connectGuest, guestInitPath } from '@caisson/guest'
import { expect } from 'chai'
import { Reader } from '../dist/decode.js'
import { Writer } from '../dist/encode.js'
import { bound, frameType } from '../dist/protocol.js'
import { linkPair } from './link-pair.ts'
import { sandboxRejection, sandboxThrow } from './rejection.ts'
import { helloPayload, ScriptedPeer } from './scripted-peer.ts'
import { plainOptions, scriptedSession } from './scripted-session.ts'

function failPayload(stage: string, errnum: number, version = 1): Buffer {
  return new Writer().u16(version).str(stage).u32(errnum).str('/work').finish()
}

async function refusedHello(
  send: (peer: ScriptedPeer) => void,
): Promise<[string, string, boolean]> {
  const [host, guest] = linkPair()
  const peer = new ScriptedPeer(guest)
  const failing = sandboxRejection(connectGuest(host, plainOptions()))
  await peer.next()
  send(peer)
  const error = await failing
  return [error.code, error.message, host.destroyed]
}

describe('connectGuest', () => {
  it('sends SETUP first, with its version and the operations in order', async () => {
    const [host, guest] = linkPair()
    const peer = new ScriptedPeer(guest)
    const connecting = connectGuest(host, {
      ...plainOptions(),
      operations: [
        {
          kind: 'mount',
          index: 3,
          access: 'overlay',
          fileKind: 'directory',
          staged: '/.caisson/m/3',
          target: '/work',
          upperBytes: 4096,
          deny: [{ rule: 'deny[0]', components: ['**', '.env'], only: 'file' }],
          protect: [],
        },
        { kind: 'hide', path: '/.caisson' },
        { kind: 'read-only', path: '/' },
        { kind: 'scratch', path: '/tmp' },
        { kind: 'identity', uid: 1000, gid: 1001 },
        { kind: 'rlimit', resource: 4, value: 0 },
        { kind: 'seccomp', program: Buffer.alloc(8, 1) },
        { kind: 'proc-check' },
        {
          kind: 'doors',
          channel: 6,
          doors: [{ protocol: 'udp', address: '127.0.0.1', port: 258 }],
        },
        { kind: 'lock' },
      ],
    })
    const setup = await peer.greet()
    const reader = new Reader(setup.payload)
    const text = (): string => reader.str(100).toString()
    expect([setup.type, setup.stream, reader.u16(), reader.u32()]).to.deep.equal([1, 0, 1, 10])
    expect([reader.u8(), reader.u32(), reader.u8(), reader.u8()]).to.deep.equal([1, 3, 2, 0])
    expect([text(), text(), reader.u64()]).to.deep.equal(['/.caisson/m/3', '/work', 4096n])
    expect([reader.u32(), text(), reader.u8(), reader.u32(), text(), text()]).to.deep.equal([
      1,
      'deny[0]',
      1,
      2,
      '**',
      '.env',
    ])
    expect(reader.u32()).to.equal(0)
    expect([reader.u8(), text(), reader.u8(), text()]).to.deep.equal([2, '/.caisson', 3, '/'])
    expect([reader.u8(), text()]).to.deep.equal([9, '/tmp'])
    expect([reader.u8(), reader.u32(), reader.u32()]).to.deep.equal([4, 1000, 1001])
    expect([reader.u8(), reader.u32(), reader.u64()]).to.deep.equal([5, 4, 0n])
    expect([reader.u8(), reader.bytes(8).length, reader.u8()]).to.deep.equal([6, 8, 7])
    expect([reader.u8(), reader.u32(), reader.u32()]).to.deep.equal([10, 6, 1])
    expect([reader.u8(), reader.u32(), reader.u16()]).to.deep.equal([1, 0x0100_007f, 258])
    expect(reader.u8()).to.equal(8)
    reader.end()
    const session = await connecting
    expect(session.overlays).not.to.equal(null)
    guest.destroy()
    await session.close()
  })

  it('tells the gaps that init reports', async () => {
    const [host, guest] = linkPair()
    const peer = new ScriptedPeer(guest)
    const connecting = connectGuest(host, plainOptions())
    await peer.next()
    const gap = new Writer().u32(2).str('deny[0]').str('/w/a').str('link').finish()
    const hello = new Writer().u16(1).u32(0).u32(1).u64(0).u32(1).raw(gap).finish()
    peer.send(frameType.HELLO, 0, hello)
    const session = await connecting
    expect(session.gaps).to.deep.equal([
      { mountIndex: 2, rule: 'deny[0]', path: '/w/a', why: 'link' },
    ])
    expect(session.overlays).to.equal(null)
    guest.destroy()
    await session.close()
  })

  const refusals: [string, string, RegExp, (peer: ScriptedPeer) => void][] = [
    [
      'FAIL, naming stage and errno',
      'LAUNCH_FAILED',
      /mount: EACCES \(\/work\)/,
      (peer) => peer.send(frameType.FAIL, 0, failPayload('mount', 13)),
    ],
    [
      'FAIL of another version, naming both',
      'LAUNCH_FAILED',
      /version 9 .* version 1/,
      (peer) => peer.send(frameType.FAIL, 0, failPayload('version', 0, 9)),
    ],
    [
      'HELLO of another version, naming both',
      'LAUNCH_FAILED',
      /version 2 .* version 1/,
      (peer) => peer.send(frameType.HELLO, 0, helloPayload(2)),
    ],
    ['a link that ends', 'LAUNCH_FAILED', /before it said hello/, (peer) => peer.link.destroy()],
    [
      'features that nobody asked for',
      'PROTOCOL',
      /features 1/,
      (peer) =>
        peer.send(frameType.HELLO, 0, new Writer().u16(1).u32(1).u32(1).u64(0).u32(0).finish()),
    ],
    [
      'bytes after HELLO',
      'PROTOCOL',
      /follow the last field/,
      (peer) => peer.send(frameType.HELLO, 0, Buffer.concat([helloPayload(), Buffer.alloc(1)])),
    ],
    [
      'another frame before HELLO',
      'PROTOCOL',
      /before HELLO/,
      (peer) => peer.send(frameType.PING, 0, Buffer.alloc(8)),
    ],
    ['a frame on a stream', 'PROTOCOL', /not open/, (peer) => peer.send(frameType.GONE, 1)],
    ['nonsense', 'PROTOCOL', /unknown/, (peer) => void peer.link.write('HTTP/1.1 200 OK\r\n\r\n')],
  ]
  for (const [title, code, message, send] of refusals) {
    it(`rejects and destroys the link on ${title}`, async () => {
      const [met, said, destroyed] = await refusedHello(send)
      expect(met).to.equal(code)
      expect(said).to.match(message)
      expect(destroyed).to.equal(true)
    })
  }

  it('rejects with TIMEOUT when init does not answer in time', async () => {
    const [host] = linkPair()
    const error = await sandboxRejection(connectGuest(host, { ...plainOptions(), timeoutMs: 5 }))
    expect([error.code, host.destroyed]).to.deep.equal(['TIMEOUT', true])
  })

  for (const when of ['before', 'while'] as const) {
    it(`rejects with ABORTED when the signal aborts ${when} it connects`, async () => {
      const [host] = linkPair()
      const controller = new AbortController()
      if (when === 'before') controller.abort('enough')
      const { signal } = controller
      const connecting = sandboxRejection(connectGuest(host, { ...plainOptions(), signal }))
      controller.abort('enough')
      const error = await connecting
      expect([error.code, error.cause, host.destroyed]).to.deep.equal(['ABORTED', 'enough', true])
    })
  }

  it('refuses a set-up that does not fit a frame', async () => {
    const [host] = linkPair()
    const operations = Array.from({ length: 300 }, () => ({
      kind: 'hide' as const,
      path: `/${'a'.repeat(4000)}`,
    }))
    const error = await sandboxRejection(connectGuest(host, { ...plainOptions(), operations }))
    expect(error.code).to.equal('LAUNCH_FAILED')
    expect(error.message).to.contain(`${bound.FRAME_PAYLOAD_MAX}`)
  })

  it('passes LOG on, escaped, each message once and 1000 at most', async () => {
    const notices: SessionNotice[] = []
    await using scripted = await scriptedSession({ onNotice: (notice) => notices.push(notice) })
    const log = (text: string): Buffer => new Writer().u8(1).str(text).finish()
    scripted.peer.send(frameType.LOG, 0, log('\u001b[31mred'))
    scripted.peer.send(frameType.LOG, 0, log('\u001b[31mred'))
    for (let index = 0; index < 2000; index += 1)
      scripted.peer.send(frameType.LOG, 0, log(`${index}`))
    scripted.peer.send(frameType.PING, 0, Buffer.alloc(8, 7))
    await scripted.peer.expect(frameType.PONG)
    expect(notices[0]).to.deep.equal({ kind: 'log', message: '\\u{1b}[31mred' })
    expect(notices).to.have.length(1001)
    expect(notices.at(-1)).to.deep.include({ message: 'too many notices: the rest is left out' })
  })
})

describe('guestInitPath', () => {
  it('refuses an architecture that has no init', () => {
    for (const arch of ['mips', '../../x64', '']) {
      const error = sandboxThrow(() => guestInitPath(arch))
      expect(error.code).to.equal('DRIVER_UNAVAILABLE')
      expect(error.message).to.contain('x64 and arm64')
    }
  })
})
