import { type AllowRule, parsePolicy, type Policy } from '@caisson/core'
import { expect } from 'chai'
import * as fc from 'fast-check'
import { auditPolicy } from '../../dist/auditor/audit-policy.js'
import { faultsOfEdit, ids } from './closing.js'

const seed = 4_202_611
const hosts = [
  'api.anthropic.com',
  '*.anthropic.com',
  'api.openai.com',
  'api.github.com',
  'github.com',
  '*.github.com',
  'pastebin.com',
  'webhook.site',
  '*.workers.dev',
  'x.blob.core.windows.net',
  '*.blob.core.windows.net',
  '*.s3.eu-west-1.amazonaws.com',
  '*.amazonaws.com',
  'dns.google',
  'sentry.io',
  'httpbin.org',
  'a.test',
  '*.co.uk',
]
const paths = ['/**', '/v1/files', '/v1/messages', '/repos/acme/**', '/gists', '/', '/x']

const ruleArbitrary: fc.Arbitrary<AllowRule> = fc
  .record(
    {
      host: fc.constantFrom(...hosts),
      methods: fc.subarray(['GET', 'POST', 'PUT', 'DELETE'], { minLength: 1 }),
      paths: fc.subarray(paths, { minLength: 1 }),
      identity: fc.constantFrom('anonymous', 'guest', 'key'),
      kind: fc.constantFrom('https', 'https', 'https', 'tunnel', 'tcp', 'http-plain'),
      ports: fc.constantFrom([443], [80, 443], [8443], [22]),
    },
    { requiredKeys: ['host', 'kind'] },
  )
  .map(({ kind, host, identity, ports, ...seen }) => {
    const where = { host, ...(ports === undefined ? {} : { ports }) }
    if (kind === 'tunnel') return { ...where, tunnel: true }
    if (kind === 'tcp') return { ...where, protocol: 'tcp' }
    // A credential goes only over HTTPS that is read, to one name.
    const isRead = kind === 'https' && !host.startsWith('*.')
    const named = identity === undefined || (identity === 'key' && !isRead) ? {} : { identity }
    return { ...where, ...seen, ...named, ...(kind === 'https' ? {} : { protocol: 'http-plain' }) }
  })

const networkArbitrary = fc.record(
  {
    allow: fc.array(fc.oneof(ruleArbitrary, fc.constantFrom(...hosts)), { maxLength: 6 }),
    ask: fc.array(ruleArbitrary, { maxLength: 2 }),
    deny: fc.array(
      fc.oneof(
        fc.constantFrom(...hosts),
        fc.record({ host: fc.constantFrom(...hosts), paths: fc.constant(['/v1/files']) }),
      ),
      { maxLength: 2 },
    ),
    mode: fc.constantFrom('enforce' as const, 'observe' as const),
    addresses: fc.record({
      allow: fc.subarray(['10.0.0.0/8', '169.254.169.254/32', '::/0', '0.0.0.0/0']),
    }),
  },
  { requiredKeys: [] },
)

function policyOf(network: object): Policy {
  return parsePolicy({
    credentials: { key: { source: { env: 'KEY' }, carrier: { header: 'x-api-key' } } },
    network,
  })
}

const critical = (policy: Policy): readonly string[] =>
  ids(auditPolicy(policy).filter(({ severity }) => severity === 'critical'))

const isRefused = (policy: Policy): boolean => ids(auditPolicy(policy)).includes('policy-refused')

describe('auditPolicy, for any policy', () => {
  it('throws nothing, gives a clause for each finding, and sorts by severity', () => {
    const order = ['critical', 'high', 'medium', 'low', 'info']
    fc.assert(
      fc.property(networkArbitrary, (network) => {
        const found = auditPolicy(policyOf(network))
        const ranks = found.map(({ severity }) => order.indexOf(severity))
        expect(ranks).to.deep.equal([...ranks].sort((a, b) => a - b))
        if (ids(found).includes('policy-refused')) expect(found).to.have.length(1)
        for (const { clause } of found) expect(clause).to.match(/^(?:network|credentials)\b/)
      }),
      { seed, numRuns: 300 },
    )
  }).timeout(60_000)

  it('proposes edits that close what they are about, and open nothing as bad', () => {
    fc.assert(
      fc.property(networkArbitrary, (network) => {
        const policy = policyOf(network)
        for (const one of auditPolicy(policy)) expect(faultsOfEdit(policy, one)).to.deep.equal([])
      }),
      { seed, numRuns: 60 },
    )
  }).timeout(120_000)

  it('finds nothing critical anew when a rule goes', () => {
    fc.assert(
      fc.property(networkArbitrary, fc.nat(5), (network, at) => {
        const policy = policyOf(network)
        fc.pre(!isRefused(policy))
        const allow = (network.allow ?? []).filter((_rule, index) => index !== at)
        expect(critical(policy)).to.include.members([...critical(policyOf({ ...network, allow }))])
      }),
      { seed, numRuns: 150 },
    )
  }).timeout(60_000)

  const narrowings: Readonly<Record<string, (rule: AllowRule) => AllowRule>> = {
    'its name is taken off': ({ identity: _identity, ...rule }) => rule,
    'it only reads': (rule) =>
      rule.tunnel === true || rule.protocol === 'tcp' ? rule : { ...rule, methods: ['GET'] },
    'it is held to one path': (rule) =>
      rule.tunnel === true || rule.protocol === 'tcp'
        ? rule
        : { ...rule, paths: rule.paths?.slice(0, 1) ?? ['/v1/messages'] },
    'its tunnel is opened': ({ host, ports, tunnel, ...rest }) => ({
      host,
      ...(ports === undefined ? {} : { ports }),
      ...(tunnel === true ? {} : rest),
    }),
  }
  for (const [what, narrow] of Object.entries(narrowings)) {
    it(`finds nothing critical anew in a rule when ${what}`, () => {
      fc.assert(
        fc.property(ruleArbitrary, (rule) => {
          const policy = policyOf({ allow: [rule] })
          fc.pre(!isRefused(policy))
          const narrower = critical(policyOf({ allow: [narrow(rule)] }))
          expect(critical(policy)).to.include.members([...narrower])
        }),
        { seed, numRuns: 200 },
      )
    }).timeout(60_000)
  }

  it('finds nothing critical anew when something is refused', () => {
    fc.assert(
      fc.property(ruleArbitrary, fc.constantFrom(...hosts), (rule, host) => {
        const policy = policyOf({ allow: [rule] })
        fc.pre(!isRefused(policy))
        const narrower = critical(policyOf({ allow: [rule], deny: [host] }))
        expect(critical(policy)).to.include.members([...narrower])
      }),
      { seed, numRuns: 200 },
    )
  }).timeout(60_000)
})
