import { expect } from 'chai'
import { namedPlace } from '../../dist/engine/named-place.js'
import { OpenConnections } from '../../dist/engine/open-connections.js'
import { planDoors, type NamedHost } from '../../dist/engine/plan-doors.js'
import { isTokenIn, makeToken } from '../../dist/engine/proxy-token.js'
import { stillAllows } from '../../dist/engine/still-allows.js'
import { compilePolicy } from '../../dist/decide/policy.js'
import { canonicalHost } from '../../dist/names/canonical-host.js'

describe('planDoors', () => {
  const host = (pattern: string, ports: number[]): NamedHost => ({
    pattern,
    wildcard: pattern.startsWith('*'),
    ports,
  })
  const plan = (hosts: NamedHost[], transparent = true) =>
    planDoors({ hosts, transparent, addressOf: (name) => `127.64.0.${name.length}` }).map(
      ({ kind, protocol, address, port }) => `${kind}/${protocol} ${address}:${port}`,
    )
  const usual = [
    'proxy/tcp 127.0.0.1:3128',
    'resolver/udp 127.0.0.1:53',
    'resolver/tcp 127.0.0.1:53',
    'transparent/tcp 0.0.0.0:443',
    'transparent/tcp 0.0.0.0:80',
  ]
  const cases: readonly [why: string, got: () => string[], expected: string[]][] = [
    [
      'the proxy alone when nothing is transparent',
      () => plan([host('a', [443])], false),
      usual.slice(0, 1),
    ],
    ['the usual ones for no host', () => plan([]), usual],
    [
      'low ports on every address',
      () => plan([host('*.a', [443, 444])]),
      [...usual, 'transparent/tcp 0.0.0.0:444'],
    ],
    [
      'other ports on the address of the name',
      () => plan([host('abc', [8443])]),
      [...usual, 'transparent/tcp 127.64.0.3:8443'],
    ],
    ['no other ports for names that are not known', () => plan([host('*.a', [8443])]), usual],
  ]
  for (const [why, got, expected] of cases)
    it(`opens ${why}`, () => expect(got()).to.deep.equal(expected))
  it('opens no more than a driver does', () => {
    const many = Array.from({ length: 300 }, (_none, at) => host(`h${at}`, [2000 + at]))
    expect(plan(many)).to.have.length(64)
  })
})

describe('proxy token', () => {
  const token = makeToken()
  const basic = (text: string): string => `Basic ${Buffer.from(text).toString('base64')}`
  const cases: readonly [why: string, values: string[], granted: boolean][] = [
    ['the token', [basic(`caisson:${token}`)], true],
    ['another case of the scheme', [basic(`caisson:${token}`).replace('Basic', 'bAsIc')], true],
    ['nothing', [], false],
    ['an empty value', [''], false],
    ['two', [basic(`caisson:${token}`), basic(`caisson:${token}`)], false],
    ['another user', [basic(`root:${token}`)], false],
    ['a part of it', [basic(`caisson:${token.slice(1)}`)], false],
    ['more than it', [basic(`caisson:${token}x`)], false],
    ['another scheme', [`Bearer ${token}`], false],
    ['words behind it', [`${basic(`caisson:${token}`)} x`], false],
  ]
  for (const [why, values, granted] of cases) {
    it(`${granted ? 'takes' : 'refuses'} ${why}`, () => {
      const headers = values.map((value) => ['proxy-authorization', value] as const)
      expect(isTokenIn(headers, token)).to.equal(granted)
    })
  }
  it('is another every time', () => {
    expect(new Set(Array.from({ length: 100 }, makeToken)).size).to.equal(100)
    expect(Buffer.from(token, 'base64url')).to.have.length(32)
  })
})

describe('namedPlace', () => {
  const names = { nameOf: (address: string) => (address === '127.64.0.1' ? 'api.test' : null) }
  it('takes a name as it is, and the name of an address inside', () => {
    expect(namedPlace(canonicalHost('API.test'), 1, names)).to.deep.equal({
      host: 'api.test',
      port: 1,
    })
    expect(namedPlace(canonicalHost('127.64.0.1'), 2, names)).to.deep.equal({
      host: 'api.test',
      port: 2,
    })
  })
  for (const [host, code] of [
    ['127.64.0.2', 'address_literal'],
    ['::1', 'address_literal'],
    ['a..b', 'bad_name'],
    ['0x7f.1', 'bad_name'],
  ] as const) {
    it(`refuses ${host}`, () => {
      expect(namedPlace(canonicalHost(host), 1, names)).to.include({ code })
    })
  }
})

describe('open connections', () => {
  it('are bounded, and make room', () => {
    const open = new OpenConnections(2)
    const [a, b, c] = [0, 1, 2].map(() => ({ destroy: () => undefined }))
    if (a === undefined || b === undefined || c === undefined) expect.fail('three were made')
    expect([open.enter(a), open.enter(b), open.enter(c)]).to.deep.equal([true, true, false])
    open.leave(a)
    expect([open.enter(c), open.count]).to.deep.equal([true, 2])
  })

  it('are cut where a newer policy does not allow how they are carried', () => {
    const open = new OpenConnections(9)
    const cuts: string[] = []
    const request = { kind: 'connection', door: 'connect', host: 'api.test', port: 443 } as const
    for (const handling of ['tls', 'opaque'] as const)
      open.addTunnel({ request, handling, cut: () => cuts.push(handling) })
    const forget = open.addTunnel({
      request,
      handling: 'opaque',
      cut: () => cuts.push('forgotten'),
    })
    forget()
    const policy = compilePolicy({ allow: [{ host: 'api.test', tunnel: true }] }, 2)
    expect(open.recheck((tunnel) => stillAllows(policy, tunnel, policy))).to.equal(1)
    expect(cuts).to.deep.equal(['opaque'])
    expect(open.recheck((tunnel) => stillAllows(compilePolicy({}, 3), tunnel, policy))).to.equal(1)
    expect(cuts).to.deep.equal(['opaque', 'tls'])
  })
})
