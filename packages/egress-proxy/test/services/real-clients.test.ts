import { expect } from 'chai'
import { execFile, spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { services } from '../../dist/services/services.js'
import { type Asked, decisionOn, dummyOf, type Guarded } from './asking.js'

type Answers = (path: string, base: string) => string | undefined

/** A service on loopback that knows some paths, and writes down what it is asked. */
class Listener {
  readonly asked: Asked[] = []
  answers: Answers = () => undefined
  readonly #server: Server = createServer((request, response) => {
    const { host, connection: _hop, ...headers } = request.headers
    const path = request.url ?? '/'
    const plain = Object.entries(headers).map(([name, value]) => [name, String(value)])
    const line = `${request.method ?? ''} https://fake.test${path}`
    this.asked.push({ line, headers: Object.fromEntries(plain) })
    const text = this.answers(path, `http://${host ?? ''}`)
    const type = text?.startsWith('<') === true ? 'text/html' : 'application/json'
    response.writeHead(text === undefined ? 404 : 200, { 'content-type': type }).end(text)
  })

  async open(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve))
    const { port } = this.#server.address() as AddressInfo
    return `http://127.0.0.1:${port}`
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections()
    await new Promise((resolve) => this.#server.close(resolve))
  }
}

function installed(tool: string): boolean {
  return spawnSync(tool, ['--version'], { timeout: 20_000 }).status === 0
}

describe('what real clients ask for, under the rules of services', function () {
  this.timeout(120_000)
  let home = ''
  let base = ''
  let listener: Listener

  beforeEach(async () => {
    home = mkdtempSync(join(tmpdir(), 'caisson-client-'))
    listener = new Listener()
    base = await listener.open()
  })
  afterEach(async () => {
    await listener.close()
    rmSync(home, { recursive: true, force: true })
  })

  /** How a client ends does not count: what it asks for on the way does. */
  function run(tool: string, args: readonly string[], more: Record<string, string> = {}) {
    const { PATH, RUSTUP_HOME, PYENV_ROOT, HOME } = process.env
    const known = {
      PATH,
      RUSTUP_HOME: RUSTUP_HOME ?? join(HOME ?? '/', '.rustup'),
      PYENV_ROOT: PYENV_ROOT ?? join(HOME ?? '/', '.pyenv'),
    }
    const options = { cwd: home, env: { ...known, HOME: home, ...more }, timeout: 60_000 }
    return new Promise<void>((resolve) => {
      execFile(tool, [...args], options, () => resolve())
    })
  }

  function refused(guarded: Guarded): readonly string[] {
    return listener.asked.flatMap((asked) => {
      const decision = decisionOn(guarded, asked)
      return decision?.verdict === 'allow' ? [] : [`${asked.line}: ${decision?.reason ?? 'path'}`]
    })
  }

  const client = (tool: string) => (installed(tool) ? it : it.skip)

  client('npm')('npm installs packages, with a scope and without (needs npm)', async () => {
    listener.answers = packument
    const flags = ['--no-audit', '--fetch-retries=0', '--registry', base]
    await run('npm', ['install', ...flags, 'lodash'])
    await run('npm', ['install', ...flags, '@types/node'])
    const allow = await services.npm.install({ registry: 'https://fake.test' })
    expect(refused({ allow })).to.deep.equal([])
    const paths = listener.asked.map(({ line }) => line.split('fake.test')[1])
    expect(paths).to.include.members([
      '/lodash',
      '/lodash/-/lodash-1.0.0.tgz',
      '/@types%2fnode',
      '/@types/node/-/node-1.0.0.tgz',
    ])
  })

  client('pip')('pip fetches a page and a file (needs pip)', async () => {
    listener.answers = (path, at) =>
      path.startsWith('/simple/')
        ? `<a href="${at}/packages/aa/foo-1.0-py3-none-any.whl">foo-1.0-py3-none-any.whl</a>`
        : undefined
    const args = ['download', '--no-deps', '--retries', '0', '-i', `${base}/simple`, 'foo']
    await run('pip', args, { PIP_CONFIG_FILE: '/dev/null' })
    const allow = await services.pypi.install({
      index: 'https://fake.test/simple',
      files: ['https://fake.test/packages'],
    })
    expect(refused({ allow })).to.deep.equal([])
    expect(listener.asked).to.have.lengthOf.at.least(2)
  })

  client('cargo')('Cargo fetches an index and an archive (needs cargo)', async () => {
    listener.answers = crateIndex
    writeCrate(home, base)
    await run('cargo', ['fetch', '--manifest-path', join(home, 'c/Cargo.toml')], {
      CARGO_HOME: join(home, '.cargo'),
      CARGO_NET_RETRY: '0',
    })
    const allow = await services.crates.fetch({
      index: 'https://fake.test',
      downloads: 'https://fake.test/crates',
    })
    expect(refused({ allow })).to.deep.equal([])
    expect(listener.asked).to.have.lengthOf.at.least(3)
  })

  client('git')('git clones, without a name and with a dummy (needs git)', async () => {
    const config = ['-c', 'credential.helper=']
    const password = Buffer.from(`x-access-token:${dummyOf('git')}`).toString('base64')
    const header = ['-c', `http.extraheader=authorization: Basic ${password}`]
    const quiet = { GIT_TERMINAL_PROMPT: '0' }
    await run('git', [...config, 'clone', `${base}/acme/shop.git`, 'a'], quiet)
    await run('git', [...config, ...header, 'clone', `${base}/acme/shop`, 'b'], quiet)
    const repositories = ['acme/shop']
    const rules = services.github({ repositories, access: 'read', gitCredential: 'git' })
    const allow = rules.map((rule) => ({ ...rule, host: 'fake.test', profile: 'github' }))
    const credentials = { git: { source: { env: 'A' }, carrier: { basic: 'x-access-token' } } }
    expect(refused({ allow, credentials })).to.deep.equal([])
    expect(listener.asked).to.have.lengthOf(2)
  })
})

function packument(path: string, base: string): string | undefined {
  const name = decodeURIComponent(path.slice(1))
  if (path.includes('/-/') || !['lodash', '@types/node'].includes(name)) return undefined
  const tarball = `${base}/${name}/-/${name.split('/').at(-1) ?? ''}-1.0.0.tgz`
  const version = { name, version: '1.0.0', dist: { tarball, shasum: '0'.repeat(40) } }
  return JSON.stringify({ name, 'dist-tags': { latest: '1.0.0' }, versions: { '1.0.0': version } })
}

function crateIndex(path: string, base: string): string | undefined {
  if (path === '/config.json') return JSON.stringify({ dl: `${base}/crates` })
  if (path !== '/fo/ob/foobar') return undefined
  const crate = { name: 'foobar', vers: '1.0.0', deps: [], features: {}, yanked: false }
  return JSON.stringify({ ...crate, cksum: 'a'.repeat(64) })
}

function writeCrate(home: string, base: string): void {
  mkdirSync(join(home, 'c/src'), { recursive: true })
  mkdirSync(join(home, '.cargo'))
  const manifest = '[package]\nname="c"\nversion="0.1.0"\n[dependencies]\nfoobar="1"\n'
  writeFileSync(join(home, 'c/Cargo.toml'), manifest)
  writeFileSync(join(home, 'c/src/main.rs'), 'fn main() {}\n')
  const source = `[source.crates-io]\nreplace-with="m"\n[source.m]\nregistry="sparse+${base}/"\n`
  writeFileSync(join(home, '.cargo/config.toml'), source)
}
