import type { AllowRule, NetworkPolicy } from '@caisson/core'
import { expect } from 'chai'
import { compilePolicy, judgesPaths, spellsSlashes } from '../../dist/decide/policy.js'
import { get, judge } from './requests.ts'
import {
  body,
  code,
  dummy,
  foreign,
  h,
  header,
  rule,
  stranger,
  withSlot,
  type Parts,
} from './names.ts'

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
