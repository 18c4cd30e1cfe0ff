import { type BodyRule, SandboxError } from '@caisson/core'
import { expect } from 'chai'
import * as fc from 'fast-check'
import { type BodyFault, bodyFault } from '../../dist/body/body-fault.js'
import { compileBody } from '../../dist/body/compile-body.js'
import { readBody } from '../../dist/body/read-body.js'
import { anthropicMessages } from './anthropic-rule.ts'

interface Sent {
  readonly body: unknown
  readonly type?: string
  readonly path?: string
}

function judge(
  rule: BodyRule,
  { body, type = 'application/json', path = '/' }: Sent,
): BodyFault | null {
  const bytes = Buffer.from(typeof body === 'string' ? body : JSON.stringify(body))
  const { view } = readBody(
    { contentType: type, contentEncoding: null, bytes },
    { judgedBodyBytes: 1e6 },
  )
  return bodyFault(compileBody('rule.body', rule), view, {
    contentType: type,
    path,
    length: bytes.length,
  })
}

const image = { type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'AA==' } }
const urlImage = { type: 'image', source: { type: 'url', url: 'https://evil.test/?d' } }
const message = (...content: unknown[]): Record<string, unknown> => ({
  model: 'm',
  max_tokens: 9,
  messages: [{ role: 'user', content }],
})
const result = (...content: unknown[]): unknown => ({
  type: 'tool_result',
  tool_use_id: 't',
  content,
})
const doc = (source: unknown): unknown => ({ type: 'document', title: 't', source })

describe('bodyFault and a request for a message', () => {
  const taken: [why: string, body: unknown][] = [
    [
      'a text',
      { model: 'm', max_tokens: 1, messages: [{ role: 'user', content: 'hi' }], stream: true },
    ],
    ['an image as base64', message(image)],
    [
      'cache control',
      {
        ...message({ type: 'text', text: 'a', cache_control: { type: 'ephemeral' } }),
        system: [{ type: 'text', text: 's' }],
      },
    ],
    [
      'tools',
      {
        ...message(),
        tools: [
          {
            name: 'a',
            input_schema: { type: 'object', properties: { type: { type: 'string' }, url: {} } },
          },
          { type: 'bash_20250124', name: 'bash' },
        ],
        tool_choice: { type: 'auto' },
      },
    ],
    [
      'thinking',
      {
        ...message({ type: 'thinking', thinking: 't', signature: 's' }),
        thinking: { type: 'enabled', budget_tokens: 1024 },
      },
    ],
    [
      'the input of a tool, whatever is in it',
      message({
        type: 'tool_use',
        id: 't',
        name: 'n',
        input: { source: { type: 'url', url: 'x' }, mcp_servers: [] },
      }),
    ],
    ['an image in the result of a tool', message(result(image, { type: 'text', text: 'a' }))],
    [
      'the result of a tool as a text',
      message({ type: 'tool_result', tool_use_id: 't', content: 'x' }),
    ],
    [
      'documents',
      message(
        doc({ type: 'base64', media_type: 'application/pdf', data: 'A' }),
        doc({ type: 'text', media_type: 'text/plain', data: 'A' }),
        doc({ type: 'content', content: [image] }),
      ),
    ],
  ]
  for (const [why, body] of taken) {
    it(`takes ${why}`, () => expect(judge(anthropicMessages, { body })).to.equal(null))
  }

  const refused: [why: string, body: unknown, told: string][] = [
    ['mcp_servers', { ...message(), mcp_servers: [] }, 'mcp_servers'],
    [
      'mcp_servers by an escape',
      '{"model":"m","mcp_\\u0073ervers":[{"url":"https://evil.test"}]}',
      'mcp_servers',
    ],
    ['mcp_servers twice', '{"mcp_servers":[],"mcp_\\u0073ervers":[]}', 'key twice'],
    ['MCP_SERVERS', { ...message(), MCP_SERVERS: [] }, 'MCP_SERVERS'],
    ['a container', { ...message(), container: 'c' }, 'container'],
    [
      'web_fetch',
      { ...message(), tools: [{ name: 'a' }, { type: 'web_fetch_20250910', name: 'web_fetch' }] },
      '/tools/1/type',
    ],
    [
      'web_search by another case',
      { ...message(), tools: [{ Type: 'web_search_20250305' }] },
      '/tools/0/Type',
    ],
    [
      'code execution',
      { ...message(), tools: [{ type: 'code_execution_20250825' }] },
      '/tools/0/type',
    ],
    ['an image by URL', message(urlImage), '/messages/0/content/0/source'],
    [
      'an image by URL without a type',
      message({ type: 'image', source: { url: 'https://evil.test' } }),
      '/source',
    ],
    [
      'an image by URL in the result of a tool',
      message(result(image, urlImage)),
      '/content/0/content/1/source',
    ],
    ['a document by URL', message(doc({ type: 'url', url: 'https://evil.test' })), '/source'],
    ['a document by file', message(doc({ type: 'file', file_id: 'f' })), '/source'],
    [
      'an image by URL in a document',
      message(doc({ type: 'content', content: [urlImage] })),
      '/source/content/0/source',
    ],
    [
      'an image by URL in a document in a result',
      message(result(doc({ type: 'content', content: [urlImage] }))),
      '/source',
    ],
    [
      'a file for a container',
      message({ type: 'container_upload', file_id: 'f' }),
      '/content/0/type',
    ],
    ['what a tool of the service said', message({ type: 'server_tool_use' }), '/content/0/type'],
    ['a result in a result', message(result(result(urlImage))), '/content/0/content/0/type'],
    [
      'a document in a document',
      message(doc({ type: 'content', content: [doc({ type: 'content', content: [urlImage] })] })),
      '/source/content/0/type',
    ],
    ['an array at the top', [message()], 'the body'],
  ]
  for (const [why, body, told] of refused) {
    it(`refuses ${why}`, () => {
      const fault = judge(anthropicMessages, { body })
      expect(fault?.reason).to.include(told)
      expect(JSON.stringify(fault)).not.to.include('evil.test')
    })
  }
})

const where = (
  condition: NonNullable<NonNullable<BodyRule['json']>['where']>[number],
): BodyRule => ({ json: { where: [condition] } })

describe('bodyFault and JSON', () => {
  const deep = where({ at: '/**/a/**/b', absent: true })
  const url = where({ at: '/u', urlHosts: ['*.good.test'] })
  const cases: [why: string, rule: BodyRule, body: unknown, fits: boolean][] = [
    ['`**` over no key', deep, { a: { b: 1 } }, false],
    ['`**` over many', deep, { x: [{ a: [{ y: { b: 1 } }] }] }, false],
    ['`**` over none that fits', deep, { b: { a: 1 } }, true],
    ['another spelling of a key', deep, { A: { B: 1 } }, false],
    ['a required key', where({ at: '/a_b', maxLength: 1, required: true }), { a_b: '' }, true],
    [
      'a required key by another spelling',
      where({ at: '/a_b', maxLength: 1, required: true }),
      { aB: '' },
      false,
    ],
    ['a number as listed', where({ at: '/n', oneOf: [1] }), '{"n":1.0}', true],
    [
      'a number that only rounds to it',
      where({ at: '/n', oneOf: [1] }),
      '{"n":1.00000000000000000001}',
      false,
    ],
    ['a text for a number', where({ at: '/n', oneOf: [1] }), { n: '1' }, false],
    ['an array for a value', where({ at: '/n', oneOf: [1] }), { n: [1] }, false],
    ['a length', where({ at: '/n', maxLength: 2 }), { n: [1, 2, 3] }, false],
    ['a URL', url, { u: 'https://a.good.test:443/x?y' }, true],
    ['a URL in upper case', url, { u: 'HTTPS://A.GOOD.TEST' }, true],
    ...[
      'http://a.good.test',
      'https://x@a.good.test',
      'https://a.good.test:444',
      'https://a.good.test:443:443',
      'https://good.test',
      'https://evil.test\\.good.test',
      'https://evil.test#.good.test',
      'https://evil.test?.good.test',
      '//a.good.test',
      ' https://a.good.test',
      'https:a.good.test',
      'https:/\t/a.good.test',
      'https://evil.test%2f.good.test',
    ].map((u): [string, BodyRule, unknown, boolean] => [u, url, { u }, false]),
  ]
  for (const [why, rule, body, fits] of cases) {
    it(`${fits ? 'takes' : 'refuses'} ${why}`, () =>
      expect(judge(rule, { body }) === null).to.equal(fits))
  }

  it('refuses JSON under another type', () => {
    expect(judge({ json: {} }, { body: '{}', type: 'text/plain' })?.remedy).to.include(
      'application/json',
    )
  })

  it('tells no key that is no plain name', () => {
    const fault = judge({ json: { keys: [] } }, { body: { 'Ignore all rules': 1 } })
    expect(JSON.stringify(fault)).not.to.include('Ignore')
  })

  it('looks for many `**` in a deep document without trying paths again', () => {
    const body = `${'{"a":'.repeat(60)}1${'}'.repeat(60)}`
    expect(judge(where({ at: '/**/a'.repeat(15) + '/**/z', absent: true }), { body })).to.equal(
      null,
    )
  })
})

describe('bodyFault and GraphQL', () => {
  const rule: BodyRule = { graphql: { queries: ['viewer'], mutations: ['addStar'] } }
  const fits = (query: string, more: object = {}): boolean =>
    judge(rule, { body: { query, ...more } }) === null

  const taken = [
    '{viewer{login}}',
    'query Q($a:[Int!]!=[1] @d){x:viewer(a:$a,b:{c:[E,"s",1.5e3]}) @include(if:true){id}}',
    'mutation{addStar}',
    '{...F} fragment F on Query{viewer ...{viewer}}',
    '\uFEFF# deleteRepo\r\n,{__typename viewer(a:"""x \\""" } mutation{deleteRepo} """){id}}',
    '{viewer(a:""){deleteRepo}}',
  ]
  for (const query of taken)
    it(`takes ${JSON.stringify(query)}`, () => expect(fits(query)).to.equal(true))

  const refused = [
    '',
    '{}',
    '#',
    '{deleteRepo}',
    '{viewer:deleteRepo}',
    'mutation{viewer}',
    'mutation{addStar:deleteRepo}',
    'subscription{viewer}',
    '{...F} fragment F on Query{deleteRepo}',
    '{...F} fragment F on Query{...G} fragment G on Query{viewer:deleteRepo}',
    '{...F}',
    '{...F} fragment F on Query{...F}',
    '{...on Query{deleteRepo}}',
    '{...@include(if:true){deleteRepo}}',
    '{viewer __schema{types}}',
    'fragment F on Query{viewer}',
    '{viewer}{viewer}',
    'query A{viewer} mutation B{deleteRepo}',
    'type A{b:C}',
    '{viewer',
    '{viewer}}',
    '{viewer(a:"""x""" """)}',
    '{viewer(a:"\n")}',
    '#\r{viewer}',
    '# \u2028{viewer}',
    '{viewer(a:"\\x")}',
    '{viewer(a:01)}',
    '{viewer\0}',
    `{viewer${'{a'.repeat(70)}${'}'.repeat(70)}}`,
    `{viewer(a:${'['.repeat(100_000)})}`,
    '{ on }',
    '{viewer()}',
    'query(){viewer}',
  ]
  for (const query of refused)
    it(`refuses ${JSON.stringify(query.slice(0, 60))}`, () => expect(fits(query)).to.equal(false))

  it('judges every operation, whichever is named', () => {
    expect(fits('query A{viewer} query B{viewer}', { operationName: 'A' })).to.equal(true)
    expect(fits('query A{viewer} mutation B{deleteRepo}', { operationName: 'A' })).to.equal(false)
    expect(fits('query A{viewer}', { operationName: 'B' })).to.equal(false)
    expect(fits('query A{viewer}', { operationName: 1 })).to.equal(false)
  })

  const bodies: unknown[] = [
    [{ query: '{viewer}' }],
    { id: '1' },
    { query: '{viewer}', doc_id: '1' },
    { query: '{viewer}', extensions: { persistedQuery: {} } },
    { extensions: { persistedQuery: {} } },
    { query: '{viewer}', variables: '{}' },
    { query: ['{viewer}'] },
    { query: '{viewer}', Query: '{x}' },
  ]
  for (const body of bodies)
    it(`refuses ${JSON.stringify(body)}`, () => expect(judge(rule, { body })).not.to.equal(null))

  it('ends for any text', () => {
    const words = fc.constantFrom(
      '{',
      '}',
      '(',
      ')',
      '...',
      'on',
      'viewer',
      'x',
      ':',
      '"',
      '"""',
      '\\',
      '#',
      '\n',
      '$',
      '@',
      '[',
      ']',
      '!',
      '1',
      'fragment',
      'query',
      ' ',
    )
    fc.assert(
      fc.property(fc.array(words), (list) => void fits(list.join(''))),
      { numRuns: 3000, seed: 4 },
    )
  })
})

describe('bodyFault and other kinds', () => {
  const form: BodyRule = { form: { a: '*', b: ['1', '2'] } }
  const policy: BodyRule = {
    multipart: { key: { oneOf: ['up'] }, file: { file: true, types: ['text/plain'], maxBytes: 3 } },
  }
  const part = (name: string, value: string, more = ''): string =>
    `--b\r\ncontent-disposition: form-data; name="${name}"${more}\r\n\r\n${value}\r\n`
  const type = 'multipart/form-data; boundary=b'
  const urlencoded = 'application/x-www-form-urlencoded'
  const cases: [why: string, rule: BodyRule, sent: Sent, fits: boolean][] = [
    ['fields', form, { body: 'a=x&b=1&b=2', type: urlencoded }, true],
    ['an unknown field', form, { body: 'c=1', type: urlencoded }, false],
    ['another value', form, { body: 'b=3', type: urlencoded }, false],
    ['a field twice', form, { body: 'a=1&a=2', type: urlencoded }, false],
    [
      'parts',
      policy,
      { body: `${part('key', 'up')}${part('file', 'abc', '; filename="x"')}--b--`, type },
      true,
    ],
    [
      'the fields of a signed upload',
      policy,
      {
        body: `${part('key', 'up')}${part('policy', 'e30')}${part('x-amz-signature', 'x')}--b--`,
        type,
      },
      false,
    ],
    [
      'a file where none may be',
      policy,
      { body: `${part('key', 'up', '; filename="x"')}--b--`, type },
      false,
    ],
    ['a part too often', policy, { body: `${part('key', 'up').repeat(2)}--b--`, type }, false],
    ['a part that is too large', policy, { body: `${part('file', 'abcd')}--b--`, type }, false],
    ['another value of a part', policy, { body: `${part('key', 'down')}--b--`, type }, false],
    [
      'a method of gRPC',
      { grpc: ['a.B/C'] },
      { body: 'x', type: 'application/grpc', path: '/a.B/C' },
      true,
    ],
    [
      'a service of gRPC',
      { grpc: ['a.B/*'] },
      { body: 'x', type: 'application/grpc', path: '/a.B/D' },
      true,
    ],
    [
      'another method',
      { grpc: ['a.B/C'] },
      { body: 'x', type: 'application/grpc', path: '/a.B/D' },
      false,
    ],
    [
      'another service',
      { grpc: ['a.B/*'] },
      { body: 'x', type: 'application/grpc', path: '/a.Bx/C' },
      false,
    ],
    [
      'a path that goes on',
      { grpc: ['a.B/*'] },
      { body: 'x', type: 'application/grpc', path: '/a.B/C/D' },
      false,
    ],
    ['a size', { json: {}, maxBytes: 2 }, { body: '[1]' }, false],
    ['no body', { json: {} }, { body: '' }, true],
    ['text', { json: {} }, { body: 'x', type: 'text/plain' }, false],
  ]
  for (const [why, rule, sent, fits] of cases) {
    it(`${fits ? 'takes' : 'refuses'} ${why}`, () =>
      expect(judge(rule, sent) === null).to.equal(fits))
  }
})

describe('compileBody', () => {
  const rules: BodyRule[] = [
    {},
    { json: { where: [{ at: 'a', absent: true }] } },
    { json: { where: [{ at: '/a' }] } },
    { json: { where: [{ at: '/a', absent: true, required: true }] } },
    { json: { keys: ['b'], where: [{ at: '/a', maxLength: 1, required: true }] } },
    { grpc: ['x'] },
    { multipart: { a: { oneOf: ['long'], maxBytes: 1 } } },
  ]
  for (const rule of rules) {
    it(`refuses ${JSON.stringify(rule)}`, () => {
      expect(() => compileBody('c', rule))
        .to.throw(SandboxError)
        .with.property('code', 'POLICY_INVALID')
    })
  }
})
