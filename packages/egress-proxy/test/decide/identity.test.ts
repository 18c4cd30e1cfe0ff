import type { AllowRule } from '@caisson/core'
import { expect } from 'chai'
import type { Slot } from '../../dist/carriers/carrier.js'
import { compilePolicy } from '../../dist/decide/policy.js'
import { get, judge } from './requests.ts'
import {
  basic,
  body,
  code,
  dummy,
  foreign,
  h,
  header,
  misused,
  other,
  rule,
  stranger,
  withSlot,
  type Parts,
} from './names.ts'

describe('decide, in whose name a request comes', () => {
  const all = withSlot(header)

  const kinds: readonly (readonly [string, Parts, anonymous: string, guest: string])[] = [
    ['nothing', {}, 'allow', 'allow'],
    ['a stranger’s key', h(['x-api-key', stranger]), foreign, 'allow'],
    ['a stranger’s token', h(['authorization', `Bearer ${stranger}`]), foreign, 'allow'],
    ['a cookie', h(['cookie', 'a=1; b=2']), foreign, 'allow'],
    ['a key in the query', { query: [['access_token', stranger]] }, foreign, 'allow'],
    ['a presigned URL', { query: [['X-Amz-Signature', stranger]] }, foreign, 'allow'],
    [
      'a shared access signature',
      {
        query: [
          ['sv', '2'],
          ['sig', stranger],
        ],
      },
      foreign,
      'allow',
    ],
    ['a key in the path', { path: `/bot1:${stranger}/send` }, foreign, 'allow'],
    ['a dummy', h(['x-api-key', dummy]), misused, misused],
    ['a dummy among others', h(['cookie', `a=1; b=${dummy}`]), misused, misused],
    ['a dummy as a user', h(['authorization', basic(`${dummy}:`)]), misused, misused],
    ['a dummy in the query', { query: [['token', `x${other}`]] }, misused, misused],
    [
      'a key in the body',
      { body: body({ kind: 'json', value: new Map([['api_key', stranger]]) }) },
      foreign,
      'allow',
    ],
    [
      'a dummy in the body',
      { body: body({ kind: 'form', fields: [['token', dummy]] }) },
      misused,
      misused,
    ],
  ]
  for (const [why, parts, anonymous, guest] of kinds) {
    it(`anonymous ${anonymous}, guest ${guest}: ${why}`, () => {
      expect(code(rule(), parts, all)).to.equal(anonymous)
      expect(code(rule({ identity: 'guest' }), parts, all)).to.equal(guest)
    })
  }

  it('tells what to do instead', () => {
    const decision = judge(rule({ identity: 'key' }), get(h(['authorization', 'Bearer x'])), all)
    expect(decision.reason).to.match(/the header "authorization" says in whose name/)
    expect(decision.remedy).to.match(
      /adds the credential "key" by itself.*dummy in the header x-api-key/,
    )
  })

  it('names the credential, the tenant, and whether the body has to be read', () => {
    const network = rule({ identity: 'key', tenant: { 'x-org': 'acme' } })
    const plain = judge(network, get(), all).needs
    expect([plain.identity, plain.body, plain.tenant, plain.headers]).to.deep.equal([
      'key',
      false,
      [['x-org', 'acme']],
      null,
    ])
    const typed = get(h(['content-type', 'application/json; charset=utf-8']))
    expect(judge(network, typed, all).needs.body).to.equal(true)
    expect(judge(rule({ identity: 'guest' }), typed, all).needs.body).to.equal(false)
  })

  it('puts no credential into what is only observed', () => {
    const observe = {
      ...rule(),
      mode: 'observe' as const,
      ask: [{ host: 'api.test', methods: ['PUT'], identity: 'key' }],
    }
    const seen = judge(observe, get({ method: 'PUT' }), all)
    expect([seen.verdict, seen.wouldDeny, seen.needs.identity]).to.deep.equal([
      'allow',
      'ask_missing',
      'anonymous',
    ])
    expect(
      judge({ ...observe, mode: 'enforce' }, get({ method: 'PUT' }), all).needs.identity,
    ).to.equal('key')
    expect(
      judge({ ...observe, mode: 'enforce' }, get({ method: 'PUT', ...h(['cookie', 'a=b']) }), all)
        .code,
    ).to.equal(foreign)
  })

  const misplaced: readonly (readonly [string, Partial<AllowRule>, Slot, RegExp | null])[] = [
    ['plain HTTP', { protocol: 'http-plain' }, header, /never sent over plain HTTP/],
    ['a tunnel', { tunnel: true, methods: undefined }, header, /nothing can be put into a tunnel/],
    [
      'any bytes',
      { protocol: 'tcp', methods: undefined },
      header,
      /nothing can be put into a tunnel/,
    ],
    ['a wildcard', { host: '*.api.test' }, header, /every name below a wildcard/],
    ['a wildcard, signed', { host: '*.api.test' }, { kind: 'sigv4' }, null],
    [
      'a header of the connection',
      {},
      { kind: 'header', name: 'host', scheme: null },
      /about the connection/,
    ],
    [
      'no such credential',
      { identity: 'x' },
      header,
      /"x" is no credential of the policy; known: key, other/,
    ],
  ]
  for (const [where, parts, slot, wanted] of misplaced) {
    it(`${wanted === null ? 'takes' : 'refuses'} a credential in a policy: ${where}`, () => {
      const compile = () => compilePolicy(rule({ identity: 'key', ...parts }), 1, withSlot(slot))
      if (wanted === null) expect(compile).to.not.throw()
      else expect(compile).to.throw(wanted)
    })
  }
})
