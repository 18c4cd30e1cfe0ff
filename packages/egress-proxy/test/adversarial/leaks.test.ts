import type { NetworkPolicy } from '@caisson/core'
import { expect } from 'chai'
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib'
import { agreeing, clientFrame } from '../support/frames.ts'
import { keyed, ruleFor, unseen, wish } from '../support/keyed.ts'
import { good, Proxied, settle } from '../support/proxied.ts'
import { connectTo } from '../support/client.ts'
import { secureWays, upgradeWays, type Wish } from '../support/ways.ts'

/** Planted, and made up; no letter stands where a coding of another could begin. */
const trap = 'Trap7-vQ93-kLm2-Zx81-wpR5-tY46'
const canaries = { trap: { value: trap } }
const bytes = Buffer.from(trap)

/** The text, and the forms in which programs write it down. */
const forms: readonly (readonly [name: string, text: string])[] = [
  ['as it is', trap],
  ['in hexadecimal', bytes.toString('hex')],
  ['in capital hexadecimal', bytes.toString('hex').toUpperCase()],
  ['in base64', bytes.toString('base64url')],
  ['in base64, one further', Buffer.from(`x${trap}`).toString('base64url')],
  ['in base64, two further', Buffer.from(`xy${trap}`).toString('base64url')],
  ['backwards', trap.split('').toReversed().join('')],
  ['in small letters', trap.toLowerCase()],
  [
    'escaped',
    trap
      .split('')
      .map((one) => `%${one.charCodeAt(0).toString(16)}`)
      .join(''),
  ],
]

const places: readonly (readonly [where: string, asked: (text: string) => Partial<Wish>])[] = [
  ['the path', (text) => ({ path: `/v1/${text}` })],
  ['the query', (text) => ({ path: `/v1/x?q=${text}` })],
  ['a key of the query', (text) => ({ path: `/v1/x?${text}=1` })],
  ['a header', (text) => ({ headers: [['x-note', `see ${text}.`]] })],
  ['the name of a header', (text) => ({ headers: [[`x-${text.replaceAll('%', '')}`, '1']] })],
  ['User-Agent', (text) => ({ headers: [['user-agent', text]] })],
]

const bodies: readonly (readonly [where: string, asked: (text: string) => Partial<Wish>])[] = [
  ['a body', (text) => ({ method: 'POST', body: `a ${text} b` })],
  [
    'JSON',
    (text) => ({
      method: 'POST',
      headers: [['content-type', 'application/json']],
      body: JSON.stringify({ a: text }),
    }),
  ],
  [
    'escaped JSON',
    (text) => ({
      method: 'POST',
      headers: [['content-type', 'application/json']],
      body: `{"a":"${text
        .split('')
        .map((one) => `\\u00${one.charCodeAt(0).toString(16)}`)
        .join('')}"}`,
    }),
  ],
  [
    'gzip',
    (text) => ({
      method: 'POST',
      headers: [['content-encoding', 'gzip']],
      body: gzipSync(`a ${text}`),
    }),
  ],
  [
    'deflate',
    (text) => ({
      method: 'POST',
      headers: [['content-encoding', 'deflate']],
      body: deflateSync(`a ${text}`),
    }),
  ],
  [
    'Brotli',
    (text) => ({
      method: 'POST',
      headers: [['content-encoding', 'br']],
      body: brotliCompressSync(`a ${text}`),
    }),
  ],
]

function planted(identity: string, more: Partial<NetworkPolicy> = {}): Promise<Proxied> {
  return keyed(identity, { network: { allow: [ruleFor(identity)], canaries, ...more } })
}

const isHeard = (world: Proxied): boolean =>
  world.alarms.some(({ kind, about }) => kind === 'canary_found' && about === 'trap')

describe('what was planted inside', () => {
  for (const [name, way] of Object.entries({ ...secureWays, ...upgradeWays }))
    for (const identity of ['key', 'anonymous', 'guest'])
      it(`leaves in no head, in the name of ${identity}: ${name}`, async () => {
        await using world = await planted(identity)
        for (const [where, asked] of places)
          for (const [form, text] of forms) {
            if (where.startsWith('the name') && name.startsWith('HTTP/2') && form === 'escaped')
              continue
            const { status, code, text: said } = await unseen(world, way, wish(asked(text)))
            expect([where, form, status, code]).to.deep.equal([where, form, 403, 'canary_found'])
            expect(said).not.to.include(trap)
          }
        expect(isHeard(world)).to.equal(true)
      }).timeout(20_000)

  for (const [name, way] of Object.entries(secureWays))
    it(`leaves in no body: ${name}`, async () => {
      await using world = await planted('guest')
      for (const [where, asked] of bodies)
        for (const [form, text] of where === 'escaped JSON' ? forms.slice(0, 1) : forms) {
          const { status } = await way(world, wish(asked(text)))
          expect([where, form, status]).to.deep.equal([where, form, 403])
        }
      expect(world.origin.seen).to.deep.equal([])
      expect(world.origin.bodyText).not.to.include(trap)
      expect(isHeard(world)).to.equal(true)
    }).timeout(20_000)

  it('leaves where nobody planted it', async () => {
    await using world = await keyed('guest')
    for (const [name, way] of Object.entries(secureWays))
      for (const [, asked] of [...places.slice(0, 4), ...bodies])
        expect([name, (await way(world, wish(asked(trap)))).status]).to.deep.equal([name, 200])
  })

  it('leaves in no name, before that is looked up', async () => {
    const rule = { host: '*.wild.test', protocol: 'https' } as const
    await using world = await Proxied.open({ network: { allow: [rule], canaries } })
    for (const label of [
      trap.toLowerCase(),
      bytes.toString('hex').slice(0, 60),
      `${trap.slice(0, 12)}.${trap.slice(12)}`,
    ]) {
      for (const tail of ['wild.test', 'evil.test']) {
        const before = world.alarms.length
        const { status, socket } = await connectTo(world.door, `${label}.${tail}:443`)
        socket.destroy()
        expect([label, tail, status]).to.deep.equal([label, tail, 403])
        expect([tail, world.alarms.length > before]).to.deep.equal([tail, true])
      }
    }
    expect([world.lookups, isHeard(world)]).to.deep.equal([[], true])
  })

  const fifths = [0, 1, 2, 3, 4].map((at) => trap.slice(at * 6, at * 6 + 6))
  const thirds = [0, 1, 2].map((at) => trap.slice(at * 10, at * 10 + 10))
  for (const [name, way] of Object.entries({ ...secureWays, ...upgradeWays }))
    it(`does not leave piece by piece: ${name}`, async () => {
      for (const [where, asked] of places.filter(
        ([place]) => !place.includes('key') && !place.includes('name'),
      )) {
        await using world = await planted('guest')
        agreeing(world.origin)
        const codes: unknown[] = []
        for (const piece of where === 'a header' ? thirds : fifths) {
          const more =
            where === 'a header' ? { headers: [['x-note', piece]] as const } : asked(piece)
          codes.push((await way(world, wish(more))).code)
        }
        expect([where, codes.includes('canary_found'), isHeard(world)]).to.deep.equal([
          where,
          true,
          true,
        ])
      }
    })

  it('does not leave piece by piece in different names, or to different hosts', async () => {
    const other = 'other.good.test'
    const allow = [
      ruleFor('key', { paths: ['/key/**'] }),
      ruleFor('guest', { paths: ['/guest/**'] }),
      { host: other, methods: ['POST'] },
    ]
    const pieces = [0, 1, 2].map((at) => trap.slice(at * 10, at * 10 + 10))
    for (const [name, way] of Object.entries(secureWays)) {
      await using world = await keyed('key', { network: { allow, canaries }, also: [other] })
      const wishes = [
        wish({ path: `/key/${pieces[0] ?? ''}` }),
        wish({ path: `/guest/?a=${pieces[1] ?? ''}` }),
        wish({ host: other, method: 'POST', body: pieces[2] ?? '' }),
      ]
      const codes: unknown[] = []
      for (const one of wishes) codes.push((await way(world, one)).code)
      expect([name, codes]).to.deep.equal([name, [null, null, 'canary_found']])
    }
  })

  for (const [where, frames] of [
    ['one frame', [clientFrame(`a ${trap} b`)]],
    ['a binary frame', [clientFrame(`a ${trap} b`, 0x82)]],
    ['two frames', [clientFrame(trap.slice(0, 9), 0x01), clientFrame(trap.slice(9), 0x80)]],
    ['two messages', [clientFrame(trap.slice(0, 9)), clientFrame(trap.slice(9))]],
    ['a ping', [clientFrame(trap, 0x89)]],
    ['base64', [clientFrame(bytes.toString('base64'))]],
  ] as const)
    it(`cuts a WebSocket: ${where}`, async () => {
      await using world = await planted('key')
      const sockets = agreeing(world.origin)
      const talk = await world.intercepted()
      talk.send(
        `GET /v1/x HTTP/1.1\r\nHost: ${good}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n` +
          'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n',
      )
      await talk.answer()
      talk.send(clientFrame('before'))
      await settle(() => sockets[0]?.received.length === 1)
      for (const frame of frames) talk.send(frame)
      await talk.over()
      await settle(() => sockets[0]?.ended === true)
      const arrived = Buffer.concat(sockets[0]?.received ?? []).toString('latin1')
      expect(arrived.includes('before')).to.equal(true)
      expect([
        arrived.includes(trap.slice(-6)),
        arrived.includes(bytes.toString('base64')),
      ]).to.deep.equal([false, false])
      await settle(() => isHeard(world))
      expect(isHeard(world)).to.equal(true)
      talk.destroy()
    })
})
