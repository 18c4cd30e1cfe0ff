import type { AllowRule, NetworkPolicy } from '@caisson/core'
import { expect } from 'chai'
import type { Slot } from '../../dist/carriers/carrier.js'
import { compilePolicy, judgesPaths, spellsSlashes } from '../../dist/decide/policy.js'
import type { HttpRequest, JudgedBody } from '../../dist/decide/request.js'
import { findBodyCarriers } from '../../dist/identity/find-carriers.js'
import type { Identities } from '../../dist/identity/identities.js'
import { get, judge } from './requests.ts'

const dummy = 'dummy-0123456789abcdef'
const other = 'other-0123456789abcdef'
const stranger = 'stranger-0123456789'

function withSlot(slot: Slot): Identities {
  return new Map([
    ['key', { id: 'key', slot, dummy }],
    ['other', { id: 'other', slot: { kind: 'mtls' }, dummy: other }],
  ])
}

const header: Slot = { kind: 'header', name: 'x-api-key', scheme: null }

function rule(parts: Partial<AllowRule> = {}): NetworkPolicy {
  return { allow: [{ host: 'api.test', methods: ['GET', 'POST'], ...parts }] }
}

function body(view: JudgedBody['view']): JudgedBody {
  return { view, length: 10, carriers: findBodyCarriers(view) }
}

const basic = (text: string): string => `Basic ${Buffer.from(text).toString('base64')}`

type Parts = Partial<HttpRequest>
type Case = readonly [why: string, parts: Parts, wanted: string]

function code(network: NetworkPolicy, parts: Parts, identities: Identities): string {
  const decision = judge(network, get(parts), identities)
  const said = `${decision.reason} ${decision.remedy}`
  for (const secret of [stranger, dummy, other]) expect(said).to.not.include(secret)
  if (decision.verdict === 'deny') expect(decision.remedy).to.not.equal('')
  return decision.code ?? decision.verdict
}

function slotTable(slot: Slot, cases: readonly Case[]): void {
  for (const [why, parts, wanted] of cases) {
    it(`${wanted}: ${slot.kind}, ${why}`, () => {
      expect(code(rule({ identity: 'key' }), parts, withSlot(slot))).to.equal(wanted)
    })
  }
}

const h = (...headers: [string, string][]): Parts => ({ headers })
const foreign = 'foreign_credential'
const misused = 'dummy_misused'

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

  slotTable(header, [
    ['nothing', {}, 'allow'],
    ['its dummy', h(['x-api-key', dummy]), 'allow'],
    ['its dummy between tabs', h(['x-api-key', `\t${dummy} `]), 'allow'],
    ['nothing in it', h(['x-api-key', '']), 'allow'],
    ['a stranger’s key', h(['x-api-key', stranger]), foreign],
    ['its dummy twice', h(['x-api-key', dummy], ['x-api-key', dummy]), misused],
    ['its dummy and a stranger’s key', h(['x-api-key', dummy], ['x-api-key', stranger]), foreign],
    ['both in one field', h(['x-api-key', `${dummy}, ${stranger}`]), misused],
    ['its dummy elsewhere', h(['authorization', `Bearer ${dummy}`]), 'allow'],
    ['another’s dummy', h(['x-api-key', other]), misused],
    [
      'a stranger’s token beside',
      h(['x-api-key', dummy], ['authorization', `Bearer ${stranger}`]),
      foreign,
    ],
    ['a cookie beside', h(['cookie', 'a=1']), foreign],
    ['a key among programs', h(['user-agent', `sk-ant-${stranger}`]), foreign],
  ])
  slotTable({ kind: 'header', name: 'authorization', scheme: 'Bearer' }, [
    ['its dummy', h(['authorization', `Bearer ${dummy}`]), 'allow'],
    ['its dummy in another case', h(['authorization', `bearer\t${dummy}`]), 'allow'],
    ['the scheme alone', h(['authorization', 'Bearer']), 'allow'],
    ['its dummy without a scheme', h(['authorization', dummy]), 'allow'],
    ['its dummy with another scheme', h(['authorization', basic(`u:${dummy}`)]), 'allow'],
    ['a stranger’s token', h(['authorization', `Bearer ${stranger}`]), foreign],
    ['a key of the other kind', h(['x-api-key', stranger]), foreign],
  ])
  slotTable({ kind: 'basic', user: 'u' }, [
    ['its dummy as the password', h(['authorization', basic(`u:${dummy}`)]), 'allow'],
    ['of any user', h(['authorization', basic(`x:${dummy}`)]), 'allow'],
    ['its dummy as the user', h(['authorization', basic(`${dummy}:x`)]), misused],
    ['a stranger', h(['authorization', basic(`u:${stranger}`)]), foreign],
    ['its dummy as a token', h(['authorization', `Bearer ${dummy}`]), 'allow'],
  ])
  const signature = (id: string): string =>
    `AWS4-HMAC-SHA256 Credential=${id}/20261124/eu-west-1/s3/aws4_request, SignedHeaders=host, Signature=00`
  slotTable({ kind: 'sigv4' }, [
    [
      'its dummy',
      h(
        ['authorization', signature(dummy)],
        ['x-amz-date', '20261124T000000Z'],
        ['x-amz-content-sha256', 'UNSIGNED-PAYLOAD'],
      ),
      'allow',
    ],
    ['a stranger’s key id', h(['authorization', signature('AKIAABCDEFGHIJKLMNOP')]), foreign],
    ['a longer id', h(['authorization', signature(`${dummy}x`)]), misused],
    [
      'a stranger’s session',
      h(['authorization', signature(dummy)], ['x-amz-security-token', stranger]),
      foreign,
    ],
    ['the asymmetric form', h(['authorization', 'AWS4-ECDSA-P256-SHA256 Credential=x/y']), foreign],
    [
      'a streamed body',
      h(
        ['authorization', signature(dummy)],
        ['x-amz-content-sha256', 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD'],
      ),
      foreign,
    ],
    [
      'a presigned URL',
      {
        query: [
          ['X-Amz-Credential', `${dummy}/x`],
          ['X-Amz-Signature', '00'],
        ],
      },
      misused,
    ],
  ])
  slotTable({ kind: 'query', name: 'k' }, [
    ['its dummy', { query: [['k', dummy]] }, 'allow'],
    ['nothing', {}, 'allow'],
    ['a stranger’s key', { query: [['k', stranger]] }, foreign],
    [
      'its dummy twice',
      {
        query: [
          ['k', dummy],
          ['k', dummy],
        ],
      },
      misused,
    ],
    [
      'another key beside',
      {
        query: [
          ['k', dummy],
          ['token', stranger],
        ],
      },
      foreign,
    ],
  ])
  slotTable({ kind: 'cookie', name: 's' }, [
    ['its dummy', h(['cookie', `s=${dummy}`]), 'allow'],
    ['another beside', h(['cookie', `s=${dummy}; t=1`]), foreign],
    ['its dummy twice', h(['cookie', `s=${dummy}; s=${dummy}`]), misused],
    ['a stranger’s', h(['cookie', `s=${stranger}`]), foreign],
  ])
  slotTable({ kind: 'path', segment: 0, prefix: 'bot' }, [
    ['its dummy', { path: `/bot${dummy}/send` }, 'allow'],
    ['nothing behind the prefix', { path: '/bot/send' }, 'allow'],
    ['a stranger’s token', { path: `/bot1:${stranger}/send` }, foreign],
    ['no place for it', { path: '/x' }, foreign],
    ['its dummy further on', { path: `/bot/bot1:${dummy}` }, misused],
  ])
  slotTable({ kind: 'json', pointer: '/api_key' }, [
    ['its dummy', { body: body({ kind: 'json', value: new Map([['api_key', dummy]]) }) }, 'allow'],
    [
      'a stranger’s key',
      { body: body({ kind: 'json', value: new Map([['api_key', stranger]]) }) },
      foreign,
    ],
    [
      'a key beside',
      {
        body: body({
          kind: 'json',
          value: new Map([
            ['api_key', dummy],
            ['token', stranger],
          ]),
        }),
      },
      foreign,
    ],
    ['a header', h(['x-api-key', dummy]), 'allow'],
  ])
  slotTable({ kind: 'mtls' }, [
    ['nothing', {}, 'allow'],
    ['any key', h(['x-api-key', stranger]), foreign],
  ])

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

describe('decide, at a service whose ways are known', () => {
  const identities = withSlot(header)
  const at = (parts: Partial<AllowRule> = {}): NetworkPolicy => ({
    allow: [{ host: 'api.anthropic.com', methods: ['GET', 'POST'], identity: 'key', ...parts }],
  })
  const ask = (parts: Parts): Parts => ({
    host: 'api.anthropic.com',
    method: 'POST',
    path: '/v1/messages',
    ...parts,
  })

  const cases: readonly (readonly [string, Partial<AllowRule>, Parts, string])[] = [
    [
      'a known beta',
      {},
      h(['anthropic-beta', 'prompt-caching-2024-07-31, pdfs-2024-09-25']),
      'allow',
    ],
    [
      'a beta that stores files',
      {},
      h(['anthropic-beta', 'pdfs-2024-09-25,files-api-2025-04-14']),
      'header_not_allowed',
    ],
    [
      'a beta that fetches',
      {},
      h(['anthropic-beta', 'web-fetch-2025-09-10']),
      'header_not_allowed',
    ],
    ['a version nobody knows', {}, h(['anthropic-version', '2099-01-01']), 'header_not_allowed'],
    [
      'that beta, named by the rule',
      { headers: { 'anthropic-beta': '*' } },
      h(['anthropic-beta', 'files-api-2025-04-14']),
      'allow',
    ],
    [
      'that beta, of the guest',
      { identity: 'guest' },
      h(['anthropic-beta', 'files-api-2025-04-14']),
      'allow',
    ],
    ['the dummy beside headers of the rule', { headers: {} }, h(['x-api-key', dummy]), 'allow'],
    [
      'a stranger’s key for files',
      {},
      { path: '/v1/files', ...h(['x-api-key', stranger]) },
      foreign,
    ],
    ['a new key', {}, { path: '/v1/organizations/api_keys' }, 'minting_refused'],
    ['a new key in disguise', {}, { path: '/V1/organizations/api_keys/' }, 'minting_refused'],
    ['an exchange', {}, { path: '/oauth/token' }, 'minting_refused'],
    ['an exchange of the guest’s own', { identity: 'guest' }, { path: '/oauth/token' }, 'allow'],
  ]
  for (const [why, parts, request, wanted] of cases) {
    it(`${wanted}: ${why}`, () => {
      expect(code(at(parts), ask(request), identities)).to.equal(wanted)
    })
  }

  it('lets only the headers on that it needs, unless the rule or the guest says which', () => {
    const request = get(ask({}))
    expect([...(judge(at(), request, identities).needs.headers ?? [])]).to.include(
      'anthropic-version',
    )
    expect(judge(at({ headers: {} }), request, identities).needs.headers).to.equal(null)
    expect(judge(at({ identity: 'guest' }), request, identities).needs.headers).to.equal(null)
    expect(
      judge(at({ host: '*.anthropic.com', identity: 'anonymous' }), request, identities).needs
        .headers,
    ).to.not.equal(null)
  })

  it('judges paths strictly wherever it puts in a credential', () => {
    expect(judgesPaths(compilePolicy(at(), 1, identities), 'api.anthropic.com')).to.equal(true)
    expect(
      judgesPaths(compilePolicy(at({ identity: 'guest' }), 1, identities), 'api.anthropic.com'),
    ).to.equal(false)
  })
})

describe('decide, on bodies', () => {
  const typed = h(['content-type', 'application/json'])
  const json = (...keys: string[]): Parts => ({
    ...typed,
    method: 'POST',
    body: body({ kind: 'json', value: new Map(keys.map((key) => [key, '1'])) }),
  })
  const broken: Parts = {
    ...typed,
    method: 'POST',
    body: body({ kind: 'unreadable', fault: 'it is cut short', tooLarge: false }),
  }
  const narrow = rule({ body: { json: { keys: ['a'] } } })
  const cases: readonly (readonly [string, NetworkPolicy, Parts, string])[] = [
    ['not read yet', narrow, { ...typed, method: 'POST' }, 'allow'],
    ['with that key', narrow, json('a'), 'allow'],
    ['with another', narrow, json('b'), 'body_not_allowed'],
    ['unreadable', narrow, broken, 'body_unreadable'],
    ['unreadable, where carriers are looked for', rule(), broken, 'body_unreadable'],
    ['unreadable, the guest’s own affair', rule({ identity: 'guest' }), broken, 'allow'],
    [
      'fit for a later rule',
      { allow: [...(narrow.allow ?? []), ...(rule().allow ?? [])] },
      json('b'),
      'allow',
    ],
  ]
  for (const [why, network, parts, wanted] of cases) {
    it(`${wanted}: ${why}`, () => {
      expect(code(network, parts, new Map())).to.equal(wanted)
    })
  }
})

describe('decide, on escaped slashes', () => {
  const scoped = rule({ paths: ['/*', '/*%2F*', '/x/**'] })
  const cases: readonly (readonly [string, NetworkPolicy, string, string])[] = [
    ['spelled out', scoped, '/@a%2Fb', 'allow'],
    ['a plain segment', scoped, '/b', 'allow'],
    ['two of them', scoped, '/@a%2Fb%2Fc', 'path_not_allowed'],
    ['behind `**`', scoped, '/x/a%2Fb', 'path_not_allowed'],
    ['further on', scoped, '/@a%2Fb/c', 'path_not_allowed'],
    ['not spelled out', rule({ paths: ['/*', '/**'] }), '/a%2Fb', 'path_not_allowed'],
    [
      'refused as a slash',
      { ...scoped, deny: [{ host: 'api.test', paths: ['/@a/**'] }] },
      '/@a%2Fb',
      'denied_by_rule',
    ],
    [
      'refused by name',
      { ...scoped, deny: [{ host: 'api.test', paths: ['/@a%2Fb'] }] },
      '/%40a%2Fb',
      'denied_by_rule',
    ],
    [
      'not refused',
      { ...scoped, deny: [{ host: 'api.test', paths: ['/@z/**'] }] },
      '/@a%2Fb',
      'allow',
    ],
  ]
  for (const [why, network, path, wanted] of cases) {
    it(`${wanted}: ${path}, ${why}`, () => {
      expect(code(network, { path }, new Map())).to.equal(wanted)
    })
  }

  it('are taken only at hosts where a rule spells one', () => {
    const policy = compilePolicy(
      { allow: [...(scoped.allow ?? []), { host: 'b.test', paths: ['/*'] }] },
      1,
    )
    expect([spellsSlashes(policy, 'api.test'), spellsSlashes(policy, 'b.test')]).to.deep.equal([
      true,
      false,
    ])
  })
})
