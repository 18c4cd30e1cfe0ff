import { expect } from 'chai'
import type { Field } from '../../dist/http-message.js'
import { findCarriers } from '../../dist/identity/find-carriers.js'

interface Parts {
  readonly path?: string
  readonly query?: readonly (readonly [string, string])[]
  readonly headers?: readonly Field[]
}

/** `where name` of everything that is found. */
function found({ path = '/', query = [], headers = [] }: Parts): readonly string[] {
  return findCarriers({ path, query, headers }).map(({ where, name }) => `${where} ${name}`)
}

describe('findCarriers, on what harmless clients send', () => {
  const hash = '0123456789abcdef0123456789abcdef01234567'
  const benign: readonly (readonly [string, Parts])[] = [
    [
      'curl',
      {
        headers: [
          ['user-agent', 'curl/8.5.0'],
          ['accept', '*/*'],
        ],
      },
    ],
    [
      'git',
      {
        path: '/acme/app.git/info/refs',
        query: [['service', 'git-upload-pack']],
        headers: [
          ['user-agent', 'git/2.43.0'],
          ['git-protocol', 'version=2'],
          ['accept-encoding', 'deflate, gzip, br, zstd'],
          ['pragma', 'no-cache'],
        ],
      },
    ],
    [
      'npm',
      {
        path: '/@types%2Fnode',
        headers: [
          ['user-agent', 'npm/10.8.2 node/v20.20.2 linux x64 workspaces/false'],
          ['npm-auth-type', 'web'],
          ['npm-command', 'install'],
          ['npm-session', '0123456789abcdef'],
          ['pacote-version', '18.0.6'],
          ['pacote-req-type', 'packument'],
          ['pacote-pkg-id', 'registry:@types/node@^20'],
          ['accept', 'application/vnd.npm.install-v1+json; q=1.0, application/json; q=0.8, */*'],
        ],
      },
    ],
    [
      'pip',
      {
        path: '/simple/requests/',
        headers: [
          [
            'user-agent',
            'pip/24.0 {"ci":null,"cpu":"x86_64","distro":{"id":"bookworm","libc":{"lib":"glibc","version":"2.36"},"name":"Debian GNU/Linux","version":"12"},"implementation":{"name":"CPython","version":"3.11.2"},"installer":{"name":"pip","version":"24.0"},"openssl_version":"OpenSSL 3.0.15 3 Sep 2024","python":"3.11.2","rustc_version":"1.63.0","system":{"name":"Linux","release":"6.1.0"}}',
          ],
          ['accept', 'application/vnd.pypi.simple.v1+json, text/html; q=0.01'],
          ['cache-control', 'max-age=0'],
        ],
      },
    ],
    [
      'the fetch of Node',
      {
        headers: [
          ['accept', '*/*'],
          ['accept-language', '*'],
          ['sec-fetch-mode', 'cors'],
          ['user-agent', 'node'],
          ['accept-encoding', 'gzip, deflate'],
        ],
      },
    ],
    [
      'the Anthropic SDK without a key',
      {
        path: '/v1/messages',
        headers: [
          ['anthropic-version', '2023-06-01'],
          ['anthropic-beta', 'prompt-caching-2024-07-31'],
          ['x-stainless-lang', 'js'],
          ['x-stainless-runtime-version', 'v20.20.2'],
          ['x-stainless-retry-count', '0'],
          ['idempotency-key', 'stainless-node-retry-01234567-89ab-cdef-0123-456789abcdef'],
        ],
      },
    ],
    [
      'conditions and digests',
      {
        headers: [
          ['if-none-match', `W/"${hash}"`],
          ['if-none-match', '"sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="'],
          ['content-md5', '1B2M2Y8AsgTpgAmY7PhCfg=='],
          ['digest', 'SHA-256=X48E9qOokqqrvdts8nOJRJN3OWDUoyWxBf7kbu9DBPE='],
          ['etag', '"5f3-xoG1sSkAkKZ9"'],
          ['if-modified-since', 'Tue, 24 Nov 2026 02:00:00 GMT'],
        ],
      },
    ],
    [
      'tracing',
      {
        headers: [
          ['traceparent', '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01'],
          ['tracestate', 'congo=t61rcWkgMzE,rojo=00f067aa0ba902b7'],
          ['x-request-id', '01234567-89ab-cdef-0123-456789abcdef'],
          ['x-amzn-trace-id', 'Root=1-67891233-abcdef012345678912345678'],
          ['x-cloud-trace-context', '105445aa7843bc8bf206b12000100000/1;o=1'],
          ['baggage', 'userId=alice,serverNode=DF%2028'],
          ['sentry-trace', '4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-1'],
        ],
      },
    ],
    [
      'languages and browsers',
      {
        headers: [
          ['accept-language', 'sk-SK,sk;q=0.9,en-US;q=0.8'],
          ['sec-ch-ua', '"Chromium";v="131", "Not_A Brand";v="24"'],
          ['referer', 'https://x.test/a/b?c=d'],
          ['origin', 'https://x.test'],
          ['x-csrf-token', 'x'],
        ],
      },
    ],
    [
      'a socket',
      {
        headers: [
          ['sec-websocket-protocol', 'graphql-transport-ws, realtime'],
          ['sec-websocket-key', 'dGhlIHNhbXBsZSBub25jZQ=='],
          ['sec-websocket-version', '13'],
        ],
      },
    ],
    [
      'pages and searches',
      {
        path: `/repos/acme/app/commits/${hash}`,
        query: [
          ['page_token', 'CAUQAA'],
          ['next_token', 'abc'],
          ['key', 'name'],
          ['code', '404'],
          ['q', 'how do i rotate an api key or access token'],
          ['ref', hash],
          ['id', '01234567-89ab-cdef-0123-456789abcdef'],
        ],
      },
    ],
    ['words like prefixes', { path: '/sk-learn/hf_hub/npm_config/eyJ/ghp_/AKIA/bots/services/x' }],
    [
      'empty fields',
      {
        headers: [
          ['authorization', ''],
          ['cookie', ''],
          ['x-api-key', ''],
        ],
      },
    ],
  ]
  for (const [who, parts] of benign) {
    it(`finds nothing in what is harmless: ${who}`, () => {
      expect(found(parts)).to.deep.equal([])
    })
  }
})
