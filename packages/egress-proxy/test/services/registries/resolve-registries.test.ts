import { expect } from 'chai'
import { resolveRegistries } from '../../../dist/services/registries/resolve-registries.js'
import { FakeTools } from './fake-tools.js'

describe('resolveRegistries', () => {
  let tools: FakeTools
  beforeEach(() => {
    tools = new FakeTools()
  })
  afterEach(() => tools.remove())

  it('gives the hosts by kind, without users, passwords and paths, each once', async () => {
    tools
      .prints(
        'npm',
        '{"registry":"https://me:secret@npm.test/a/","@a:registry":"https://npm.test/b"}',
      )
      .prints('pip', "global.index-url='https://py.test/simple'")
      .prints('go', 'https://proxy.test\nsum.test')
      .prints('gem', 'https://gems.test/')
      .prints('apt-get', 'http://deb.test/debian/ bookworm')
      .prints(
        'cargo',
        '{"source":{"crates-io":{"replace-with":"m"},"m":{"registry":"sparse+https://crates.test/"}}}',
      )
    expect(await resolveRegistries({ environment: tools.environment() })).to.deep.equal({
      'npm-registry': ['npm.test'],
      'pypi-index': ['py.test'],
      crates: ['crates.test'],
      'go-module-proxy': ['proxy.test'],
      'go-sumdb': ['sum.test'],
      rubygems: ['gems.test'],
      debian: ['deb.test'],
    })
  })

  it('leaves out what is unknown, and tells why', async () => {
    tools.prints('gem', 'https://gems.test/').script('npm', 'exit 1')
    const told: string[] = []
    const found = await resolveRegistries({
      environment: tools.environment(),
      onUnknown: (kind, error) => told.push(`${kind}: ${error.name}`),
    })
    expect(found).to.deep.equal({ rubygems: ['gems.test'] })
    expect(told.toSorted()).to.deep.equal([
      'crates: RegistryUnknown',
      'debian: RegistryUnknown',
      'go-module-proxy: RegistryUnknown',
      'npm-registry: RegistryUnknown',
      'pypi-index: RegistryUnknown',
    ])
  })
})
