import type { AllowRule, Credential } from '@caisson/core'
import { parsePolicy } from '@caisson/core'
import { expect } from 'chai'
import { auditPolicy } from '../../dist/auditor/audit-policy.js'
import type { RegistryHosts } from '../../dist/auditor/registry-kind.js'
import { services } from '../../dist/services/services.js'

const source = { env: 'KEY' }
const credentials: Readonly<Record<string, Credential>> = {
  claude: { source, carrier: { header: 'x-api-key' } },
  openai: { source, carrier: { header: 'authorization', scheme: 'Bearer' } },
  github: { source, carrier: { header: 'authorization', scheme: 'Bearer' } },
  'github-git': { source, carrier: { basic: 'x-access-token' } },
}
const registries: RegistryHosts = {
  'npm-registry': ['npm.test'],
  'pypi-index': ['py.test'],
  crates: ['index.test'],
  rubygems: ['gems.test'],
  'go-module-proxy': ['proxy.test'],
  'go-sumdb': ['sum.test'],
  'oci-registry': ['oci.test'],
  debian: ['deb.test'],
}

/** Findings that are worse than `low`, as `id at clause`. */
function faults(allow: readonly AllowRule[]): readonly string[] {
  const policy = parsePolicy({ network: { allow }, credentials })
  return auditPolicy(policy, { registries })
    .filter(({ severity }) => severity !== 'info' && severity !== 'low')
    .map(({ id, clause }) => `${id} at ${clause}`)
}

const named = { repositories: ['acme/shop'], credential: 'github', gitCredential: 'github-git' }
const go = { proxy: 'https://proxy.test', sumdb: 'https://sum.test' }
const cases: readonly (readonly [string, () => Promise<readonly AllowRule[]>])[] = [
  ['anthropic', async () => services.anthropic({ credential: 'claude' })],
  ['openai', async () => services.openai({ credential: 'openai' })],
  ['github, read', async () => services.github({ ...named, access: 'read', downloads: true })],
  ['github, write', async () => services.github({ ...named, access: 'write' })],
  ['npm', () => services.npm.install({ registry: 'https://npm.test/' })],
  ['pypi', () => services.pypi.install({ index: 'https://py.test/simple' })],
  [
    'crates',
    () =>
      services.crates.fetch({ index: 'https://index.test', downloads: 'https://index.test/dl' }),
  ],
  ['Go modules', () => services.goModules.fetch({ ...go, modules: ['golang.org/x'] })],
  ['Debian', () => services.debian.install({ archives: ['https://deb.test/debian'] })],
  ['RubyGems', () => services.rubygems.install({ sources: ['https://gems.test'] })],
  ['OCI', async () => services.oci.pull({ registry: 'https://oci.test', repositories: ['a/b'] })],
]

describe('services before the auditor', () => {
  for (const [name, make] of cases) {
    it(`${name}: nothing worse than low`, async () => {
      expect(faults(await make())).to.deep.equal([])
    })
  }

  it('tells the hosts alone from these rules', () => {
    for (const host of ['api.anthropic.com', 'api.openai.com', 'api.github.com']) {
      const open = { host, methods: ['GET', 'POST'], identity: 'guest' }
      expect(faults([open]), host).not.to.deep.equal([])
    }
  })

  it('tells Go modules of any name', async () => {
    expect(faults(await services.goModules.fetch(go))).to.have.lengthOf.at.least(1)
  })
})
