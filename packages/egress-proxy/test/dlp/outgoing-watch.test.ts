import { inspect } from 'node:util'
import { expect } from 'chai'
import { refusalOfHit, type Hit } from '../../dist/dlp/hit.js'
import { OutgoingWatch } from '../../dist/dlp/outgoing-watch.js'
import { inPieces, PiecedBody } from '../redact/bodies.js'
import { frame, opcode } from '../websocket/frames.js'
import { canary, dummy, host, request, secret, watch } from './watched.js'

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
