import { expect } from 'chai'
import * as fc from 'fast-check'
import { FrameGate } from '../../dist/http2/frame-gate.js'
import type { FrameFault } from '../../dist/http2/frame-header.js'
import { frame, get, headersFrames, kind, number32, pack, preface } from './frames.ts'

interface Passed {
  readonly pieces: Buffer[]
  readonly fault: FrameFault | null
  readonly controls: number
}

function pass(chunks: readonly Buffer[], peer: 'client' | 'server' = 'client'): Passed {
  let controls = 0
  const gate = new FrameGate({ peer, blockBytes: 65_536, control: () => (controls += 1) })
  const pieces: Buffer[] = []
  for (const chunk of chunks) {
    gate.feed(chunk)
    for (let piece = gate.next(); piece !== null; piece = gate.next()) pieces.push(piece)
  }
  return { pieces, fault: gate.fault, controls }
}

const start = [preface, frame(kind.settings, {})]
const after = (...frames: Buffer[]): Passed => pass([Buffer.concat([...start, ...frames])])
const opened = headersFrames(1, get, false)
const half = frame(kind.headers, { stream: 1 }, pack(get))

describe('gate of HTTP/2 frames', () => {
  it('gives one frame on at a time, and DATA with its header', () => {
    const data = frame(kind.data, { stream: 1 }, Buffer.from('abc'))
    expect(after(opened, data, data).pieces).to.deep.equal([...start, opened, data, data])
  })

  it('gives a header block on when it is whole', () => {
    const rest = frame(kind.continuation, { stream: 1, flags: 4 }, pack([['x', 'y']]))
    expect(after(half).pieces).to.deep.equal(start)
    expect(after(half, rest).pieces).to.deep.equal([...start, Buffer.concat([half, rest])])
  })

  it('keeps frames that are to be ignored to itself, and counts them', () => {
    const ignored = [
      frame(0xee, { stream: 7 }, Buffer.alloc(100)),
      frame(kind.priority, { stream: 9 }, Buffer.alloc(5)),
    ]
    const { pieces, fault, controls } = after(...ignored, opened)
    expect(pieces).to.deep.equal([...start, opened])
    expect(fault).to.equal(null)
    expect(controls).to.equal(3)
  })

  const refused: [string, Buffer[], number][] = [
    ['a payload larger than announced', [frame(kind.data, { stream: 1 }, Buffer.alloc(16_385))], 6],
    ['an interrupted header block', [half, frame(kind.ping, {}, Buffer.alloc(8))], 1],
    [
      'a header block that another stream goes on with',
      [half, frame(kind.continuation, { stream: 3, flags: 4 })],
      1,
    ],
    ['a reset within a header block', [half, frame(kind.reset, { stream: 1 }, number32(8))], 1],
    ['an unknown frame within a header block', [half, frame(0xee, {})], 1],
    ['a CONTINUATION of nothing', [opened, frame(kind.continuation, { stream: 1, flags: 4 })], 1],
    [
      'CONTINUATION without end',
      [half, ...Array.from({ length: 40 }, () => frame(kind.continuation, { stream: 1 }))],
      11,
    ],
    [
      'a header block of 80 KiB',
      [
        half,
        ...Array.from({ length: 5 }, () =>
          frame(kind.continuation, { stream: 1 }, Buffer.alloc(16_384)),
        ),
      ],
      11,
    ],
    ['a header that is not on a stream', [frame(kind.headers, { flags: 5 }, pack(get))], 1],
    [
      'a header shorter than its flags say',
      [frame(kind.headers, { stream: 1, flags: 0x2d }, Buffer.alloc(5))],
      6,
    ],
    [
      'padding longer than its frame',
      [frame(kind.headers, { stream: 1, flags: 0xd }, Buffer.from([9, 0x82]))],
      1,
    ],
    ['a stream of an even number', [headersFrames(2, get)], 1],
    ['DATA on a stream that is not open', [frame(kind.data, { stream: 1 })], 1],
    ['DATA on no stream', [frame(kind.data, {})], 1],
    ['a reset of a stream that is not open', [frame(kind.reset, { stream: 5 }, number32(8))], 1],
    ['a reset of a broken length', [opened, frame(kind.reset, { stream: 1 }, Buffer.alloc(3))], 6],
    ['a window update of a broken length', [frame(kind.window, {}, Buffer.alloc(5))], 6],
    ['settings on a stream', [opened, frame(kind.settings, { stream: 1 })], 1],
    ['settings of a broken length', [frame(kind.settings, {}, Buffer.alloc(5))], 6],
    ['settings beyond counting', [frame(kind.settings, {}, Buffer.alloc(6 * 33))], 6],
    [
      'a frame size out of bounds',
      [frame(kind.settings, {}, Buffer.from('000500000001', 'hex'))],
      1,
    ],
    ['settings in an acknowledgement', [frame(kind.settings, { flags: 1 }, Buffer.alloc(6))], 6],
    [
      'a second acknowledgement',
      [frame(kind.settings, { flags: 1 }), frame(kind.settings, { flags: 1 })],
      1,
    ],
    ['a PING of a broken length', [frame(kind.ping, {}, Buffer.alloc(7))], 6],
    ['a PING on a stream', [opened, frame(kind.ping, { stream: 1 }, Buffer.alloc(8))], 1],
    ['a short GOAWAY', [frame(kind.goaway, {}, Buffer.alloc(7))], 6],
    ['a pushed stream', [opened, frame(kind.push, { stream: 1, flags: 4 }, number32(2))], 1],
  ]
  for (const [title, frames, code] of refused) {
    it(`refuses ${title}, and gives nothing on after it`, () => {
      const { pieces, fault } = after(...frames, headersFrames(9, get))
      expect(fault?.code).to.equal(code)
      expect(Buffer.concat(pieces).includes(headersFrames(9, get))).to.equal(false)
    })
  }

  it('refuses a client without a preface', () => {
    expect(pass([Buffer.from('GET / HTTP/1.1\r\nHost: a.test\r\n\r\n')]).fault?.code).to.equal(1)
  })

  it('refuses a peer that does not begin with settings', () => {
    expect(pass([preface, opened]).fault?.code).to.equal(1)
    expect(pass([frame(kind.settings, { flags: 1 })], 'server').fault?.code).to.equal(1)
  })

  it('passes the same, however the bytes are split', () => {
    const anyFrame = fc.oneof(
      fc.constantFrom(1, 3, 5).map((stream) => headersFrames(stream, get, false)),
      fc.constant(
        Buffer.concat([
          half,
          frame(kind.continuation, { stream: 1, flags: 4 }, pack([['a', 'b']])),
        ]),
      ),
      fc.nat(300).map((size) => frame(kind.data, { stream: 1 }, Buffer.alloc(size, 7))),
      fc.constant(frame(kind.ping, {}, Buffer.alloc(8))),
      fc
        .tuple(fc.nat(12), fc.nat(255), fc.nat(3), fc.uint8Array({ maxLength: 20 }))
        .map(([type, flags, stream, payload]) => frame(type, { flags, stream }, payload)),
    )
    const check = (frames: readonly Buffer[], cuts: readonly number[]): void => {
      const whole = Buffer.concat([...start, opened, ...frames])
      const ends = [...cuts.map((cut) => cut % whole.length), whole.length].toSorted(
        (a, b) => a - b,
      )
      const split = pass(ends.map((end, at) => whole.subarray(ends[at - 1] ?? 0, end)))
      const bytes = pass(Array.from(whole, (byte) => Buffer.from([byte])))
      const once = pass([whole])
      for (const other of [split, bytes]) {
        expect(other.fault).to.deep.equal(once.fault)
        expect(other.controls).to.equal(once.controls)
        expect(Buffer.concat(other.pieces).equals(Buffer.concat(once.pieces))).to.equal(true)
      }
      expect(once.pieces.every((piece) => piece.length > 0)).to.equal(true)
    }
    const inputs = fc.tuple(
      fc.array(anyFrame, { maxLength: 12 }),
      fc.array(fc.nat(), { maxLength: 6 }),
    )
    for (const [frames, cuts] of fc.sample(inputs, { seed: 20_260_104, numRuns: 400 }))
      check(frames, cuts)
  })
})
