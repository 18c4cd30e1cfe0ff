import { expect } from 'chai'
import type { Hit } from '../../dist/dlp/hit.js'
import { OutgoingWatch } from '../../dist/dlp/outgoing-watch.js'
import { frame, opcode } from '../websocket/frames.js'
import { dummy, host, keyId, patterns, request, secret, watch } from './watched.js'

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
      let at = 0
      let hit: Hit | null = null
      while (hit === null && at < 5) {
        hit = send(one, fifths(text)[at] ?? '')
        at += 1
      }
      expect(hit).to.include({ about: 'aws', where: 'window' })
      // What was refused did not leave, and is refused again.
      expect(send(one, fifths(text)[at - 1] ?? '')).to.include({ about: 'aws', where: 'window' })
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

  it('is found again when it is tried again, and lets through again what went before', () => {
    const one = watch()
    const [first = '', ...rest] = fifths(secret)
    expect(one.whole(host, Buffer.from(`<${first}>`))).to.equal(null)
    for (let round = 0; round < 3; round += 1) {
      expect(one.whole(host, Buffer.from(`<${rest.join('> <')}>`))?.where).to.equal('window')
      expect(one.whole(host, Buffer.from(`<${first}>`))).to.equal(null)
    }
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
