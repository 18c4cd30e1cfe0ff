import { expect } from 'chai'
import { aptArchives } from '../../../dist/services/registries/apt-source.js'
import { cargoRegistry } from '../../../dist/services/registries/cargo-source.js'
import { gemSources } from '../../../dist/services/registries/gem-source.js'
import { goProxies } from '../../../dist/services/registries/go-source.js'
import { npmRegistries } from '../../../dist/services/registries/npm-source.js'
import { pipIndexes } from '../../../dist/services/registries/pip-source.js'
import { FakeTools, failure } from './fake-tools.js'

describe('the registries that tools are configured for', () => {
  let tools: FakeTools
  beforeEach(() => {
    tools = new FakeTools()
  })
  afterEach(() => tools.remove())
  const options = () => ({ environment: tools.environment() })

  describe('npm', () => {
    it('names the registry, and those of scopes', async () => {
      const config = {
        registry: 'https://npm.test/',
        '@acme:registry': 'https://npm.acme.test/',
        'fetch-retries': 2,
        '//npm.test/:_authToken': '(protected)',
      }
      tools.prints('npm', JSON.stringify(config))
      const found = await npmRegistries(options())
      expect(found.registry).to.equal('https://npm.test/')
      expect([...found.scoped]).to.deep.equal([['@acme', 'https://npm.acme.test/']])
    })

    for (const [why, text] of [
      ['it prints no JSON', 'hello'],
      ['it prints no object', 'null'],
      ['there is no registry in it', '{"registry":5}'],
    ] as const) {
      it(`is unknown when ${why}`, async () => {
        tools.prints('npm', text)
        const error = await failure(npmRegistries(options()))
        expect(error).to.deep.include({ name: 'RegistryUnknown', kind: 'npm-registry' })
        expect(error.message).to.include('services.npm.install({ registry:')
      })
    }

    it('is unknown, with a way out, when npm is not there', async () => {
      const error = await failure(npmRegistries(options()))
      expect(error.message).to.match(/`npm` is not installed here\. Name it: services\.npm/)
    })
  })

  describe('pip', () => {
    const withDefault = () => tools.prints('python3', 'https://py.test/simple\nfiles.py.test')

    it('names its own default and the host of its files when nothing is configured', async () => {
      withDefault().prints('pip', "global.timeout='60'")
      expect(await pipIndexes(options())).to.deep.equal({
        indexes: ['https://py.test/simple'],
        files: ['https://files.py.test/packages'],
      })
    })

    it('prefers a variable to a setting of a command, and that to a general one', async () => {
      const lines = [
        "global.index-url='https://general.test/simple'",
        "download.index-url='https://other.test/simple'",
        "install.index-url='https://command.test/simple'",
      ]
      tools.prints('pip', lines.join('\n'))
      expect((await pipIndexes(options())).indexes).to.deep.equal(['https://command.test/simple'])
      tools.prints('pip', [...lines, ":env:.index-url='https://env.test/simple'"].join('\n'))
      expect((await pipIndexes(options())).indexes).to.deep.equal(['https://env.test/simple'])
    })

    it('takes further indexes, and leaves out those in folders', async () => {
      const extra = "global.extra-index-url='\\nhttps://a.test/simple\\nfile:///opt/simple'"
      withDefault().prints('pip', extra)
      expect((await pipIndexes(options())).indexes).to.deep.equal([
        'https://py.test/simple',
        'https://a.test/simple',
      ])
    })

    it('is unknown when neither pip nor its default can be asked', async () => {
      expect((await failure(pipIndexes(options()))).message).to.include('`pip` or `pip3`')
      tools.prints('pip', '')
      expect((await failure(pipIndexes(options()))).message).to.include('`python3` or `python`')
      tools.prints('python3', 'nothing')
      expect((await failure(pipIndexes(options()))).message).to.include('default index')
    })
  })

  describe('Cargo', () => {
    const kept = (host: string, dl: string) =>
      tools.file(
        `.cargo/registry/index/${host}-1949cf8c6b5b557f/config.json`,
        JSON.stringify({ dl, api: 'https://api.test' }),
      )

    it('names the one index that it has a copy of', async () => {
      kept('index.test', 'https://static.test/crates').prints('cargo', '{}')
      expect(await cargoRegistry(options())).to.deep.equal({
        index: 'https://index.test',
        downloads: 'https://static.test/crates',
      })
    })

    it('does not take a registry that stands beside crates-io for it', async () => {
      kept('index.test', 'https://static.test/crates')
      kept('crates.acme.test', 'https://crates.acme.test/dl')
      const config = { registries: { acme: { index: 'sparse+https://crates.acme.test/index/' } } }
      tools.prints('cargo', JSON.stringify(config))
      expect((await cargoRegistry(options())).index).to.equal('https://index.test')
    })

    it('follows what stands in place of crates-io', async () => {
      const source = {
        'crates-io': { 'replace-with': 'near' },
        near: { 'replace-with': 'mirror' },
        mirror: { registry: 'sparse+https://mirror.test/index/' },
      }
      tools.prints('cargo', JSON.stringify({ source }))
      expect(await cargoRegistry(options())).to.deep.equal({
        index: 'https://mirror.test/index/',
        downloads: null,
      })
    })

    it('follows a replacement that is a registry', async () => {
      const config = {
        source: { 'crates-io': { 'replace-with': 'acme' } },
        registries: { acme: { index: 'sparse+https://crates.acme.test/index/' } },
      }
      kept('crates.acme.test', 'https://crates.acme.test/dl').prints(
        'cargo',
        JSON.stringify(config),
      )
      expect(await cargoRegistry(options())).to.deep.equal({
        index: 'https://crates.acme.test/index/',
        downloads: 'https://crates.acme.test/dl',
      })
    })

    for (const [why, config] of [
      ['sources replace one another without end', ring()],
      ['the source in use is a git index', gitIndex()],
      ['nothing was fetched yet', {}],
    ] as const) {
      it(`is unknown when ${why}`, async () => {
        tools.prints('cargo', JSON.stringify(config))
        const error = await failure(cargoRegistry(options()))
        expect(error).to.deep.include({ name: 'RegistryUnknown', kind: 'crates' })
      })
    }

    it('is unknown when two copies could be the one', async () => {
      kept('a.test', 'https://a.test/dl')
      kept('b.test', 'https://b.test/dl').prints('cargo', '{}')
      expect(await failure(cargoRegistry(options()))).to.have.property('kind', 'crates')
    })
  })

  describe('Go', () => {
    const cases: readonly (readonly [string, string, unknown])[] = [
      [
        'https://proxy.test,direct\nsum.test',
        'leaves out what is fetched directly',
        {
          proxies: ['https://proxy.test'],
          sumdb: { name: 'sum.test', address: 'https://sum.test' },
        },
      ],
      [
        'https://a.test|https://b.test\noff',
        'takes several mirrors, and no checksums',
        { proxies: ['https://a.test', 'https://b.test'], sumdb: null },
      ],
      [
        'https://a.test\nsum.test+033de0ae+Ac4zctda https://mirror.test/sumdb',
        'takes the address of a checksum database with a key',
        {
          proxies: ['https://a.test'],
          sumdb: { name: 'sum.test', address: 'https://mirror.test/sumdb' },
        },
      ],
    ]
    for (const [text, title, wanted] of cases) {
      it(title, async () => {
        tools.prints('go', text)
        expect(await goProxies(options())).to.deep.equal(wanted)
      })
    }

    it('is unknown when everything is fetched directly', async () => {
      tools.prints('go', 'direct\noff')
      expect((await failure(goProxies(options()))).message).to.include('GOPROXY names no mirror')
    })

    it('does not let another toolchain be fetched', async () => {
      tools.script('go', `echo "https://$GOTOOLCHAIN.test"; echo off`)
      expect((await goProxies(options())).proxies).to.deep.equal(['https://local.test'])
    })
  })

  it('apt names its archives once, and tells flat ones', async () => {
    const lines = [
      'http://deb.test/debian/ bookworm',
      'http://deb.test/debian/ bookworm-updates',
      'https://flat.test/repo/ ./',
      'cdrom://disc/ bookworm',
    ]
    tools.prints('apt-get', lines.join('\n'))
    expect(await aptArchives(options())).to.deep.equal([
      { address: 'http://deb.test/debian/', flat: false },
      { address: 'https://flat.test/repo/', flat: true },
    ])
  })

  it('gem names its sources', async () => {
    tools.prints('gem', '*** CURRENT SOURCES ***\n\nhttps://gems.test/\n')
    expect(await gemSources(options())).to.deep.equal(['https://gems.test/'])
  })
})

function ring() {
  return { source: { 'crates-io': { 'replace-with': 'a' }, a: { 'replace-with': 'crates-io' } } }
}

function gitIndex() {
  const source = { 'crates-io': { 'replace-with': 'a' }, a: { registry: 'https://git.test/index' } }
  return { source }
}
