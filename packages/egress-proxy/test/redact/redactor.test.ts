import { inspect } from 'node:util'
import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync } from 'node:zlib'
import { expect } from 'chai'
import * as fc from 'fast-check'
import type { Field } from '../../dist/http-message.js'
import { Redactor } from '../../dist/redact/redactor.js'
import { RefusalError } from '../../dist/refusal.js'
import { drained, inPieces, PiecedBody } from './bodies.js'

const secret = 'sk-ant-api03-Zx9_kQ7/w+Lm="3"v-AA'
const basic = Buffer.from(`user:${secret}`).toString('base64')
const redactor = new Redactor([
  { about: 'anthropic', kind: 'secret', bytes: Buffer.from(secret) },
  { about: 'pin', kind: 'secret', bytes: Buffer.from('7351904628') },
])
const ok = { status: 200, headers: [] }

async function redacted(
  text: string | Uint8Array,
  size: number,
): Promise<{ readonly text: string; readonly told: readonly string[] }> {
  const told: string[] = []
  const body = new PiecedBody(inPieces(Buffer.from(text), size))
  const answer = redactor.answer(
    { head: ok, body },
    { onReflected: (about) => void told.push(about) },
  )
  const { bytes } = await drained(answer.body ?? body)
  return { text: bytes.toString('latin1'), told }
}

function refusalCode(act: () => unknown): string {
  try {
    act()
  } catch (error) {
    return error instanceof RefusalError ? error.refusal.code : 'another error'
  }
  return 'none'
}

const silent = { onReflected: () => undefined }

describe('Redactor', () => {
  const reflections: readonly (readonly [string, string])[] = [
    ['text', `you sent ${secret}, thank you`],
    ['JSON', JSON.stringify({ headers: { 'x-api-key': secret, other: 'stays' } })],
    ['a header of Basic', `{"authorization":"Basic ${basic}"}`],
    ['a form', new URLSearchParams({ key: secret, a: 'b' }).toString()],
    ['server-sent events', `event: a\ndata: ${secret}\n\ndata: next\n\n`],
    ['hexadecimal', `x ${Buffer.from(secret).toString('hex')} y`],
    ['many times', `${secret}${secret} ${secret} ${basic}${secret}`],
  ]
  for (const [what, text] of reflections) {
    it(`makes it unreadable in ${what}, at every cut, and changes nothing else`, async () => {
      const whole = await redacted(text, text.length)
      expect(whole.text).to.have.lengthOf(text.length)
      expect(whole.text).to.include('[redacted:anthropic]')
      expect(whole.text).not.to.include('ant-api03').and.not.to.include('Zx9_kQ7')
      expect(whole.told).to.deep.equal(['anthropic'])
      for (const size of [1, 2, 3, 7, 16]) expect(await redacted(text, size)).to.deep.equal(whole)
    })
  }

  it('shows an eighth at most of a secret that a server cuts off, at either end', async () => {
    for (let length = Math.ceil(secret.length / 2) + 4; length < secret.length; length += 1) {
      for (const part of [secret.slice(0, length), secret.slice(-length)]) {
        const { text, told } = await redacted(`a ${part} b`, 3)
        expect(told).to.deep.equal(['anthropic'])
        for (let at = 0; at + 5 < secret.length; at += 1)
          expect(text).not.to.include(secret.slice(at, at + 6))
      }
    }
  })

  it('keeps JSON valid, a number a number', async () => {
    const text = JSON.stringify({ key: secret, pin: 7_351_904_628, note: 'a "quoted" one' })
    const read: unknown = JSON.parse((await redacted(text, 5)).text)
    expect(read).to.deep.equal({
      key: '[redacted:anthropic]'.padEnd(JSON.stringify(secret).length - 2, '*'),
      pin: 9_999_999_999,
      note: 'a "quoted" one',
    })
  })

  it('changes bytes of any text nowhere but where a secret is', () => {
    const piece = fc.oneof(
      fc.constantFrom(secret, secret.slice(0, 12), secret.slice(20), basic, '7351904628', '[red'),
      fc.string({ maxLength: 12 }),
    )
    return fc.assert(
      fc.asyncProperty(
        fc.array(piece, { maxLength: 12 }),
        fc.integer({ min: 1, max: 40 }),
        async (parts, size) => {
          const text = Buffer.from(parts.join('')).toString('latin1')
          const got = (await redacted(Buffer.from(text, 'latin1'), size)).text
          const expected = text
            .replaceAll(secret, '[redacted:anthropic]'.padEnd(secret.length, '*'))
            .replaceAll('7351904628', '9999999999')
          if (!text.includes(basic.slice(8, 30))) expect(got).to.equal(expected)
          expect(got).to.have.lengthOf(text.length)
          expect(got).not.to.include(secret)
        },
      ),
      { numRuns: 300, seed: 5 },
    )
  })

  it('passes ordinary text on at once, as the very chunk, and holds only what a secret may begin with', async () => {
    const plain = Buffer.from('data: {"delta":"Hello there, friend"}\n\n')
    const chunks = [plain, Buffer.from('data: sk-ant-'), Buffer.from('nothing\n\n')]
    const { chunks: got } = await drained(
      redactor.body(new PiecedBody(chunks), 'identity', () => undefined),
    )
    expect(got[0]).to.equal(plain)
    expect(got.map((chunk) => Buffer.from(chunk).toString())).to.deep.equal([
      plain.toString(),
      'data: ',
      'sk-ant-',
      'nothing\n\n',
    ])
  })

  it('does not write into the chunk that it was given', async () => {
    const chunk = Buffer.from(`a ${secret} b`)
    await drained(redactor.body(new PiecedBody([chunk]), 'identity', () => undefined))
    expect(chunk.toString()).to.equal(`a ${secret} b`)
  })

  const codings = [
    ['gzip', gzipSync],
    ['x-gzip', gzipSync],
    ['deflate', deflateSync],
    ['deflate', deflateRawSync],
    ['br', brotliCompressSync],
  ] as const
  for (const [coding, encode] of codings) {
    it(`undoes ${coding} (${encode.name}), redacts, and goes on without it`, async () => {
      const text = `${'lead '.repeat(5000)}${secret}${' tail'.repeat(5000)}`
      const told: string[] = []
      const headers: readonly Field[] = [
        ['content-encoding', coding],
        ['content-type', 'text/plain'],
        ['content-digest', 'sha-256=:x:'],
      ]
      for (const size of [1, 100, 1_000_000]) {
        const coded = new PiecedBody(inPieces(encode(Buffer.from(text)), size))
        const answer = redactor.answer(
          { head: { status: 200, headers }, body: coded },
          { onReflected: (about) => void told.push(about) },
        )
        expect(answer.head.headers).to.deep.equal([['content-type', 'text/plain']])
        expect(answer.body?.length).to.equal(null)
        const { bytes, trailers } = await drained(answer.body ?? coded, true)
        expect(trailers).to.deep.equal([])
        const placed = '[redacted:anthropic]'.padEnd(secret.length, '*')
        expect(bytes.toString() === text.replace(secret, placed)).to.equal(true)
      }
      expect(told).to.deep.equal(['anthropic', 'anthropic', 'anthropic'])
    })
  }

  it('refuses codings that it cannot undo, several of them, and parts that nobody asked for', () => {
    for (const coding of ['zstd', 'compress', 'gzip, gzip', 'gzip, br', 'nonsense']) {
      const head = { status: 200, headers: [['content-encoding', coding]] as const }
      const body = new PiecedBody([])
      expect(
        refusalCode(() => redactor.answer({ head, body }, silent)),
        coding,
      ).to.equal('response_unreadable')
      expect(redactor.answer({ head, body: null }, silent).head).to.deep.equal(head)
    }
    const part = { head: { status: 206, headers: [] }, body: new PiecedBody([]) }
    expect(refusalCode(() => redactor.answer(part, silent))).to.equal('response_unreadable')
  })

  const broken: readonly (readonly [string, Uint8Array])[] = [
    ['is cut short', gzipSync(Buffer.alloc(1000, 'abc')).subarray(0, 20)],
    ['is something else', Buffer.from('not gzip at all')],
    ['grows a thousand times', gzipSync(Buffer.alloc(50_000_000))],
  ]
  for (const [what, bytes] of broken) {
    it(`fails a body that ${what}, and does not make it look complete`, async () => {
      const source = new PiecedBody(inPieces(bytes, 1000))
      const {
        failure,
        trailers,
        bytes: got,
      } = await drained(redactor.body(source, 'gzip', () => undefined))
      expect(failure).to.be.instanceOf(Error)
      expect(trailers).to.equal(null)
      expect(got.length).to.be.below(6_000_000)
      expect(inspect(failure)).not.to.include(secret)
    })
  }

  it('takes an empty body for one of every coding, and leaves out what follows the end of one', async () => {
    for (const coding of ['gzip', 'deflate', 'br'] as const) {
      const { bytes, failure } = await drained(
        redactor.body(new PiecedBody([]), coding, () => undefined),
      )
      expect([bytes.length, failure]).to.deep.equal([0, null])
    }
    const padded: readonly (readonly ['gzip' | 'deflate' | 'br', Buffer])[] = [
      ['gzip', Buffer.concat([gzipSync('first'), Buffer.alloc(100_000)])],
      ['deflate', Buffer.concat([deflateSync('first'), Buffer.alloc(100_000, 'junk')])],
      ['br', Buffer.concat([brotliCompressSync('first'), Buffer.alloc(100_000, 'junk')])],
    ]
    for (const [coding, bytes] of padded) {
      const body = redactor.body(new PiecedBody(inPieces(bytes, 10)), coding, () => undefined)
      const got = await drained(body, true)
      expect([got.bytes.toString(), got.failure], coding).to.deep.equal(['first', null])
    }
  })

  it('keeps a body waiting while nobody takes more', async () => {
    const big = gzipSync(Buffer.from(Array.from({ length: 400_000 }, (_, at) => `${at}`).join()))
    const source = new PiecedBody(inPieces(big, 1024))
    const body = redactor.body(source, 'gzip', () => undefined)
    const first = await new Promise<Uint8Array>((resolve) => {
      body.start({
        data: (chunk) => {
          body.pause()
          resolve(chunk)
        },
        end: () => undefined,
        fail: () => undefined,
      })
    })
    expect(first.length).to.be.above(0)
    for (let turn = 0; turn < 1000 && !source.isPaused; turn += 1)
      await new Promise((resolve) => void setImmediate(resolve))
    expect(source.isPaused).to.equal(true)
    expect(source.taken).to.be.below(inPieces(big, 1024).length / 2)
    body.cancel()
    expect(source.isCancelled).to.equal(true)
  })

  it('calls nothing any more once it is cancelled', async () => {
    for (const coding of ['identity', 'gzip'] as const) {
      const bytes = coding === 'gzip' ? gzipSync('x'.repeat(9000)) : Buffer.from('x'.repeat(9000))
      const source = new PiecedBody(inPieces(bytes, 3))
      const body = redactor.body(source, coding, () => undefined)
      let calls = 0
      body.start({
        data: () => {
          calls += 1
          body.cancel()
        },
        end: () => void (calls += 1),
        fail: () => void (calls += 1),
      })
      for (let turn = 0; turn < 50; turn += 1)
        await new Promise((resolve) => void setImmediate(resolve))
      expect(calls).to.be.at.most(1)
      body.cancel()
    }
  })

  it('tells a failure of the source', async () => {
    const failure = new Error('reset')
    for (const coding of ['identity', 'gzip'] as const) {
      const source = new PiecedBody([gzipSync('x').subarray(0, 4)], [], failure)
      expect((await drained(redactor.body(source, coding, () => undefined))).failure).to.equal(
        failure,
      )
    }
  })

  it('redacts fields, trailers and the phrase, and leaves out a field that is called like a secret', async () => {
    const told: string[] = []
    const headers: readonly Field[] = [
      ['location', `https://a.test/?key=${encodeURIComponent(secret)}&b=c`],
      ['x-echo', `Basic ${basic}`],
      ['content-type', 'text/plain'],
      [`x-${secret.toLowerCase()}`, 'a'],
    ]
    const body = new PiecedBody([Buffer.from('a')], [['x-trailer', secret]])
    const answer = redactor.answer(
      { head: { status: 302, headers, phrase: `Found ${secret}` }, body },
      { onReflected: (about) => void told.push(about) },
    )
    const text = JSON.stringify(answer.head)
    expect(text).not.to.include('api03')
    expect(answer.head.headers.map(([name]) => name)).to.deep.equal([
      'location',
      'x-echo',
      'content-type',
    ])
    expect(answer.head.headers[0]?.[1]).to.match(/^https:\/\/a\.test\/\?key=\[redacted:.*&b=c$/)
    expect(answer.head.phrase).to.have.lengthOf(`Found ${secret}`.length)
    const { trailers } = await drained(answer.body ?? body)
    expect(trailers?.[0]?.[1]).to.include('[redacted:anthropic]')
    expect(told).to.deep.equal(['anthropic'])
  })

  it('gives on the very head and fields when nothing is in them', () => {
    const headers: readonly Field[] = [['content-type', 'text/plain']]
    expect(redactor.fields(headers, () => undefined)).to.equal(headers)
  })

  it('touches nothing when there is no secret', () => {
    const none = new Redactor([])
    const answer = { head: ok, body: new PiecedBody([]) }
    expect(none.isEmpty).to.equal(true)
    expect(none.answer(answer, silent)).to.deep.equal(answer)
  })

  it('shows no secret to those who print it', () => {
    expect(inspect(redactor, { depth: 9, showHidden: true })).not.to.include('api03')
  })

  it('costs no more in single bytes than in large chunks, whatever has begun', async () => {
    const long = Buffer.alloc(16_000, 'Ab3-x_Yz')
    const of = new Redactor([{ about: 'pem', kind: 'secret', bytes: long }])
    const text = Buffer.concat([long.subarray(0, 15_000), long.subarray(0, 15_999), long])
    const body = of.body(new PiecedBody(inPieces(text, 16)), 'identity', () => undefined)
    const { bytes } = await drained(body)
    expect(bytes).to.have.lengthOf(text.length)
    expect(bytes.includes('[redacted:pem]')).to.equal(true)
  })
})
