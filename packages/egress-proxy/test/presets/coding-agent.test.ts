import { describePolicy, parsePolicy, type Policy } from '@caisson/core'
import { expect } from 'chai'
import { auditPolicy } from '../../dist/auditor/audit-policy.js'
import { presets } from '../../dist/presets/presets.js'
import { FakeTools, failure } from '../services/registries/fake-tools.js'

const everything = {
  workspace: '/srv/shop',
  anthropic: {
    source: { env: 'ANTHROPIC_API_KEY' },
    organizations: ['550e8400-e29b-41d4-a716-446655440000'],
  },
  openai: { env: 'OPENAI_API_KEY' },
  github: { repositories: ['acme/shop'], access: 'write', source: { env: 'GITHUB_TOKEN' } },
  npm: { registry: 'https://npm.test/' },
  pypi: { index: 'https://py.test/simple' },
  crates: { index: 'https://index.test/', downloads: 'https://static.test/crates' },
  goModules: { proxy: 'https://proxy.test', modules: ['golang.org/x'] },
} as const

function hosts({ network }: Policy): readonly string[] {
  const found = (network?.allow ?? []).map((rule) => (typeof rule === 'string' ? rule : rule.host))
  return [...new Set(found)].toSorted()
}

describe('presets.codingAgent', () => {
  it('adds further folders to the one that the agent works in', async () => {
    const tools = { source: '/opt/node', access: 'read' } as const
    const { filesystem } = await presets.codingAgent({ workspace: '/srv/shop', mounts: [tools] })
    expect(filesystem?.mounts).to.deep.equal([{ source: '/srv/shop', access: 'overlay' }, tools])
  })

  it('reaches nothing that was not named', async () => {
    const policy = await presets.codingAgent({ workspace: '/srv/shop' })
    expect(policy.network?.allow).to.deep.equal([])
    expect(policy.credentials).to.deep.equal({})
  })

  it('works on a copy of the folder, and hides what holds secrets there', async () => {
    const { filesystem } = await presets.codingAgent({ workspace: '/srv/shop' })
    expect(filesystem?.mounts).to.deep.equal([{ source: '/srv/shop', access: 'overlay' }])
    expect(filesystem?.deny).to.include.members(['**/.env', '**/.npmrc', '**/id_ed25519'])
  })

  it('writes to the folder itself, and hides something else, when it is told so', async () => {
    const options = { workspace: '/srv/shop', access: 'write', hide: ['secret'] } as const
    const { filesystem } = await presets.codingAgent(options)
    expect(filesystem?.mounts?.[0]?.access).to.equal('write')
    expect(filesystem?.deny).to.deep.equal(['secret'])
  })

  it('puts together what is named', async () => {
    const policy = await presets.codingAgent(everything)
    expect(hosts(policy)).to.deep.equal([
      'api.anthropic.com',
      'api.github.com',
      'api.openai.com',
      'github.com',
      'index.test',
      'npm.test',
      'proxy.test',
      'py.test',
      'static.test',
    ])
    const exposed = Object.values(policy.credentials ?? {}).map(({ expose }) => expose)
    expect(exposed).to.deep.equal([
      'ANTHROPIC_API_KEY',
      'OPENAI_API_KEY',
      'GITHUB_TOKEN',
      undefined,
    ])
  })

  it('gives a policy that parses, is frozen, and is plain JSON', async () => {
    const policy = await presets.codingAgent(everything)
    const copy: unknown = JSON.parse(JSON.stringify(policy))
    expect(parsePolicy(copy)).to.deep.equal(policy)
    expect(Object.isFrozen(policy)).to.equal(true)
    expect(describePolicy(policy)).to.be.a('string')
  })

  it('has no rule in which programs bring their own keys, and none that is not read', async () => {
    const { network } = await presets.codingAgent(everything)
    for (const rule of network?.allow ?? []) {
      expect(rule).not.to.be.a('string')
      expect(rule).not.to.have.property('tunnel')
      expect(rule).not.to.have.property('identity', 'guest')
      expect(rule).not.to.have.property('protocol')
      expect(rule).to.have.property('paths')
    }
  })

  it('is found sound by the auditor', async () => {
    const registries = {
      'npm-registry': ['npm.test'],
      'pypi-index': ['py.test'],
      crates: ['index.test', 'static.test'],
      'go-module-proxy': ['proxy.test'],
    }
    const found = auditPolicy(await presets.codingAgent(everything), { registries })
    const worse = found.filter(({ severity }) => severity !== 'info' && severity !== 'low')
    expect(worse.map(({ id, clause }) => `${id} at ${clause}`)).to.deep.equal([])
  })

  it('reads repositories in nobody’s name when there is no token', async () => {
    const github = { repositories: ['acme/shop'], access: 'read' } as const
    const policy = await presets.codingAgent({ workspace: '/srv/shop', github })
    expect(policy.credentials).to.deep.equal({})
    expect(JSON.stringify(policy.network?.allow)).not.to.include('identity')
  })

  it('sets budgets and resources over its own, one by one', async () => {
    const policy = await presets.codingAgent({
      workspace: '/srv/shop',
      budgets: { distinctNames: 3 },
      resources: { cpus: 2 },
    })
    expect(policy.network?.budgets).to.deep.include({ distinctNames: 3, openTunnels: 0 })
    expect(policy.resources).to.deep.include({ cpus: 2, memoryMiB: 4096 })
  })

  it('leads the tools inside to the same registries', async () => {
    const { environment } = await presets.codingAgent(everything)
    expect(environment).to.deep.equal({
      npm_config_registry: 'https://npm.test/',
      PIP_INDEX_URL: 'https://py.test/simple',
      UV_DEFAULT_INDEX: 'https://py.test/simple',
      GOPROXY: 'https://proxy.test',
    })
  })

  it('lets variables that are named win over its own', async () => {
    const environment = { GOPROXY: 'off', CI: '1' }
    const policy = await presets.codingAgent({ ...everything, environment })
    expect(policy.environment).to.include({
      ...environment,
      PIP_INDEX_URL: 'https://py.test/simple',
    })
  })

  it('lets no password of a registry into the policy', async () => {
    const npm = { registry: 'https://me:hunter2@npm.test/' }
    const error = await failure(presets.codingAgent({ workspace: '/srv/shop', npm }))
    expect(error).to.be.instanceOf(TypeError)
    expect(error.message).not.to.include('hunter2')
  })

  it('asks the tools for their registries', async () => {
    const tools = new FakeTools().prints('npm', '{"registry":"https://npm.acme.test/"}')
    try {
      const toolEnvironment = tools.environment()
      const asked = { workspace: '/srv/shop', toolEnvironment }
      expect(hosts(await presets.codingAgent({ ...asked, npm: true }))).to.deep.equal([
        'npm.acme.test',
      ])
      const error = await failure(
        presets.codingAgent({ ...asked, goModules: { modules: ['golang.org/x'] } }),
      )
      expect(error).to.have.property('name', 'RegistryUnknown')
    } finally {
      tools.remove()
    }
  })
})
