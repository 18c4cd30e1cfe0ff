import { expect } from 'chai'
import * as fc from 'fast-check'
import { FrameMeter } from '../../dist/websocket/frame-meter.js'
import { frame as masked } from './frames.js'

interface Shape {
  readonly first: number
  readonly length: number
  readonly masked: boolean
  /** Bytes of the extended length; the shortest form unless said otherwise. */
  readonly extended?: 0 | 2 | 8
}

function frame({ first, length, masked, extended }: Shape): Buffer {
  const bytes = extended ?? (length < 126 ? 0 : length < 65_536 ? 2 : 8)
  const mark = bytes === 0 ? length : bytes === 2 ? 126 : 127
  const header = Buffer.alloc(2 + bytes)
  header[0] = first
  header[1] = mark | (masked ? 128 : 0)
  if (bytes === 2) header.writeUInt16BE(length, 2)
  if (bytes === 8) header.writeBigUInt64BE(BigInt(length), 2)
  return Buffer.concat([header, Buffer.alloc(masked ? 4 : 0, 9), Buffer.alloc(length, 0xff)])
}

function client(first: number, length = 3): Buffer {
  return frame({ first, length, masked: true })
}

function server(first: number, length = 3): Buffer {
  return frame({ first, length, masked: false })
}

const text = 0x81
const ping = 0x89

describe('FrameMeter', () => {
  it('counts frames, messages and bytes of both sides', () => {
    for (const [side, make] of [
      ['client', client],
      ['server', server],
    ] as const) {
      const meter = new FrameMeter(side)
      const stream = [make(text, 0), make(0x82, 125), make(text, 126), make(0x82, 65_535)]
      const pieces = [make(0x01, 10), make(ping, 125), make(0x00, 65_536), make(0x80, 1)]
      expect(meter.push(Buffer.concat([...stream, ...pieces, make(0x88, 2)]))).to.equal(true)
      expect(meter.counts).to.deep.equal({
        frames: 9,
        messages: 5,
        payloadBytes: 125 + 126 + 65_535 + 10 + 125 + 65_536 + 1 + 2,
      })
      expect(meter.isBetweenMessages).to.equal(true)
    }
  })

  it('shows an observer what frames carry, unmasked by the masks it tells, however they are cut', () => {
    const stream = Buffer.concat([
      masked(0x01, Buffer.from('first '), [1, 2, 3, 4]),
      masked(ping, Buffer.from('control'), [9, 8, 7, 6]),
      masked(0x80, Buffer.from('and last'), [0xff, 0, 0xff, 0]),
      masked(text, Buffer.alloc(0), [1, 1, 1, 1]),
    ])
    for (let size = 1; size <= stream.length; size += 1) {
      const meter = new FrameMeter('client')
      const seen: string[] = []
      let message = ''
      let control = ''
      for (let at = 0; at < stream.length; at += size) {
        const chunk = stream.subarray(at, at + size)
        meter.push(chunk, {
          payload: ({ from, to, isControl, mask }) => {
            const bytes = chunk.subarray(from, to).map((byte, of) => byte ^ (mask?.[of & 3] ?? 0))
            if (isControl) control += Buffer.from(bytes).toString()
            else message += Buffer.from(bytes).toString()
          },
          over: (isControl) => {
            seen.push(isControl ? control : message)
            if (!isControl) message = ''
          },
        })
      }
      expect(seen).to.deep.equal(['control', 'first and last', ''])
    }
  })

  it('knows when a message is still open', () => {
    const meter = new FrameMeter('client')
    const open: boolean[] = []
    for (const part of [client(0x01), client(0x00), client(ping), client(0x80)]) {
      meter.push(part.subarray(0, 2))
      open.push(meter.isBetweenMessages)
      meter.push(part.subarray(2))
      open.push(meter.isBetweenMessages)
    }
    expect(open).to.deep.equal([false, false, false, false, false, false, false, true])
  })

  const tooLong = Buffer.from([0x82, 127, 0x80, 0, 0, 0, 0, 0, 0, 0])
  const unsafe = Buffer.from([0x82, 127, 0, 0x20, 0, 0, 0, 0, 0, 0])
  const faults: [why: string, side: 'client' | 'server', bytes: Buffer][] = [
    ['a client without a mask', 'client', server(text)],
    ['a server with a mask', 'server', client(text)],
    ['the bit of compression', 'client', client(0xc1)],
    ['the second reserved bit', 'client', client(0xa1)],
    ['the third reserved bit', 'server', server(0x91)],
    ['a reserved data opcode', 'client', client(0x83)],
    ['a reserved control opcode', 'client', client(0x8b)],
    ['the last opcode', 'client', client(0x8f)],
    ['a ping in pieces', 'client', client(0x09)],
    ['a close in pieces', 'client', client(0x08)],
    ['a ping of 126 bytes', 'client', client(ping, 126)],
    ['a continuation of nothing', 'client', client(0x80)],
    ['a continuation of what is over', 'client', Buffer.concat([client(text), client(0x00)])],
    ['a message within a message', 'client', Buffer.concat([client(0x01), client(0x82)])],
    ['a frame behind a close', 'client', Buffer.concat([client(0x88), client(ping)])],
    ['a length with its top bit set', 'server', tooLong],
    ['a length of 2^53', 'server', unsafe],
    [
      'two bytes for a short length',
      'server',
      frame({ first: text, length: 125, masked: false, extended: 2 }),
    ],
    [
      'eight bytes for a short length',
      'server',
      frame({ first: text, length: 65_535, masked: false, extended: 8 }),
    ],
    ['plain HTTP', 'client', Buffer.from('GET / HTTP/1.1\r\n\r\n')],
  ]
  for (const [why, side, bytes] of faults) {
    it(`refuses: ${why}`, () => {
      const whole = new FrameMeter(side)
      expect(whole.push(bytes)).to.equal(false)
      expect(whole.fault).to.be.a('string')
      const cut = new FrameMeter(side)
      for (const byte of bytes) cut.push(Buffer.from([byte]))
      expect(cut.fault).to.equal(whole.fault)
    })
  }

  it('never recovers', () => {
    const meter = new FrameMeter('client')
    expect(meter.push(client(0xc1))).to.equal(false)
    expect(meter.push(client(text))).to.equal(false)
    expect(meter.counts.frames).to.equal(0)
  })

  it('gives the same result wherever the bytes are cut', () => {
    const shape = fc.record({
      first: fc.constantFrom(0x81, 0x82, 0x01, 0x00, 0x80, 0x89, 0x8a, 0x88, 0xc1),
      length: fc.constantFrom(0, 1, 125, 126, 130),
      masked: fc.constant(true),
    })
    fc.assert(
      fc.property(
        fc.array(shape, { maxLength: 5 }),
        fc.integer({ min: 1, max: 40 }),
        (shapes, size) => {
          const bytes = Buffer.concat(shapes.map(frame))
          const whole = new FrameMeter('client')
          whole.push(bytes)
          const cut = new FrameMeter('client')
          for (let at = 0; at < bytes.length; at += size) cut.push(bytes.subarray(at, at + size))
          expect([cut.fault, cut.counts]).to.deep.equal([whole.fault, whole.counts])
        },
      ),
      { seed: 41, numRuns: 2_000 },
    )
  })

  it('takes random bytes without throwing, and counts no more than there were', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 300 }),
        fc.constantFrom('client', 'server'),
        (bytes, side) => {
          const meter = new FrameMeter(side)
          meter.push(bytes)
          expect(meter.counts.payloadBytes).to.be.at.most(bytes.length)
          expect(meter.counts.frames * 2).to.be.at.most(bytes.length)
        },
      ),
      { seed: 42, numRuns: 5_000 },
    )
  })
})
