import { type AllowRule, parsePolicy, type Policy } from '@caisson/core'
import { expect } from 'chai'
import { auditPolicy } from '../../dist/auditor/audit-policy.js'
import { catalogue } from '../../dist/auditor/catalogue/catalogue.js'
import type { CatalogueRow } from '../../dist/auditor/catalogue/row.js'
import { type RegistryHosts, registryKinds } from '../../dist/auditor/registry-kind.js'
import { rankOf } from '../../dist/auditor/severity.js'
import { faultsOfEdit } from './closing.js'

const registries: RegistryHosts = Object.fromEntries(
  registryKinds.map((kind) => [kind, [`${kind}.mirror.test`]]),
)
const credentials: NonNullable<Policy['credentials']> = {
  key: { source: { env: 'KEY' }, carrier: { header: 'x-key-of-a-test' } },
}
/** Only what is signed may be used below a wildcard. */
const signing: NonNullable<Policy['credentials']> = {
  key: {
    source: { aws: { accessKeyId: { env: 'ID' }, secretAccessKey: { env: 'KEY' } } },
    carrier: { sigv4: { service: 's3', region: 'us-east-1' } },
  },
}
const every = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE']

/** A host that a rule can hold, for each row that is about hosts. */
function hostOf(row: CatalogueRow): string {
  const [first] = [...row.hosts, ...(row.kinds ?? []).map((kind) => `${kind}.mirror.test`)]
  if (first !== undefined) return first.replace(/(?<!^)\*/g, 'us-east-1')
  const [shared = ''] = row.shared ?? []
  if (shared !== '') return shared.replace(/(?<!^)\*/g, 'us-east-1')
  throw new Error(`row ${row.row} has no host`)
}

const openings: Readonly<Record<string, (host: string) => AllowRule>> = {
  'a tunnel': (host) => ({ host, tunnel: true }),
  'any bytes': (host) => ({ host, protocol: 'tcp', ports: [443] }),
  'keys of whoever is inside': (host) => ({
    host,
    identity: 'guest',
    methods: every,
    websocket: true,
  }),
  'writing in nobody’s name': (host) => ({ host, methods: every }),
  'writing with a credential': (host) => ({ host, methods: every, identity: 'key' }),
  reading: (host) => ({ host }),
}

/** What opens rows that are about the shape of a policy. */
const shapes: Readonly<Record<string, Policy>> = {
  'unbound-writes': { network: { allow: [{ host: 'support.acme.test', methods: ['POST'] }] } },
  'credential-echo': {
    credentials,
    network: { allow: [{ host: 'httpbin.org', identity: 'key' }] },
  },
  'cloud-metadata': { network: { addresses: { allow: ['169.254.169.254/32'] } } },
  'residual-channels': { network: { allow: ['a.test'] } },
}

function policyOf(rule: AllowRule): Policy {
  return parsePolicy({
    ...(rule.identity === 'key'
      ? { credentials: rule.host.startsWith('*.') ? signing : credentials }
      : {}),
    network: { allow: [rule] },
  })
}

const findings = (row: CatalogueRow, policy: Policy) =>
  auditPolicy(policy, { registries }).filter(({ id }) => id === row.id)

describe('the catalogue', () => {
  it('has rows 1 to 77, each once, each with an id of its own', () => {
    expect(catalogue.map(({ row }) => row)).to.deep.equal(
      Array.from({ length: 77 }, (_none, index) => index + 1),
    )
    expect(new Set(catalogue.map(({ id }) => id)).size).to.equal(77)
    for (const { id } of catalogue) expect(id).to.match(/^[a-z0-9]+(?:-[a-z0-9]+)*$/)
  })

  it('says of each row how data leaves and what to do', () => {
    for (const { title, how, remedy, endpoints, closes, tags } of catalogue) {
      expect(Math.min(title.length, how.length, remedy.length)).to.be.greaterThan(10)
      expect(endpoints).not.to.equal('')
      expect([closes.length > 0, tags.length > 0]).to.deep.equal([true, true])
    }
  })

  it('holds patterns that can be looked up: lower case, two labels or more at the end', () => {
    for (const { hosts, shared = [] } of catalogue) {
      for (const pattern of [...hosts, ...shared]) {
        expect(pattern).to.match(/^(?:\*\.)?(?:(?:[a-z0-9-]+|\*)\.)*[a-z0-9-]+\.[a-z0-9-]+$/)
      }
    }
  })

  for (const row of catalogue) {
    const shape = shapes[row.id]
    if (shape !== undefined) {
      it(`finds row ${row.row}, ${row.id}, in the shape of a policy`, () => {
        const policy = parsePolicy(shape)
        const found = findings(row, policy)
        expect(found).to.have.length(1)
        for (const one of found) expect(faultsOfEdit(policy, one)).to.deep.equal([])
      })
    }
    if (row.probes.length === 0) continue

    it(`finds row ${row.row}, ${row.id}, at its worst in a tunnel, and closes it`, () => {
      const policy = policyOf({ host: hostOf(row), tunnel: true })
      const worst = Math.min(...row.probes.map(({ severity }) => rankOf(severity)))
      const [found] = findings(row, policy)
      expect(found === undefined ? -1 : rankOf(found.severity)).to.equal(worst)
    })

    for (const [what, opening] of Object.entries(openings)) {
      it(`proposes an edit for row ${row.row}, ${row.id}, opened by ${what}, that closes it`, () => {
        const policy = policyOf(opening(hostOf(row)))
        for (const one of auditPolicy(policy, { registries })) {
          expect(faultsOfEdit(policy, one, { registries })).to.deep.equal([])
        }
      })
    }

    for (const probe of row.probes) {
      it(`is shut for row ${row.row}: ${probe.as} ${probe.method} ${probe.path} by another path`, () => {
        const rule = { host: hostOf(row), methods: every, paths: ['/nothing/of/that'] }
        expect(findings(row, policyOf(rule))).to.deep.equal([])
      })
    }
  }

  it('is open for each probe in somebody’s name to a rule that lets it through', () => {
    for (const row of catalogue) {
      for (const probe of row.probes) {
        const identity = { foreign: 'guest', nobody: 'anonymous', own: 'key' }[probe.as]
        const rule: AllowRule = {
          host: hostOf(row),
          methods: [probe.method],
          identity,
          ...(probe.websocket ? { websocket: true } : {}),
        }
        const found = findings(row, policyOf(rule))
        // Making credentials is refused by the proxy itself wherever it knows the service.
        if (row.closes.includes('minting') && probe.as === 'own') continue
        expect(found, `${row.id} ${probe.as} ${probe.method} ${probe.path}`).to.have.length(1)
      }
    }
  })
})
