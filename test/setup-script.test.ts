import { expect } from 'chai'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { root } from './repository.ts'

function setup(path: string | undefined, ...options: readonly string[]) {
  const script = join(root, 'scripts', 'setup.mjs')
  const env = { ...process.env, PATH: path }
  return spawnSync(process.execPath, [script, ...options], { env, encoding: 'utf8' })
}

/** A folder of programs that stand in for apt-get and sudo; `installing` is what apt-get does. */
function machine(installing: string): Disposable & { path: string; log: () => string[] } {
  const path = mkdtempSync(join(tmpdir(), 'caisson-setup-'))
  const program = (name: string, body: string) =>
    writeFileSync(join(path, name), `#!/bin/sh\n${body}\n`, { mode: 0o755 })
  const log = join(path, 'log')
  program('apt-get', `echo "$*" >>'${log}'\ncase "$*" in *install*) ${installing} ;; esac`)
  program('sudo', '[ "$1" != -n ] || shift\n[ "$1" != true ] || exit 0\nexec "$@"')
  return {
    path,
    log: () => readFileSync(log, 'utf8').trim().split('\n'),
    [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }),
  }
}

const programs = 'bwrap git python3 curl openssl make gcc musl-gcc'

const why = process.platform === 'linux' ? '' : ' (skipped: Debian packages are for Linux)'

describe(`scripts/setup.mjs${why}`, () => {
  before(function () {
    if (why !== '') this.skip()
  })

  it('says nothing on a machine that has everything', () => {
    const { status, stdout, stderr } = setup(process.env['PATH'])
    expect([status, stdout, stderr]).to.deep.equal([0, '', ''])
  })

  it('names what is missing and what it is for, and installs nothing when only asked', () => {
    using bare = machine('exit 1')
    const { status, stdout } = setup(bare.path, '--check')
    expect(status).to.equal(1)
    expect(stdout).to.match(/missing bubblewrap: .+/)
    expect(stdout).to.match(/missing gcc: .+/)
    expect(bare.log).to.throw(/ENOENT/)
  })

  it('brings the package lists up to date once and then installs, in one go', () => {
    using bare = machine(
      `for p in ${programs}; do echo >"\${0%/*}/$p"; /bin/chmod +x "\${0%/*}/$p"; done`,
    )
    const { status, stderr } = setup(bare.path)
    expect([status, stderr]).to.deep.equal([0, ''])
    const [update, install, ...more] = bare.log()
    expect(update).to.match(/ update$/)
    expect(install).to.match(
      / install --no-install-recommends bubblewrap git python3 curl openssl make gcc musl-tools$/,
    )
    expect(more).to.deep.equal([])
  })

  it('fails when something is still missing after installing', () => {
    using bare = machine('true')
    const { status, stderr } = setup(bare.path)
    expect(status).to.equal(1)
    expect(stderr).to.match(/still missing after installing: bubblewrap, /)
  })

  it('fails with what to install where there is no apt-get', () => {
    const { status, stderr } = setup('/nonexistent')
    expect(status).to.equal(1)
    expect(stderr).to.match(/no apt-get here; install what provides: bubblewrap, /)
  })
})
