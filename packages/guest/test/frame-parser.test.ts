import { expect } from 'chai'
import { encodeHeader } from '../dist/frame.js'
import { FrameParser } from '../dist/frame-parser.js'
import { bound, frameType } from '../dist/protocol.js'
import { sandboxThrow } from './rejection.ts'
import { exitPayload, frameBytes, helloPayload, u32 } from './scripted-peer.ts'

function collect(): { parser: FrameParser; seen: string[]; pieces: Buffer[] } {
  const seen: string[] = []
  const pieces: Buffer[] = []
  const parser = new FrameParser({
    frame: (header, payload) =>
      void seen.push(`${header.type}/${header.flags}/${header.stream}:${payload.toString('hex')}`),
    data: (header, piece) => {
      const last = seen.at(-1)
      pieces.push(piece)
      const start = `data/${header.flags}/${header.stream}:`
      if (last?.startsWith(start) === true) seen[seen.length - 1] = last + piece.toString('hex')
      else seen.push(start + piece.toString('hex'))
    },
  })
  return { parser, seen, pieces }
}

const conversation = Buffer.concat([
  frameBytes(frameType.HELLO, 0, helloPayload()),
  frameBytes(frameType.DATA, 1, Buffer.from('abc'), 1),
  frameBytes(frameType.EOF, 1, undefined, 2),
  frameBytes(frameType.WINDOW, 1, u32(5)),
  frameBytes(frameType.EXIT, 1, exitPayload()),
  frameBytes(frameType.GONE, 1),
])

describe('FrameParser', () => {
  it('gives the same frames however the bytes are cut', () => {
    const whole = collect()
    whole.parser.push(conversation)
    expect(whole.seen).to.have.length(6)
    for (let size = 1; size <= 40; size += 1) {
      const cut = collect()
      for (let at = 0; at < conversation.length; at += size) {
        cut.parser.push(conversation.subarray(at, at + size))
      }
      expect(cut.seen, `cut every ${size}`).to.deep.equal(whole.seen)
    }
  })

  it('hands DATA on without a copy', () => {
    const { parser, pieces } = collect()
    const chunk = frameBytes(frameType.DATA, 1, Buffer.alloc(1000, 'a'), 1)
    parser.push(chunk)
    expect(pieces[0]?.buffer).to.equal(chunk.buffer)
  })

  it('hands DATA on while the frame is still incomplete', () => {
    const { parser, pieces } = collect()
    parser.push(frameBytes(frameType.DATA, 1, Buffer.alloc(1000, 'a'), 1).subarray(0, 500))
    expect(pieces.map((piece) => piece.length)).to.deep.equal([490])
  })

  const refused: [string, number, number, number, number][] = [
    ['a type that nobody knows', 0x77, 0, 0, 0],
    ['a reserved type', 0x50, 0, 2, 0],
    ['a type that only the host sends', frameType.SPAWN, 0, 1, 20],
    ['SETUP back', frameType.SETUP, 0, 0, 10],
    ['a payload over the bound', frameType.REPLY, 0, 1, bound.FRAME_PAYLOAD_MAX + 1],
    ['a length of 4 GiB', frameType.REPLY, 0, 1, 0xffff_ffff],
    ['DATA over its bound', frameType.DATA, 1, 1, bound.DATA_MAX + 1],
    ['DATA without bytes', frameType.DATA, 1, 1, 0],
    ['a WINDOW of 3 bytes', frameType.WINDOW, 0, 1, 3],
    ['EOF with bytes', frameType.EOF, 0, 1, 1],
    ['GONE with bytes', frameType.GONE, 0, 1, 1],
    ['a channel that is none', frameType.DATA, 3, 1, 1],
    ['flags on a frame without channels', frameType.EXIT, 1, 1, 22],
    ['DATA on the control stream', frameType.DATA, 0, 0, 1],
    ['HELLO on a stream', frameType.HELLO, 0, 1, 22],
    ['REPLY on the control stream', frameType.REPLY, 0, 0, 4],
  ]
  for (const [title, type, flags, stream, length] of refused) {
    it(`refuses ${title}, by the header alone`, () => {
      const { parser, seen } = collect()
      const header = encodeHeader({ type, flags, stream }, length)
      expect(sandboxThrow(() => parser.push(header)).code).to.equal('PROTOCOL')
      expect(seen).to.deep.equal([])
    })
  }
})
