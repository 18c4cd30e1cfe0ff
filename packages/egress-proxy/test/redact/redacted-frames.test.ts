import { expect } from 'chai'
import { Redactor } from '../../dist/redact/redactor.js'
import type { RedactedFrames } from '../../dist/redact/redacted-frames.js'
import { frame, opcode } from '../websocket/frames.js'
import { SeededRandom } from '../tls/seeded-random.js'

const secret = 'sk-ant-api03-Zx9kQ7wLm3vAA'
const label = '[redacted:anthropic]'.padEnd(secret.length, '*')
const redactor = new Redactor([{ about: 'anthropic', kind: 'secret', bytes: Buffer.from(secret) }])

function run(
  chunks: readonly Uint8Array[],
  told: string[] = [],
): { readonly frames: RedactedFrames; readonly out: Buffer } {
  const frames = redactor.frames((about) => void told.push(about))
  const out = chunks.flatMap((chunk) => frames.push(chunk))
  return { frames, out: Buffer.concat([...out, ...frames.end()]) }
}

function text(payload: string, first: number = opcode.text): Buffer {
  return frame(first, Buffer.from(payload))
}

interface Case {
  readonly what: string
  readonly sent: readonly Buffer[]
  readonly got: readonly Buffer[]
}

const cases: readonly Case[] = [
  { what: 'a text', sent: [text(`a ${secret} b`)], got: [text(`a ${label} b`)] },
  {
    what: 'a binary message',
    sent: [text(secret, opcode.binary)],
    got: [text(label, opcode.binary)],
  },
  {
    what: 'a long message',
    sent: [text('x'.repeat(70_000) + secret)],
    got: [text('x'.repeat(70_000) + label)],
  },
  { what: 'a ping', sent: [text(secret, opcode.ping)], got: [text(label, opcode.ping)] },
  {
    what: 'the reason of a close',
    sent: [text(`\u0003\u00e8${secret}`, opcode.close)],
    got: [text(`\u0003\u00e8${label}`, opcode.close)],
  },
  {
    what: 'a message in frames, with pings between them that hold it too',
    sent: [
      text(`x${secret.slice(0, 5)}`, opcode.firstText),
      text(secret, opcode.ping),
      text('', opcode.middle),
      text(secret.slice(5, 6), opcode.middle),
      text(secret, opcode.pong),
      text(`${secret.slice(6)}y ${secret}`, opcode.last),
    ],
    got: [
      text(`x${label.slice(0, 5)}`, opcode.firstText),
      text(label, opcode.ping),
      text('', opcode.middle),
      text(label.slice(5, 6), opcode.middle),
      text(label, opcode.pong),
      text(`${label.slice(6)}y ${label}`, opcode.last),
    ],
  },
  {
    what: 'messages that only begin like it, as they are',
    sent: [text(secret.slice(0, 10)), text(secret.slice(10)), text('', opcode.binary)],
    got: [text(secret.slice(0, 10)), text(secret.slice(10)), text('', opcode.binary)],
  },
]

describe('RedactedFrames', () => {
  for (const { what, sent, got } of cases) {
    it(`overwrites a secret in ${what}, at every cut`, () => {
      const stream = Buffer.concat(sent)
      const expected = Buffer.concat(got)
      const step = Math.max(1, Math.floor(stream.length / 400))
      for (let at = 0; at <= stream.length; at += step) {
        const { frames, out } = run([stream.subarray(0, at), stream.subarray(at)])
        expect(frames.fault).to.equal(null)
        expect(out.equals(expected), `${at}`).to.equal(true)
      }
    })
  }

  it('gives the same in single bytes, and tells once', () => {
    const told: string[] = []
    const stream = Buffer.concat(
      cases.filter(({ what }) => !what.includes('close')).flatMap(({ sent }) => sent),
    )
    const expected = Buffer.concat(
      cases.filter(({ what }) => !what.includes('close')).flatMap(({ got }) => got),
    )
    const { out } = run(
      Array.from(stream, (byte) => Buffer.from([byte])),
      told,
    )
    expect(out.equals(expected)).to.equal(true)
    expect(told).to.deep.equal(['anthropic'])
  })

  it('holds nothing of ordinary messages, and nothing behind the end of any', () => {
    const frames = redactor.frames(() => undefined)
    for (const message of [text('hello'), text(`ends in ${secret.slice(0, 9)}`)])
      expect(Buffer.concat([...frames.push(message)]).equals(message)).to.equal(true)
    const open = text(`hello ${secret.slice(0, 9)}`, opcode.firstText)
    expect(Buffer.concat([...frames.push(open)])).to.have.lengthOf(open.length - 9)
  })

  it('passes nothing on from bytes that are no frames', () => {
    const frames = redactor.frames(() => undefined)
    expect(frames.push(frame(opcode.text, Buffer.from('masked'), [1, 2, 3, 4]))).to.deep.equal([])
    expect(frames.fault).to.be.a('string')
    expect(frames.push(text('more'))).to.deep.equal([])
  })

  it('keeps every length, and lets no secret through, whatever the frames', () => {
    const random = new SeededRandom(3)
    for (let round = 0; round < 300; round += 1) {
      const message = random
        .list(random.below(6), () => random.pick([secret, secret.slice(0, 9), 'plain ', 'sk-']))
        .join('')
      const sent: Buffer[] = []
      let at = 0
      let first = opcode.firstText as number
      while (at < message.length) {
        const size = 1 + random.below(12)
        sent.push(text(message.slice(at, at + size), first))
        if (random.below(3) === 0) sent.push(text(random.pick([secret, 'ping']), opcode.ping))
        first = opcode.middle
        at += size
      }
      sent.push(text('', first === opcode.middle ? opcode.last : opcode.text))
      const stream = Buffer.concat(sent)
      const cut = random.below(stream.length + 1)
      const { frames, out } = run([stream.subarray(0, cut), stream.subarray(cut)])
      expect(frames.fault).to.equal(null)
      expect(out).to.have.lengthOf(stream.length)
      const payload = payloadOf(out)
      expect(payload.messages).to.equal(message.replaceAll(secret, label))
      expect(payload.controls).not.to.include(secret)
    }
  })
})

/** Of short frames only. */
function payloadOf(stream: Buffer): { readonly messages: string; readonly controls: string } {
  let messages = ''
  let controls = ''
  for (let at = 0; at < stream.length;) {
    const length = stream[at + 1] ?? 0
    const payload = stream.toString('latin1', at + 2, at + 2 + length)
    if (((stream[at] ?? 0) & 8) === 0) messages += payload
    else controls += payload
    at += 2 + length
  }
  return { messages, controls }
}
