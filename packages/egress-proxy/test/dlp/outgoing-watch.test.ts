import { inspect } from 'node:util'
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib'
import { expect } from 'chai'
import { refusalOfHit, type Hit } from '../../dist/dlp/hit.js'
import { type OutgoingHead, OutgoingWatch } from '../../dist/dlp/outgoing-watch.js'
import { RefusalError } from '../../dist/refusal.js'
import type { Pattern } from '../../dist/scan/pattern.js'
import { drained, inPieces, PiecedBody } from '../redact/bodies.js'
import { frame, opcode } from '../websocket/frames.js'

const canary = 'CANARY-q8Zx4-Lk29-v7Wd-0aPm'
const secret = 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYzzzzzzzKEY'
const keyId = 'AKIAZ7Q3M5X9K2LD4RTB'
const dummy = 'sk-ant-api03-dummy-8f3k2m5x'
const patterns: readonly Pattern[] = [
  { about: 'planted', kind: 'canary', bytes: Buffer.from(canary) },
  { about: 'aws', kind: 'secret', bytes: Buffer.from(secret) },
  { about: 'aws', kind: 'secret', bytes: Buffer.from(keyId) },
  { about: 'anthropic', kind: 'dummy', bytes: Buffer.from(dummy) },
]
const host = 'api.good.test'

function watch(): OutgoingWatch {
  return new OutgoingWatch(patterns)
}

function request(parts: Partial<OutgoingHead>): OutgoingHead {
  return { host, path: '/v1/a', query: [], headers: [], ...parts }
}

const bytes = Buffer.from(canary)
const mixed = canary
  .split('')
  .map((letter, at) => {
    const hex = letter.charCodeAt(0).toString(16).padStart(2, '0')
    return [letter, `%${hex}`, `\\u00${hex}`, `&#x${hex};`, `\\x${hex}`][at % 5]
  })
  .join('')
const wrapped = (
  Buffer.from(`leak ${canary} ${canary}`)
    .toString('base64')
    .match(/.{1,20}/g) ?? []
).join('\n')
const written: readonly (readonly [string, string])[] = [
  ['as it is', canary],
  ['in small letters', canary.toLowerCase()],
  ['in hexadecimal', bytes.toString('hex')],
  ['in base64', bytes.toString('base64')],
  ['in base64, behind one byte', Buffer.from(`x${canary}`).toString('base64')],
  ['in base64, behind two bytes', Buffer.from(`xy${canary}`).toString('base64')],
  ['in base64url', Buffer.from(`?>${canary}`).toString('base64url')],
  ['in base64 with line breaks', wrapped],
  ['with every byte as in URLs', [...bytes].map((byte) => `%${byte.toString(16)}`).join('')],
  ['with every byte as in JSON', [...bytes].map((byte) => `\\u00${byte.toString(16)}`).join('')],
  ['in a mixture of escapes', mixed],
  ['backwards', canary.split('').toReversed().join('')],
]

describe('OutgoingWatch', () => {
  for (const [how, text] of written) {
    it(`finds a canary ${how} in path, query, header, body and WebSocket`, () => {
      const escaped = `/v1/${text.replaceAll('\n', '').replaceAll('/', '%2F')}/x`
      const places: readonly (readonly [string, Hit | null])[] = [
        ['path', watch().head(request({ path: escaped }))],
        ['query', watch().head(request({ query: [['q', `a ${text}`]] }))],
        ['query', watch().head(request({ query: [[text, 'a']] }))],
        [
          'header',
          watch().head(request({ headers: [['x-note', `a ${text.replaceAll('\n', '')}`]] })),
        ],
        ['body', watch().whole(host, Buffer.from(`{"text":"${text}"}`))],
        [
          'websocket',
          watch()
            .frames()
            .push(frame(opcode.text, Buffer.from(text), [7, 1, 250, 9])),
        ],
      ]
      for (const [where, hit] of places) {
        expect(hit, where).to.include({ about: 'planted', kind: 'canary', where })
        expect(inspect(hit)).not.to.include(canary)
      }
    })
  }

  it('finds a canary in the labels of a name, joined, in base32 or hexadecimal', () => {
    const names = [
      `${canary.toLowerCase()}.evil.test`,
      `${canary.slice(0, 9)}.${canary.slice(9)}.evil.test`.toLowerCase(),
      `${bytes.toString('hex')}.evil.test`,
      `${bytes.toString('hex').slice(0, 30)}.${bytes.toString('hex').slice(30)}.evil.test`,
      `${base32(bytes)}.evil.test`,
    ]
    for (const name of names) expect(watch().name(name), name).to.include({ where: 'name' })
    expect(watch().name('api.good.test')).to.equal(null)
  })

  it('finds it in a body at every cut, and lets through what only resembles it', () => {
    for (const [, text] of written) {
      const stream = Buffer.from(`before ${text} behind`)
      for (let at = 0; at <= stream.length; at += 1) {
        const body = watch().body(host)
        const hit =
          body.push(stream.subarray(0, at)) ?? body.push(stream.subarray(at)) ?? body.end()
        expect(hit?.about).to.equal('planted')
      }
    }
    for (const text of [
      canary.slice(1),
      canary.slice(0, -1),
      `${canary.slice(0, 12)} ${canary.slice(12)}`.slice(0, 20),
    ]) {
      const hit = new OutgoingWatch([
        { about: 'short', kind: 'dummy', bytes: Buffer.from(canary) },
      ]).whole(host, Buffer.from(text))
      expect(hit).to.equal(null)
    }
  })

  it('lets ordinary requests through', () => {
    const one = watch()
    for (let round = 0; round < 100; round += 1) {
      const head = request({
        path: '/v1/messages/AK/sk-ant',
        query: [
          ['beta', 'true'],
          ['after', `cursor_${round}A`],
        ],
        headers: [
          ['user-agent', 'client/1.0 (a; b)'],
          ['content-type', 'application/json'],
          ['x-key', 'sk-ant-'],
        ],
      })
      expect(one.head(head)).to.equal(null)
      expect(one.whole(host, Buffer.from(`{"n":${round},"text":"AKIA sk-ant-api03-"}\n`))).to.equal(
        null,
      )
    }
  })

  it('says of a dummy, a secret and a canary what each is', () => {
    const codes = [dummy, secret, canary].map((text) => {
      const hit = watch().whole(host, Buffer.from(text))
      return hit === null ? null : refusalOfHit(hit).code
    })
    expect(codes).to.deep.equal(['dummy_misused', 'secret_found', 'canary_found'])
  })

  it('finds a WebSocket secret across frames, messages and masks, with pings between', () => {
    for (let cut = 1; cut < secret.length; cut += 1) {
      const stream = Buffer.concat([
        frame(opcode.firstText, Buffer.from(secret.slice(0, cut)), [1, 2, 3, 4]),
        frame(opcode.ping, Buffer.from('ping'), [9, 9, 9, 9]),
        frame(opcode.last, Buffer.from(secret.slice(cut)), [0xff, 0, 0x80, 7]),
      ])
      const original = Buffer.from(stream)
      for (const size of [1, 5, stream.length]) {
        const frames = watch().frames()
        const hits = inPieces(stream, size).map((piece) => frames.push(piece))
        expect(hits.find((hit) => hit !== null)).to.include({ about: 'aws' })
      }
      expect(stream.equals(original)).to.equal(true)
    }
    const control = frame(opcode.pong, Buffer.from(canary), [5, 6, 7, 8])
    expect(watch().frames().push(control)).to.include({ kind: 'canary' })
  })
})

describe('what is split over several requests', () => {
  const fifths = (text: string): string[] => {
    const size = Math.ceil(text.length / 5)
    return [0, 1, 2, 3, 4].map((at) => text.slice(at * size, (at + 1) * size))
  }
  const ways: readonly (readonly [
    string,
    string,
    (one: OutgoingWatch, part: string) => Hit | null,
  ])[] = [
    [
      'the same key of the query',
      keyId,
      (one, part) => one.head(request({ query: [['q', part]] })),
    ],
    [
      'the last segment of a path',
      keyId,
      (one, part) => one.head(request({ path: `/a/b/${part}` })),
    ],
    ['the same header', keyId, (one, part) => one.head(request({ headers: [['x-note', part]] }))],
    ['bodies', keyId, (one, part) => one.whole(host, Buffer.from(part))],
    ['JSON bodies', secret, (one, part) => one.whole(host, Buffer.from(`{"note":"${part}"}`))],
    [
      'different keys',
      secret,
      (one, part) => one.head(request({ query: [[`k${part.length}${part.slice(0, 1)}`, part]] })),
    ],
    [
      'WebSocket messages',
      secret,
      (one, part) => one.frames().push(frame(opcode.text, Buffer.from(part), [1, 2, 3, 4])),
    ],
  ]
  for (const [where, text, send] of ways) {
    it(`is found in ${where}: a key in five clean parts`, () => {
      const one = watch()
      const hits = fifths(text).map((part) => send(one, part))
      const found = hits.filter((hit) => hit !== null)
      expect(found[0]).to.include({ about: 'aws', where: 'window' })
      // Each by itself is nothing.
      for (const part of fifths(text)) expect(send(watch(), part)).to.equal(null)
    })
  }

  it('is found over several hosts, in any order, and once the patterns are others', () => {
    const parts = fifths(secret).toReversed()
    let one = watch()
    let found: Hit | null = null
    parts.forEach((part, at) => {
      found ??= one.whole(`h${at}.good.test`, Buffer.from(`<${part}>`))
      one = new OutgoingWatch(patterns.toReversed(), one)
    })
    expect(found).to.include({ about: 'aws', where: 'window', form: 'piece' })
  })

  it('is not what keys of one kind have in common', () => {
    const one = watch()
    const others = [
      `${secret.slice(0, 12)}0000000000`,
      `x${secret.slice(0, 20)}x`,
      dummy.slice(0, 20),
    ]
    for (const other of others)
      for (let round = 0; round < 50; round += 1)
        expect(one.whole(host, Buffer.from(`{"a":"${other}"}`))).to.equal(null)
  })

  it('keeps no more than a bound, however many hosts and parts there are', () => {
    const one = watch()
    for (let at = 0; at < 2000; at += 1) {
      const query = Array.from(
        { length: 3 },
        (_, key) => [`k${at}${key}`, keyId.slice(0, 9)] as const,
      )
      expect(
        one.head({ host: `h${at}.test`, path: '/', query: query.slice(0, 1), headers: [] }),
      ).to.equal(null)
    }
    const first = one.head({
      host: 'h0.test',
      path: '/',
      query: [['k00', keyId.slice(9)]],
      headers: [],
    })
    expect(first?.where).to.be.oneOf([undefined, 'window'])
  })
})

describe('a body on its way out', () => {
  async function sent(
    pieces: readonly Uint8Array[],
    coding: 'identity' | 'gzip' | 'deflate' | 'br' | 'unknown',
    stutter = false,
  ): Promise<{
    readonly bytes: Buffer
    readonly code: string | null
    readonly hits: readonly Hit[]
  }> {
    const hits: Hit[] = []
    const source = new PiecedBody(pieces, [['x-trailer', 'plain']])
    const body = watch().watched(source, { host, coding }, (hit) => void hits.push(hit))
    expect(body.length).to.equal(source.length)
    const { bytes, failure, trailers } = await drained(body, stutter)
    if (failure === null) expect(trailers).to.deep.equal([['x-trailer', 'plain']])
    else expect(source.isCancelled).to.equal(true)
    const code = failure instanceof RefusalError ? failure.refusal.code : null
    return { bytes, code, hits }
  }
  const plain = Buffer.from(Array.from({ length: 20_000 }, (_, at) => `line ${at}\n`).join(''))
  const leak = Buffer.concat([plain, Buffer.from(canary), plain])
  const encoders = { gzip: gzipSync, deflate: deflateSync, br: brotliCompressSync } as const

  for (const coding of ['gzip', 'deflate', 'br'] as const) {
    it(`is passed on as it is in ${coding}, and stopped where a canary is in it`, async () => {
      const encode = encoders[coding]
      for (const size of [997, 1_000_000]) {
        const clean = encode(plain)
        const passed = await sent(inPieces(clean, size), coding, size < 1000)
        expect(passed.code).to.equal(null)
        expect(passed.bytes.equals(clean)).to.equal(true)
        const stopped = await sent(inPieces(encode(leak), size), coding)
        expect(stopped.code).to.equal('canary_found')
        expect(stopped.hits).to.have.lengthOf(1)
        expect(stopped.bytes.length).to.be.below(encode(leak).length)
      }
    })
  }

  it('is stopped before the end of what is found leaves', async () => {
    const { bytes, code } = await sent(inPieces(leak, 1000), 'identity')
    expect(code).to.equal('canary_found')
    expect(bytes.includes(canary)).to.equal(false)
    expect(bytes.length).to.be.at.most(plain.length + canary.length)
  })

  const unreadable: readonly (readonly [
    string,
    Uint8Array,
    'gzip' | 'deflate' | 'br' | 'unknown',
  ])[] = [
    ['a coding that is not known', Buffer.from('x'), 'unknown'],
    ['what is not of its coding', Buffer.from('no gzip'), 'gzip'],
    ['what is cut short', gzipSync(plain).subarray(0, 500), 'gzip'],
    ['what has something behind it', Buffer.concat([gzipSync('a'), Buffer.from('behind')]), 'gzip'],
    [
      'what has something behind it, deflated',
      Buffer.concat([deflateSync('a'), Buffer.from('behind')]),
      'deflate',
    ],
    [
      'what has something behind it, in brotli',
      Buffer.concat([brotliCompressSync('a'), Buffer.from('behind')]),
      'br',
    ],
    ['what grows a thousand times', gzipSync(Buffer.alloc(30_000_000)), 'gzip'],
  ]
  for (const [what, bytes, coding] of unreadable) {
    it(`is refused: ${what}`, async () => {
      for (const size of [7, 100_000]) {
        const { code } = await sent(inPieces(bytes, size), coding)
        expect(code).to.equal('body_unreadable')
      }
    })
  }

  it('is looked through as it is sent too, where it is coded', async () => {
    const stored = gzipSync(Buffer.from('a'), { level: 0 })
    const named = Buffer.concat([
      stored.subarray(0, 3),
      Buffer.from([8]),
      stored.subarray(4, 10),
      Buffer.from(`${canary}\0`),
      stored.subarray(10),
    ])
    expect((await sent([named], 'gzip')).code).to.equal('canary_found')
  })

  it('is stopped by its trailers', async () => {
    const source = new PiecedBody([Buffer.from('a')], [['x-trailer', canary]])
    const body = watch().watched(source, { host, coding: 'identity' }, () => undefined)
    expect((await drained(body)).failure).to.be.instanceOf(RefusalError)
  })

  it('may be empty, and waits while nobody takes more', async () => {
    expect((await sent([], 'gzip')).code).to.equal(null)
    const source = new PiecedBody(inPieces(gzipSync(plain), 100))
    const body = watch().watched(source, { host, coding: 'gzip' }, () => undefined)
    await new Promise<void>((resolve) => {
      body.start({
        data: () => {
          body.pause()
          resolve()
        },
        end: () => undefined,
        fail: () => undefined,
      })
    })
    for (let turn = 0; turn < 20; turn += 1)
      await new Promise((resolve) => void setImmediate(resolve))
    expect(source.taken).to.be.at.most(2)
    body.cancel()
    expect(source.isCancelled).to.equal(true)
  })
})

describe('a watch for nothing', () => {
  it('passes everything on as it is', () => {
    const none = new OutgoingWatch([])
    const body = new PiecedBody([])
    expect(none.isEmpty).to.equal(true)
    expect(none.name(canary)).to.equal(null)
    expect(none.head(request({ path: `/${canary}` }))).to.equal(null)
    expect(none.whole(host, bytes)).to.equal(null)
    expect(none.watched(body, { host, coding: 'unknown' }, () => undefined)).to.equal(body)
  })

  it('and one for something show nothing of it to those who print them', () => {
    expect(inspect(watch(), { depth: 9, showHidden: true })).not.to.match(/CANARY|wJalr|65, 78/)
  })
})

function base32(of: Uint8Array): string {
  let bits = ''
  for (const byte of of) bits += byte.toString(2).padStart(8, '0')
  const letters = 'abcdefghijklmnopqrstuvwxyz234567'
  return (bits.match(/.{5}/g) ?? []).map((five) => letters[parseInt(five, 2)]).join('')
}
