import { expect } from 'chai'
import { incomingFields, readRequest, type Channel } from '../../dist/engine/read-request.js'
import type { IncomingHead } from '../../dist/http-message.js'

const proxy: Channel = { door: 'http', scheme: 'http', destination: null, judgesPaths: () => true }
const inside: Channel = {
  door: 'connect',
  scheme: 'https',
  destination: { host: 'api.test', port: 443 },
  judgesPaths: () => true,
}

function head(
  target: string,
  authority: string | null,
  more: Partial<IncomingHead> = {},
): IncomingHead {
  return {
    version: '1.1',
    method: 'GET',
    target,
    authority,
    scheme: null,
    headers: [],
    upgrade: null,
    expectsContinue: false,
    ...more,
  }
}

const accepted: readonly [why: string, channel: Channel, head: IncomingHead, to: string][] = [
  ['the absolute form', proxy, head('http://api.test/a?b=c', 'api.test'), 'api.test:80/a?b=c'],
  ['upper case', proxy, head('HTTP://API.test/a', 'api.TEST'), 'api.test:80/a'],
  ['a port', proxy, head('http://api.test:8080/', 'api.test:8080'), 'api.test:8080/'],
  ['the usual port on one side', proxy, head('http://api.test:80/', 'api.test'), 'api.test:80/'],
  ['no path', proxy, head('http://api.test', 'api.test'), 'api.test:80/'],
  ['a query without a path', proxy, head('http://api.test?q=1', 'api.test'), 'api.test:80/?q=1'],
  [
    'no Host in HTTP/1.0',
    proxy,
    head('http://api.test/', null, { version: '1.0' }),
    'api.test:80/',
  ],
  ['the origin form', inside, head('/a', 'api.test'), 'api.test:443/a'],
  ['a Host with the port', inside, head('/a', 'api.test:443'), 'api.test:443/a'],
  ['a Host with a dot', inside, head('/a', 'api.test.'), 'api.test:443/a'],
  ['HTTP/2', inside, head('/a', 'api.test', { version: '2', scheme: 'https' }), 'api.test:443/a'],
]

const refused: readonly [why: string, channel: Channel, head: IncomingHead, code: string][] = [
  ['the origin form at the door', proxy, head('/a', 'api.test'), 'bad_request'],
  ['https in the absolute form', proxy, head('https://api.test/', 'api.test'), 'bad_request'],
  ['ftp', proxy, head('ftp://api.test/', 'api.test'), 'bad_request'],
  ['a star', proxy, head('*', 'api.test'), 'bad_request'],
  ['another Host', proxy, head('http://api.test/', 'evil.test'), 'authority_mismatch'],
  ['another port in Host', proxy, head('http://api.test/', 'api.test:81'), 'authority_mismatch'],
  ['a user', proxy, head('http://api.test@evil.test/', 'evil.test'), 'bad_name'],
  ['a backslash', proxy, head('http://api.test\\@evil.test/', 'api.test'), 'bad_name'],
  ['no host', proxy, head('http:///a', 'api.test'), 'bad_name'],
  ['two slashes more', proxy, head('http:////api.test/', 'api.test'), 'bad_name'],
  ['no Host inside', inside, head('/a', null, { version: '1.0' }), 'bad_request'],
  ['another Host inside', inside, head('/a', 'evil.test'), 'authority_mismatch'],
  ['another port inside', inside, head('/a', 'api.test:80'), 'authority_mismatch'],
  ['a Host that is none', inside, head('/a', 'api..test'), 'bad_name'],
  ['an address', inside, head('/a', '127.0.0.1'), 'authority_mismatch'],
  [
    'another scheme',
    inside,
    head('/a', 'api.test', { version: '2', scheme: 'http' }),
    'bad_request',
  ],
  ['a path that climbs', inside, head('/a/../b', 'api.test'), 'bad_path'],
  ['the absolute form inside', inside, head('https://api.test/a', 'api.test'), 'bad_path'],
  [
    'a WebSocket without a key',
    inside,
    head('/a', 'api.test', { upgrade: 'websocket' }),
    'bad_request',
  ],
]

describe('readRequest', () => {
  for (const [why, channel, given, to] of accepted) {
    it(`reads ${why}`, () => {
      const read = readRequest(given, channel)
      if ('refusal' in read) expect.fail(read.refusal.reason)
      expect(`${read.request.host}:${read.request.port}${read.target}`).to.equal(to)
    })
  }
  for (const [why, channel, given, code] of refused) {
    it(`refuses ${why}`, () => {
      const read = readRequest(given, channel)
      expect('refusal' in read && read.refusal.code).to.equal(code)
    })
  }

  it('passes on no field that ends here', () => {
    const headers = [
      'accept',
      'Proxy-Authorization',
      'connection',
      'keep-alive',
      'expect',
      'upgrade',
      'x-own',
    ].map((name) => [name.toLowerCase(), 'v'] as const)
    const read = readRequest(head('/a', 'api.test', { headers }), inside)
    if ('refusal' in read) expect.fail(read.refusal.reason)
    expect(read.request.headers.map(([name]) => name)).to.deep.equal(['accept', 'x-own'])
  })

  it('passes on no field of an answer that leads around the proxy', () => {
    const names = [
      'alt-svc',
      'alt-used',
      'proxy-authenticate',
      'proxy-authentication-info',
      'set-cookie',
    ]
    expect(incomingFields(names.map((name) => [name, 'v'] as const))).to.deep.equal([
      ['set-cookie', 'v'],
    ])
  })
})
