import { type AllowRule, type DenyRule, type NetworkPolicy, SandboxError } from '@caisson/core'
import { expect } from 'chai'
import * as fc from 'fast-check'
import { decide } from '../../dist/decide/decide.js'
import { compilePolicy } from '../../dist/decide/policy.js'
import { allowRule, denyRule } from './arbitrary.ts'
import { connect, get, verdict } from './requests.ts'

/** Code, clause and what is said of it; empty when the policy is taken. */
function fault(network: NetworkPolicy): string {
  try {
    compilePolicy(network, 1)
    return ''
  } catch (error) {
    if (!(error instanceof SandboxError)) throw error
    expect(error.hint, 'a remedy').to.be.a('string').and.not.to.equal('')
    return `${error.code} ${error.message}`
  }
}

const a = (parts: Omit<AllowRule, 'host'>): NetworkPolicy => ({
  allow: ['x.test', { host: 'a.test', ...parts }],
})
const path = (text: string): NetworkPolicy => a({ paths: ['/ok', text] })

describe('compilePolicy', () => {
  const refused: readonly (readonly [string, NetworkPolicy, RegExp])[] = [
    [
      'a credential that nobody has',
      a({ identity: 'key' }),
      /^POLICY_INVALID network\.allow\[1\]\.identity: "key" is no credential .*there is none/,
    ],
    [
      'a profile that nobody knows',
      a({ profile: 'x' }),
      /profile: "x" is no profile; known: anthropic/,
    ],
    ['a tenant in a tunnel', a({ tunnel: true, tenant: { 'x-t': 'a' } }), /tenant: nothing inside/],
    [
      'a tenant that frames',
      a({ tenant: { 'transfer-encoding': 'a' } }),
      /tenant\["transfer-encoding"\]/,
    ],
    ['a tenant that ends here', a({ tenant: { connection: 'x' } }), /is about the connection/],
    ['a tenant that is a key', a({ tenant: { 'x-api-key': 'a' } }), /carries a credential/],
    ['a tenant with a line feed', a({ tenant: { 'x-t': 'a\nb: c' } }), /printable ASCII/],
    ['a tenant twice', a({ tenant: { 'x-t': 'a', 'X-T': 'b' } }), /stands there twice/],
    [
      'CONNECT',
      a({ methods: ['GET', 'CONNECT'] }),
      /methods\[1\]: CONNECT is never forwarded.*tunnel/,
    ],
    ['TRACE', a({ methods: ['TRACE'] }), /methods\[0\]: TRACE is never forwarded/],
    ['SSH', a({ ports: [443, 22] }), /ports\[1\]: port 22 is never carried.*HTTPS/],
    ['mail', a({ ports: [25], protocol: 'tcp' }), /ports\[0\]: port 25 /],
    ['DNS', a({ ports: [53], protocol: 'tcp' }), /port 53 /],
    [
      'DNS over TLS',
      { ask: [{ host: 'a.test', ports: [853], tunnel: true }] },
      /^POLICY_INVALID network\.ask\[0\]\.ports\[0\]: port 853 /,
    ],
    [
      'a tunnel of plain HTTP',
      a({ protocol: 'http-plain', tunnel: true }),
      /tunnel: plain HTTP is read/,
    ],
    [
      'methods in a tunnel',
      a({ tunnel: true, methods: ['GET'] }),
      /methods: nothing inside a tunnel/,
    ],
    ['paths in any bytes', a({ protocol: 'tcp', paths: ['/'] }), /paths: nothing inside a tunnel/],
    [
      'WebSocket without GET',
      a({ websocket: true, methods: ['POST'] }),
      /websocket: .*begins with GET/,
    ],
    [
      'a header twice',
      a({ headers: { 'x-a': '*', 'X-A': '1' } }),
      /headers: a name stands there twice/,
    ],
    ['`**` before the end', path('/a/**/b'), /allow\[1\]\.paths\[1\]: may hold `\*`/],
    ['a star in a segment', path('/a/b*'), /may hold `\*`/],
    ['a `.` segment', path('/a/./b'), /`\.` or `\.\.`/],
    ['a `..` segment at the end', path('/a/..'), /`\.` or `\.\.`/],
    ['an empty segment', path('/a//b'), /empty segments/],
    ['an empty segment before `**`', path('/a//**'), /empty segments/],
    ['an escaped letter', path('/%61'), /may not escape letters/],
    ['an escaped dot', path('/a/%2E%2E'), /may not escape letters/],
    ['an escape in lower case', path('/a%3f'), /written as it is sent/],
    ['a broken escape', path('/a%3'), /written as it is sent/],
    [
      'nine escaped slashes in a segment',
      path(`/a${'%2Fb'.repeat(9)}`),
      /8 escaped slashes in a segment/,
    ],
    ['an escaped slash with nothing behind', path('/a%2F'), /something on both sides/],
    ['an escaped slash with nothing before', path('/%2Fa'), /something on both sides/],
    ['a star beside text beside an escaped slash', path('/a*%2Fb'), /may hold `\*`/],
    ['dots beside an escaped slash', path('/a%2F..'), /`\.` or `\.\.`/],
    ['`**` beside an escaped slash', path('/a%2F**'), /may hold `\*`/],
    ['an escaped backslash', path('/a%5Cb'), /may not escape `\\`/],
    ['an escaped NUL', path('/a%00'), /may not escape `\\`/],
    ['an escaped escape', path('/a%2561'), /may not escape `\\`/],
    ['a path parameter', path('/a;b'), /may not hold `;`/],
    ['a character that is not ASCII', path('/ü'), /written as it is sent/],
    ['a quotation mark', path('/"'), /written as it is sent/],
    ['no slash in front', path('a'), /must begin with/],
    [
      'such a path in deny',
      { deny: [{ host: 'a.test', paths: ['/a/../b'] }] },
      /network\.deny\[0\]\.paths\[0\]/,
    ],
    [
      'a host that is read and tunnelled',
      { allow: ['a.test', { host: 'a.test', tunnel: true }] },
      /network\.allow\[1\]: one of this rule and network\.allow\[0\] tunnels a\.test:443/,
    ],
    [
      'a wildcard that is read and any bytes',
      { allow: ['*.a.test', { host: '*.a.test', protocol: 'tcp' }] },
      /tunnels \*\.a\.test:443/,
    ],
    [
      'plain HTTP beside any bytes',
      {
        allow: [
          { host: 'a.test', protocol: 'http-plain' },
          { host: 'a.test', protocol: 'tcp', ports: [80] },
        ],
      },
      /tunnels a\.test:80/,
    ],
    [
      'a tunnel to be asked for beside reading',
      { allow: ['a.test'], ask: [{ host: 'a.test', tunnel: true }] },
      /network\.ask\[0\]: one of this rule and network\.allow\[0\]/,
    ],
  ]
  for (const [what, network, wanted] of refused) {
    it(`refuses ${what}`, () => {
      expect(fault(network)).to.match(wanted)
    })
  }

  const taken: readonly (readonly [string, NetworkPolicy])[] = [
    ['nothing', {}],
    [
      'reading and a tunnel on different ports',
      { allow: ['a.test', { host: 'a.test', tunnel: true, ports: [8443] }] },
    ],
    [
      'a tunnel at one name of a wildcard that is read',
      { allow: ['*.a.test', { host: 'b.a.test', tunnel: true }] },
    ],
    [
      'TLS and plain HTTP on one port',
      {
        allow: [
          { host: 'a.test', ports: [8080] },
          { host: 'a.test', ports: [8080], protocol: 'http-plain' },
        ],
      },
    ],
    [
      'a denial of ports and methods that are refused anyway',
      { deny: [{ host: 'a.test', ports: [22], methods: ['TRACE'] }] },
    ],
    ['`anonymous`, written out', a({ identity: 'anonymous' })],
    ['the guest’s own identity', a({ identity: 'guest' })],
    ['a body', a({ body: { json: { keys: ['a'] } } })],
    ['a tenant', a({ tenant: { 'x-t': 'a, b' } })],
    [
      'escaped slashes',
      a({ paths: ['/*%2F*', '/@acme%2F*', '/a%2Fb/**', '/*/*%2F*/x', '/a%2Fb%2F*/**'] }),
    ],
    [
      'every kind of template',
      a({ paths: ['/', '/**', '/a/', '/a/*/b', '/*', '/a/**', '/a%C3%BC/~b', '/@x/!$&'] }),
    ],
  ]
  for (const [what, network] of taken) {
    it(`takes ${what}`, () => {
      expect(fault(network)).to.equal('')
    })
  }

  describe('where requests are denied that a tunnel hides', () => {
    const meets: readonly (readonly [string, string, boolean])[] = [
      ['a.test', 'a.test', true],
      ['b.a.test', '*.a.test', true],
      ['*.a.test', 'b.a.test', true],
      ['*.a.test', '*.b.a.test', true],
      ['*.c.b.a.test', '*.a.test', true],
      ['*.a.test', '*.a.test', true],
      ['a.test', '*.a.test', false],
      ['*.a.test', 'a.test', false],
      ['a.test', 'b.test', false],
      ['ba.test', '*.a.test', false],
      ['b.a.test', '*.b.a.test', false],
    ]
    for (const [tunnel, host, isRefused] of meets) {
      it(`${isRefused ? 'refuses' : 'takes'} a tunnel to ${tunnel} and a denial for ${host}`, () => {
        const allow = [{ host: tunnel, tunnel: true }]
        const said = fault({ allow, deny: [{ host, paths: ['/x'] }] })
        if (isRefused)
          expect(said).to.match(/network\.deny\[0\]: refuses requests that nobody sees/)
        else expect(said).to.equal('')
        expect(fault({ allow, deny: [host] }), 'a whole host can be denied').to.equal('')
        const elsewhere: DenyRule = { host, ports: [8443], methods: ['POST'] }
        expect(fault({ allow, deny: [elsewhere] }), 'another port').to.equal('')
      })
    }

    it('refuses exactly when some name, port and request meets both', () => {
      fc.assert(
        fc.property(allowRule, denyRule, (allow, deny) => {
          const isTunnel =
            typeof allow !== 'string' && (allow.tunnel === true || allow.protocol === 'tcp')
          const isPart = typeof deny !== 'string' && (deny.methods ?? deny.paths) !== undefined
          fc.pre(isTunnel && isPart)
          if (typeof allow === 'string' || typeof deny === 'string') return
          const hosts = [allow.host, deny.host].map((host) => host.replace('*', 'z.z'))
          const both = { allow: [allow], deny: [{ host: deny.host, ports: deny.ports }] }
          const isMet = hosts.some((host) =>
            (allow.ports ?? [443]).some((port) => {
              const alone = verdict({ allow: [allow] }, connect(host, port))
              return alone === 'allow' && verdict(both, connect(host, port)) === 'denied_by_rule'
            }),
          )
          expect(fault({ allow: [allow], deny: [deny] }) !== '').to.equal(isMet)
        }),
        { numRuns: 500, seed: 20_261_123 },
      )
    })
  })

  it('does not change with what it was made from', () => {
    const allow: AllowRule[] = [{ host: 'a.test', ports: [443] }]
    const policy = compilePolicy({ allow }, 7)
    allow.push({ host: 'b.test' })
    expect(decide(policy, connect('b.test')).verdict).to.equal('deny')
    expect(policy.version).to.equal(7)
    expect(Object.isFrozen(policy)).to.equal(true)
  })

  describe('with as many rules as a policy can hold', () => {
    const count = 20_000
    const each = <T>(make: (index: number) => T): readonly T[] =>
      Array.from({ length: count }, (_none, index) => make(index))

    // A step for each pair of rules would be 400 million, and run into the time that a test has.
    it('takes hosts, wildcards, tunnels and denials of one base', () => {
      const policy = compilePolicy(
        {
          allow: each((index) => ({
            host: `*.h${index}.a.test`,
            tunnel: true,
            ports: [443, 8443],
          })),
          ask: each((index) => `g${index}.a.test`),
          deny: each((index) => ({ host: `x.g${index}.a.test`, methods: ['POST'] })),
        },
        1,
      )
      expect(decide(policy, connect('x.h19999.a.test')).rule).to.equal('network.allow[19999]')
      expect(decide(policy, connect('g19999.a.test')).rule).to.equal('network.ask[19999]')
    })

    it('takes paths of one host', () => {
      const allow = each((index) => ({
        host: 'api.test',
        paths: [`/a/${index}/*`, `/*/b${index}/**`],
      }))
      const policy = compilePolicy({ allow }, 1)
      expect(decide(policy, get({ path: '/a/19999/x' })).rule).to.equal('network.allow[19999]')
      expect(decide(policy, get({ path: '/q/b7/x/y' })).template).to.equal('/*/b7/**')
      expect(decide(policy, get({ path: '/a/20000/x' })).code).to.equal('path_not_allowed')
    })

    it('takes the same host over and over', () => {
      const policy = compilePolicy({ allow: each(() => 'a.test'), deny: each(() => 'b.test') }, 1)
      expect(decide(policy, connect('a.test')).rule).to.equal('network.allow[0]')
      expect(decide(policy, connect('b.test')).rule).to.equal('network.deny[0]')
    })
  })
})
