import { expect } from 'chai'
import { services } from '../../dist/services/services.js'
import { each, type Guarded } from './asking.js'
import { FakeTools, failure } from './registries/fake-tools.js'

/** Rules that are asked for once, before the tests that use them. */
function rules(make: () => Promise<Guarded['allow']> | Guarded['allow']): () => Guarded {
  let made: Guarded = { allow: [] }
  before(async () => {
    made = { allow: await make() }
  })
  return () => made
}

const token = { authorization: 'Bearer 0123456789abcdef0123456789abcdef' }

describe('services.npm.install', () => {
  const npm = rules(() =>
    services.npm.install({
      registry: 'https://npm.test/',
      scoped: { '@acme': 'https://npm.acme.test/api/npm/team/' },
    }),
  )
  each(npm, 'allow', [
    ['the description of a package', 'GET https://npm.test/lodash'],
    ['that of a package with a scope, as npm asks for it', 'GET https://npm.test/@types%2fnode'],
    ['an archive', 'GET https://npm.test/lodash/-/lodash-4.17.21.tgz'],
    ['an archive with a scope', 'GET https://npm.test/@types/node/-/node-20.0.0.tgz'],
    ['a scope of its own', 'GET https://npm.acme.test/api/npm/team/@acme%2fui'],
    ['its archives', 'GET https://npm.acme.test/api/npm/team/@acme/ui/-/ui-1.0.0.tgz'],
  ])
  each(npm, 'refused', [
    ['publishing', { line: 'PUT https://npm.test/stolen', json: {} }],
    ['publishing with a scope', { line: 'PUT https://npm.test/@evil%2fdrop', json: {} }],
  ])
  each(npm, 'refused', [
    ['an audit', { line: 'POST https://npm.test/-/npm/v1/security/advisories/bulk', json: {} }],
    ['a login', { line: 'PUT https://npm.test/-/user/org.couchdb.user:evil', json: {} }],
    ['a token', { line: 'POST https://npm.test/-/npm/v1/tokens', json: {} }],
    ['a search', 'GET https://npm.test/-/v1/search?text=data'],
    ['two escaped slashes', 'GET https://npm.test/@a%2fb%2fc'],
    ['another scope at the registry of one', 'GET https://npm.acme.test/api/npm/team/@evil%2fui'],
    ['what lies beside the registry', 'GET https://npm.acme.test/api/npm/other/@acme%2fui'],
  ])
  each(npm, 'refused', [['data in the query', 'GET https://npm.test/lodash?q=data']])
  each(npm, 'bad_path', [
    ['a way up behind one', 'GET https://npm.test/@a%2f..%2f-%2fall'],
    ['one at a host that spells none', 'GET https://other.test/@a%2fb'],
  ])
  each(npm, 'foreign_credential', [
    ['a token of the program', { line: 'GET https://npm.test/lodash', headers: token }],
  ])
})

describe('services.pypi.install', () => {
  const apart = rules(() =>
    services.pypi.install({
      index: 'https://py.test/simple',
      files: ['https://files.py.test/packages'],
    }),
  )
  const mirror = rules(() =>
    services.pypi.install({ index: 'https://mirror.test/api/pypi/team/simple/' }),
  )
  each(apart, 'allow', [
    ['the page of a project', 'GET https://py.test/simple/requests/'],
    ['the same without a slash', 'GET https://py.test/simple/requests'],
    ['a file', 'GET https://files.py.test/packages/ab/cd/ef/requests-2.0-py3-none-any.whl'],
    ['its metadata', 'GET https://files.py.test/packages/ab/cd/ef/requests-2.0.whl.metadata'],
  ])
  each(mirror, 'allow', [
    ['a page of a mirror', 'GET https://mirror.test/api/pypi/team/simple/requests/'],
    ['a file beside it', 'GET https://mirror.test/api/pypi/team/packages/requests-2.0.tar.gz'],
  ])
  each(mirror, 'refused', [
    ['what lies elsewhere on the mirror', 'GET https://mirror.test/api/npm/team/lodash'],
  ])
  each(apart, 'refused', [
    ['uploading', { line: 'POST https://py.test/legacy/', json: {} }],
    ['the old search', { line: 'POST https://py.test/pypi', json: {} }],
  ])
  each(apart, 'foreign_credential', [
    ['a token of the program', { line: 'GET https://py.test/simple/a/', headers: token }],
  ])
})

describe('services.crates.fetch', () => {
  const crates = rules(() =>
    services.crates.fetch({
      index: 'sparse+https://index.test/',
      downloads: 'https://static.test/crates',
    }),
  )
  const marked = rules(() =>
    services.crates.fetch({
      index: 'https://index.test/',
      downloads: 'https://static.test/files/{prefix}/{crate}-{version}.crate',
    }),
  )
  each(crates, 'allow', [
    ['what the index says of itself', 'GET https://index.test/config.json'],
    ['a name of one letter', 'GET https://index.test/1/a'],
    ['a name of two letters', 'GET https://index.test/2/cc'],
    ['a name of three letters', 'GET https://index.test/3/l/log'],
    ['a longer name', 'GET https://index.test/se/rd/serde'],
    ['an archive', 'GET https://static.test/crates/serde/1.0.0/download'],
  ])
  each(marked, 'allow', [
    ['an archive below a prefix', 'GET https://static.test/files/se/rd/serde-1.0.0.crate'],
    ['one of a short name', 'GET https://static.test/files/1/a-1.0.0.crate'],
  ])
  each(crates, 'refused', [['writing', { line: 'PUT https://index.test/se/rd/serde', json: {} }]])
  each(crates, 'refused', [
    ['publishing', { line: 'PUT https://index.test/api/v1/crates/new/a', json: {} }],
  ])

  it('does not guess where archives lie', async () => {
    const error = await failure(services.crates.fetch({ index: 'https://index.test/' }))
    expect(error).to.have.property('name', 'RegistryUnknown')
  })
})

describe('services.goModules.fetch', () => {
  const some = rules(() =>
    services.goModules.fetch({
      proxy: 'https://proxy.test',
      sumdb: 'https://sum.test',
      modules: ['golang.org/x', 'github.com/Azure/sdk'],
    }),
  )
  each(some, 'allow', [
    ['versions', 'GET https://proxy.test/golang.org/x/net/@v/list'],
    ['an archive', 'GET https://proxy.test/golang.org/x/net/@v/v0.1.0.zip'],
    ['a path with capitals', 'GET https://proxy.test/github.com/!azure/sdk/@v/v1.0.0.mod'],
    [
      'a checksum at the mirror',
      'GET https://proxy.test/sumdb/sum.test/lookup/golang.org/x/net@v0.1.0',
    ],
    ['a checksum', 'GET https://sum.test/lookup/github.com/!azure/sdk@v1.0.0'],
    ['a tile', 'GET https://sum.test/tile/8/0/x001/234'],
  ])
  each(some, 'refused', [
    ['a module at an attacker’s host', 'GET https://proxy.test/evil.test/c3RvbGVu/@v/list'],
    ['its checksum', 'GET https://sum.test/lookup/evil.test/c3RvbGVu@v1.0.0'],
    ['a host as the whole module', 'GET https://sum.test/lookup/c3RvbGVu.evil.test@v1.0.0'],
    ['a neighbour that begins alike', 'GET https://proxy.test/golang.org/xy/net/@v/list'],
  ])

  for (const module of ['', '/a', 'a//b', 'a/..', 'a b', 'a/*', 'a%2fb']) {
    it(`takes no module such as ${JSON.stringify(module)}`, async () => {
      const options = { proxy: 'https://proxy.test', modules: [module] }
      const error = await failure(services.goModules.fetch(options))
      expect(error).to.be.instanceOf(TypeError)
    })
  }
})

describe('services.debian.install', () => {
  const debian = rules(() =>
    services.debian.install({ archives: ['http://deb.test/debian', 'https://sec.test/'] }),
  )
  each(debian, 'allow', [
    ['a list', 'GET http://deb.test/debian/dists/bookworm/InRelease'],
    ['a package', 'GET http://deb.test/debian/pool/main/g/git/git_2.39.5_amd64.deb'],
    [
      'one whose version is escaped',
      'GET http://deb.test/debian/pool/main/a/a/a_1%3a2%2b3_all.deb',
    ],
    ['another archive', 'GET https://sec.test/dists/bookworm-security/InRelease'],
  ])
  each(debian, 'refused', [['another path', 'GET http://deb.test/other/']])
  each(debian, 'refused', [['an upload', { line: 'PUT http://deb.test/debian/pool/a', json: {} }]])
})

describe('services.rubygems.install', () => {
  const gems = rules(() => services.rubygems.install({ sources: ['https://gems.test/'] }))
  each(gems, 'allow', [
    ['the index, at its own name', 'GET https://index.gems.test/versions'],
    ['a gem', 'GET https://gems.test/gems/rack-3.0.0.gem'],
    ['a specification', 'GET https://gems.test/quick/Marshal.4.8/rack-3.0.0.gemspec.rz'],
  ])
  each(gems, 'refused', [['publishing', { line: 'POST https://gems.test/api/v1/gems', json: {} }]])
})

describe('services.oci.pull', () => {
  const oci = rules(() =>
    services.oci.pull({ registry: 'https://oci.test', repositories: ['team/app'] }),
  )
  each(oci, 'allow', [
    ['looking whether it is one', 'GET https://oci.test/v2/'],
    ['a manifest', 'HEAD https://oci.test/v2/team/app/manifests/latest'],
    ['a layer', 'GET https://oci.test/v2/team/app/blobs/sha256:abc'],
  ])
  each(oci, 'refused', [
    ['pushing', { line: 'POST https://oci.test/v2/team/app/blobs/uploads/', json: {} }],
    ['another image', 'GET https://oci.test/v2/evil/drop/manifests/latest'],
    ['the catalogue', 'GET https://oci.test/v2/_catalog'],
  ])
  each(oci, 'refused', [
    ['writing a manifest', { line: 'PUT https://oci.test/v2/team/app/manifests/a', json: {} }],
  ])
  each(oci, 'foreign_credential', [
    ['a token of the program', { line: 'GET https://oci.test/v2/', headers: token }],
  ])

  for (const name of ['', 'Team/app', 'a/../b', 'a//b', 'a:latest', '*', 'a/*']) {
    it(`takes no image such as ${JSON.stringify(name)}`, () => {
      const options = { registry: 'https://oci.test', repositories: [name] }
      expect(() => services.oci.pull(options)).to.throw(TypeError, '`repositories`')
    })
  }
})

describe('services about registries', () => {
  let tools: FakeTools
  before(() => {
    tools = new FakeTools()
  })
  after(() => tools.remove())

  it('ask the tools when nothing is said', async () => {
    tools.prints('npm', '{"registry":"https://npm.test/","@acme:registry":"https://acme.test/"}')
    const found = await services.npm.install({ environment: tools.environment() })
    expect(found.map(({ host }) => host)).to.deep.equal(['npm.test', 'acme.test'])
    tools.prints('apt-get', 'http://deb.test/debian/ bookworm')
    const [archive] = await services.debian.install({ environment: tools.environment() })
    expect(archive).to.deep.include({ host: 'deb.test', protocol: 'http-plain' })
  })

  it('never put a password from the configuration into a rule or an error', async () => {
    tools.prints('npm', '{"registry":"https://me:hunter2@npm.test/"}')
    const error = await failure(services.npm.install({ environment: tools.environment() }))
    expect(error).to.be.instanceOf(TypeError)
    expect(`${error.message}${error.stack}`).to.include('credential').and.not.to.include('hunter2')
  })

  it('give no credential to plain HTTP', async () => {
    const plain = { sources: ['http://gems.test/'], credential: 'gems' }
    expect(await failure(services.rubygems.install(plain))).to.be.instanceOf(TypeError)
  })

  it('name the credential that they are told', async () => {
    const options = { registry: 'https://npm.test/', credential: 'npm' }
    const [rule] = await services.npm.install(options)
    expect(rule).to.have.property('identity', 'npm')
  })
})
