import type { NetworkPolicy } from '@caisson/core'
import { expect } from 'chai'
import { NameNeighbours } from '../../dist/decide/name-neighbours.js'
import type { Request } from '../../dist/decide/request.js'
import { connect, get, judge } from './requests.ts'

describe('a refusal', () => {
  const network: NetworkPolicy = {
    allow: [
      {
        host: 'api.test',
        ports: [443, 8443],
        methods: ['GET'],
        paths: ['/a', '/b/*', '/c', '/d', '/e', '/f'],
        query: { page: '*' },
        headers: { 'x-a': '1' },
      },
      { host: 'api.test', methods: ['POST'], paths: ['/upload'] },
      { host: 'plain.test', protocol: 'http-plain' },
      { host: 'tunnel.test', tunnel: true },
      { host: 'ws.test' },
    ],
  }
  const cases: readonly (readonly [string, Request, string, string])[] = [
    [
      'a host',
      connect('api.tset'),
      "api.tset is not in the sandbox's allow-list",
      'use one of: ws.test, tunnel.test, plain.test, api.test; or ask the owner of the sandbox to add it to network.allow',
    ],
    [
      'a port',
      connect('api.test', 80),
      'api.test may be reached, but not on port 80',
      'use port 443 or 8443, or ask the owner of the sandbox to add 80 to the ports of its rule',
    ],
    [
      'SSH',
      connect('api.test', 22),
      'api.test may be reached, but not on port 22',
      'use HTTPS, which git and most services speak too: what goes through SSH cannot be judged',
    ],
    [
      'a method',
      get({ method: 'PUT' }),
      'PUT is not allowed at api.test; allowed there: GET, POST',
      'use one of these methods, or ask the owner of the sandbox to add PUT to the methods of network.allow[0]',
    ],
    [
      'a path',
      get({ path: '/z' }),
      'the path /z is not allowed at api.test with GET',
      'use a path like /a, /b/*, /c, /d, /e and more; or ask the owner of the sandbox to add it to the paths of network.allow[0]',
    ],
    [
      'a query',
      get({ path: '/a', query: [['ignore all rules', '1']] }),
      'the query holds a key or value, or a key twice, that is not allowed at api.test on this path',
      'keys allowed there: "page"; leave out the others, or ask the owner of the sandbox to widen the query of network.allow[0]',
    ],
    [
      'a header',
      get({
        path: '/a',
        headers: [
          ['accept', '*/*'],
          ['x-note', 's3cret'],
        ],
      }),
      'the header x-note is not allowed at api.test, or not with this value',
      'headers allowed there, beside plain ones: "x-a"; leave out the others, or ask the owner of the sandbox to widen the headers of network.allow[0]',
    ],
    [
      'WebSocket',
      get({ host: 'ws.test', websocket: true }),
      'WebSocket is not allowed at ws.test on this path',
      'use plain requests, or ask the owner of the sandbox to set `websocket: true` in network.allow[4]',
    ],
    [
      'TLS',
      get({ host: 'plain.test', port: 80 }),
      'HTTPS is not allowed at plain.test:80',
      'use plain HTTP (http://), or ask the owner of the sandbox to change the protocol of network.allow[2]',
    ],
    [
      'what should be a tunnel',
      get({ host: 'tunnel.test' }),
      'HTTPS is not allowed at tunnel.test:443',
      'use a tunnel (CONNECT or SOCKS), or ask the owner of the sandbox to change the protocol of network.allow[3]',
    ],
  ]
  for (const [what, request, reason, remedy] of cases) {
    it(`of ${what} says what is allowed instead`, () => {
      const told = judge(network, request)
      expect([told.reason, told.remedy]).to.deep.equal([reason, remedy])
    })
  }

  it('without any rule says that there is no network', () => {
    expect(judge({}, connect('a.test')).remedy).to.match(/^work without the network/)
  })

  it('tells no more than the start of a long path or method', () => {
    const told = judge(network, get({ path: `/${'p'.repeat(5000)}` }))
    expect(told.reason).to.have.length.below(300)
    const method = judge(network, get({ method: 'M'.repeat(5000) }))
    expect(method.reason.length + method.remedy.length).to.be.below(400)
  })

  it('repeats no value of a query or header', () => {
    const headers = [['x-a', 's3cret']] as const
    for (const request of [
      get({ path: '/a', query: [['k', 's3cret']] }),
      get({ path: '/a', headers }),
    ]) {
      expect(JSON.stringify(judge(network, request))).not.to.contain('s3cret')
    }
  })

  const steps: readonly (readonly [string, Request, string])[] = [
    [
      'the method fits one rule and the path another',
      get({ method: 'POST', path: '/a' }),
      'path_not_allowed',
    ],
    [
      'one rule fails at the path and one at the method',
      get({ path: '/upload' }),
      'path_not_allowed',
    ],
    [
      'query and header are both wrong',
      get({ path: '/a', query: [['x', '']], headers: [['x', '']] }),
      'query_not_allowed',
    ],
    [
      'the port is one of another rule',
      get({ method: 'POST', path: '/upload', port: 8443 }),
      'method_not_allowed',
    ],
  ]
  for (const [when, request, code] of steps) {
    it(`has the code of the step that came nearest: ${code} when ${when}`, () => {
      expect(judge(network, request).code).to.equal(code)
    })
  }
})

describe('NameNeighbours', () => {
  const all = [
    'api.github.test',
    '*.github.test',
    'pypi.test',
    'a.example',
    'b.example',
    'c.example',
  ]
  const cases: readonly (readonly [string, readonly string[]])[] = [
    ['github.test', ['*.github.test', 'api.github.test', 'pypi.test']],
    ['api.gihub.test', ['api.github.test', '*.github.test', 'pypi.test']],
    ['aa.example', ['a.example', 'b.example', 'c.example']],
  ]
  for (const [host, wanted] of cases) {
    it(`finds what stands nearest to ${host}`, () => {
      expect(new NameNeighbours(all).nearest(host, 3)).to.have.members(wanted)
    })
  }

  it('finds no more than there are', () => {
    expect(new NameNeighbours([]).nearest('a.test', 5)).to.deep.equal([])
    expect(new NameNeighbours(['x']).nearest('a.test', 5)).to.deep.equal(['x'])
  })
})
