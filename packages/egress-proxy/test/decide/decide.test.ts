import type { AllowRule, NetworkPolicy } from '@caisson/core'
import { expect } from 'chai'
import type { Request } from '../../dist/decide/request.js'
import { connect, get, judge, look, table, verdict } from './requests.ts'

const rule = (parts: Omit<AllowRule, 'host'>): NetworkPolicy => ({
  allow: [{ host: 'api.test', ...parts }],
})

describe('decide', () => {
  describe('on names and ports', () => {
    const network: NetworkPolicy = {
      allow: ['api.good.test', '*.wild.test', 'xn--e1aybc.good.test', 'a_b.test'],
      ask: ['maybe.test'],
    }
    table(network, [
      ['a name that a rule holds', look('api.good.test'), 'allow'],
      ['a connection to it', connect('api.good.test'), 'allow'],
      ['a request to it', get({ host: 'api.good.test' }), 'allow'],
      ['a name below a wildcard', look('a.wild.test'), 'allow'],
      ['a name two labels below a wildcard', connect('a.b.wild.test'), 'allow'],
      ['the wildcard’s own base', connect('wild.test'), 'host_not_allowed'],
      ['a name that only ends like the base', connect('evilwild.test'), 'host_not_allowed'],
      ['a name above a rule', look('good.test'), 'host_not_allowed'],
      ['a name below an exact rule', look('x.api.good.test'), 'host_not_allowed'],
      ['a name that continues a rule', look('api.good.test.evil.test'), 'host_not_allowed'],
      ['an A-label that the policy stored', connect('xn--e1aybc.good.test'), 'allow'],
      ['a name with `_`', connect('a_b.test'), 'allow'],
      ['an address, which no rule can hold', connect('192.0.2.1'), 'host_not_allowed'],
      ['an IPv6 address', connect('2001:db8::1'), 'host_not_allowed'],
      ['an empty name, which no door lets through', look(''), 'host_not_allowed'],
      ['a name that begins with a dot', look('.wild.test'), 'host_not_allowed'],
      ['a name of objects', look('constructor'), 'host_not_allowed'],
      ['SSH at an allowed name', connect('api.good.test', 22), 'port_not_allowed'],
      ['mail at an allowed name', connect('api.good.test', 25), 'port_not_allowed'],
      ['another port of an allowed name', connect('api.good.test', 8443), 'port_not_allowed'],
      ['plain HTTP at an allowed name', get({ host: 'a.wild.test', port: 80 }), 'port_not_allowed'],
      ['a name that can be granted', look('maybe.test'), 'ask'],
      ['a connection that can be granted', connect('maybe.test'), 'ask'],
      ['a request that can be granted', get({ host: 'maybe.test' }), 'ask'],
      ['what no grant can open', get({ host: 'maybe.test', method: 'POST' }), 'method_not_allowed'],
    ])

    it('allows nothing when nothing is said', () => {
      for (const request of [look('a.test'), connect('a.test'), get()]) {
        expect(verdict({}, request)).to.equal('host_not_allowed')
        expect(verdict({ allow: [] }, request)).to.equal('host_not_allowed')
      }
    })
  })

  describe('on methods', () => {
    table(rule({}), [
      ['reading is what a rule means that says no more', get({ method: 'HEAD' }), 'allow'],
      ['reading too', get({ method: 'OPTIONS' }), 'allow'],
      ['writing has to be named', get({ method: 'POST' }), 'method_not_allowed'],
      ['an unknown method', get({ method: 'PROPFIND' }), 'method_not_allowed'],
      ['another case', get({ method: 'get' }), 'method_not_allowed'],
      ['TRACE', get({ method: 'TRACE' }), 'method_not_allowed'],
      ['CONNECT', get({ method: 'CONNECT' }), 'method_not_allowed'],
      ['a method of 64 characters', get({ method: 'G'.repeat(64) }), 'method_not_allowed'],
    ])
    table(rule({ methods: ['POST'] }), [
      ['the method that is named', get({ method: 'POST' }), 'allow'],
      ['reading, when other methods are named', get(), 'method_not_allowed'],
    ])
  })

  describe('on paths', () => {
    const at = (path: string): Request => get({ path })
    table(rule({ paths: ['/v1/messages'] }), [
      ['the path itself', at('/v1/messages'), 'allow'],
      ['a slash more', at('/v1/messages/'), 'path_not_allowed'],
      ['a path below', at('/v1/messages/x'), 'path_not_allowed'],
      ['a path that goes on', at('/v1/messages2'), 'path_not_allowed'],
      ['a path above', at('/v1'), 'path_not_allowed'],
      ['the root', at('/'), 'path_not_allowed'],
      ['another case', at('/V1/MESSAGES'), 'path_not_allowed'],
      ['empty segments', at('//v1//messages'), 'path_not_allowed'],
      ['a path parameter', at('/v1/messages;/files'), 'path_not_allowed'],
      ['an escaped slash', at('/v1%2Fmessages'), 'path_not_allowed'],
      ['an escaped escape', at('/v1/messages%252e'), 'path_not_allowed'],
      ['dot segments, which no door lets through', at('/v1/messages/../files'), 'path_not_allowed'],
      ['no slash in front', at('v1/messages'), 'path_not_allowed'],
      ['the server itself (OPTIONS *)', at('*'), 'path_not_allowed'],
    ])
    table(rule({ paths: ['/a/*/c', '/b/**', '/d/*'] }), [
      ['one segment for `*`', at('/a/b/c'), 'allow'],
      ['two for `*`', at('/a/b/b/c'), 'path_not_allowed'],
      ['none for `*`', at('/a/c'), 'path_not_allowed'],
      ['an empty one for `*`', at('/a//c'), 'path_not_allowed'],
      ['an empty one for `*` at the end', at('/d/'), 'path_not_allowed'],
      ['nothing for `**`', at('/b'), 'allow'],
      ['an empty segment for `**`', at('/b/'), 'allow'],
      ['much for `**`', at('/b/c/d/e'), 'allow'],
      ['not a whole segment before `**`', at('/bc'), 'path_not_allowed'],
    ])
    table(rule({ paths: ['/*/x/1', '/a/*/2', '/a/x/3'] }), [
      ['by the first of three that overlap', at('/a/x/1'), 'allow'],
      ['by the second', at('/a/x/2'), 'allow'],
      ['by the third', at('/a/x/3'), 'allow'],
      ['by none', at('/a/x/4'), 'path_not_allowed'],
    ])
  })

  describe('on queries and headers', () => {
    const asks = (...query: (readonly [string, string])[]): Request => get({ query })
    table(rule({ query: { page: '*', kind: ['a', 'b'], star: ['*'] } }), [
      ['no query', asks(), 'allow'],
      ['any value', asks(['page', '7']), 'allow'],
      ['any value, twice', asks(['page', '7'], ['page', '8']), 'query_not_allowed'],
      ['a listed value', asks(['kind', 'b']), 'allow'],
      ['listed values, twice', asks(['kind', 'a'], ['kind', 'b']), 'allow'],
      ['one that is not listed', asks(['kind', 'a'], ['kind', 'c']), 'query_not_allowed'],
      ['a star in a list, which is only a star', asks(['star', 'x']), 'query_not_allowed'],
      ['another key', asks(['page', '1'], ['upload', '']), 'query_not_allowed'],
      ['another case', asks(['Page', '1']), 'query_not_allowed'],
      ['a name of objects', asks(['__proto__', '1']), 'query_not_allowed'],
    ])
    table(rule({ query: {} }), [
      ['no query where none is allowed', asks(), 'allow'],
      ['a query where none is allowed', asks(['a', '']), 'query_not_allowed'],
    ])
    const says = (...headers: (readonly [string, string])[]): Request => get({ headers })
    table(rule({ headers: { 'X-Version': '1', 'content-type': ['application/json'] } }), [
      ['plain headers', says(['accept', '*/*'], ['accept', 'x'], ['user-agent', 'y']), 'allow'],
      ['the named one', says(['x-version', '1']), 'allow'],
      ['the named one with another value', says(['x-version', '2']), 'header_not_allowed'],
      ['a plain one that is narrowed', says(['content-type', 'text/xml']), 'header_not_allowed'],
      ['a credential', says(['authorization', 'x']), 'foreign_credential'],
      ['a cookie', says(['cookie', 'a=b']), 'foreign_credential'],
      ['a key', says(['x-api-key', 'x']), 'foreign_credential'],
      [
        'a sub-protocol, where tokens ride',
        says(['sec-websocket-protocol', 'x']),
        'header_not_allowed',
      ],
    ])
    table(rule({}), [
      [
        'any header and query where a rule says nothing of them',
        get({ query: [['a', 'b']], headers: [['x-a', 'b']] }),
        'allow',
      ],
    ])
  })

  describe('on protocols', () => {
    const network: NetworkPolicy = {
      allow: [
        { host: 'plain.test', protocol: 'http-plain' },
        { host: 'tunnel.test', tunnel: true },
        { host: 'db.test', protocol: 'tcp', ports: [5432] },
        { host: 'ws.test', websocket: true, paths: ['/live'] },
        { host: 'both.test', protocol: 'http-plain', ports: [8080] },
        { host: 'both.test', ports: [8080] },
        { host: '*.mixed.test', ports: [443] },
        { host: 'a.mixed.test', tunnel: true },
        { host: 'a.mixed.test', protocol: 'tcp', ports: [5432] },
      ],
    }
    const plain = { scheme: 'http', port: 80 } as const
    table(network, [
      ['plain HTTP where it is allowed', get({ host: 'plain.test', ...plain }), 'allow'],
      [
        'TLS where plain HTTP is allowed',
        get({ host: 'plain.test', port: 80 }),
        'protocol_not_allowed',
      ],
      ['HTTPS where nothing is said of it', get({ host: 'plain.test' }), 'port_not_allowed'],
      [
        'plain HTTP where HTTPS is allowed',
        get({ host: 'ws.test', scheme: 'http' }),
        'protocol_not_allowed',
      ],
      [
        'a request that is seen where a tunnel is allowed',
        get({ host: 'tunnel.test' }),
        'protocol_not_allowed',
      ],
      [
        'a request that is seen where any bytes are allowed',
        get({ host: 'db.test', scheme: 'http', port: 5432 }),
        'protocol_not_allowed',
      ],
      ['HTTPS on a port for both', get({ host: 'both.test', port: 8080 }), 'allow'],
      [
        'plain HTTP on a port for both',
        get({ host: 'both.test', port: 8080, scheme: 'http' }),
        'allow',
      ],
      [
        'WebSocket where a rule says so',
        get({ host: 'ws.test', path: '/live', websocket: true }),
        'allow',
      ],
      ['a plain GET there', get({ host: 'ws.test', path: '/live' }), 'allow'],
      ['WebSocket on another path', get({ host: 'ws.test', websocket: true }), 'path_not_allowed'],
      [
        'WebSocket where no rule says so',
        get({ host: 'both.test', port: 8080, websocket: true }),
        'websocket_not_allowed',
      ],
      [
        'WebSocket with a key in the query',
        get({ host: 'both.test', port: 8080, websocket: true, query: [['k', '1']] }),
        'websocket_not_allowed',
      ],
    ])

    const handlings: readonly (readonly [string, number, readonly string[]])[] = [
      ['plain.test', 80, ['http']],
      ['tunnel.test', 443, ['tls']],
      ['db.test', 5432, ['opaque']],
      ['ws.test', 443, ['intercept']],
      ['both.test', 8080, ['intercept', 'http']],
      ['b.mixed.test', 443, ['intercept']],
      ['a.mixed.test', 443, ['intercept', 'tls']],
      ['a.mixed.test', 5432, ['opaque']],
    ]
    for (const [host, port, wanted] of handlings) {
      it(`opens ${host}:${port} for ${wanted.join(' and ')}`, () => {
        const { verdict: given, needs } = judge(network, connect(host, port))
        expect(given).to.equal('allow')
        expect(needs.handling).to.deep.equal(wanted)
      })
    }
  })
})
