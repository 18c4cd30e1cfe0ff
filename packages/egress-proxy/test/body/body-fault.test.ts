import { type BodyRule, SandboxError } from '@caisson/core'
import { expect } from 'chai'
import * as fc from 'fast-check'
import { compileBody } from '../../dist/body/compile-body.js'
import { judge, type Sent } from './judge.ts'

const where = (
  condition: NonNullable<NonNullable<BodyRule['json']>['where']>[number],
): BodyRule => ({ json: { where: [condition] } })

describe('bodyFault and JSON', () => {
  const deep = where({ at: '/**/a/**/b', absent: true })
  const url = where({ at: '/u', urlHosts: ['*.good.test'] })
  const data = where({ at: '/u', dataUrl: true })
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
    ...[
      'data:image/png;base64,iVBORw0KGgo=',
      'data:text/plain;charset=UTF-8,a%20b',
      'data:,',
      'data:image/png;base64,https://evil.test/',
    ].map((u): [string, BodyRule, unknown, boolean] => [u, data, { u }, true]),
    ...[
      'https://evil.test/data:,',
      'http://evil.test/',
      '//evil.test/',
      ' data:,a',
      'da\nta:,a',
      'DATA:,a',
      'data:image/png',
      'data://evil.test/a,b',
      'data: ,https://evil.test/',
      `data:${'a'.repeat(256)},`,
      'file-123',
      '',
      null,
      1,
      ['data:,'],
    ].map((u): [string, BodyRule, unknown, boolean] => [
      `${JSON.stringify(u).slice(0, 40)} for a data: URL`,
      data,
      { u },
      false,
    ]),
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
