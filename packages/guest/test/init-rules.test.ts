import { expect } from 'chai'
import { mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { mount, rule, type MountStep } from './init-sandbox.ts'
import {
  hostFolder,
  liveObstacle,
  whySkipped,
  liveSandbox,
  shell,
  type LiveOptions,
} from './live/live-sandbox.ts'
import { sandboxRejection } from './rejection.ts'

/** Files of a host folder, by path; each holds its own path. */
function tree(...paths: readonly string[]): Disposable & { readonly path: string } {
  const host = hostFolder()
  for (const path of paths) {
    mkdirSync(dirname(join(host.path, path)), { recursive: true })
    writeFileSync(join(host.path, path), `${path}\n`)
  }
  return host
}

/** Runs a script in a sandbox with one mount and gives its output, errors left out. */
async function inside(host: string, step: Partial<MountStep>, script: string): Promise<string> {
  const options: LiveOptions = { operations: [mount(step)], staged: [host] }
  await using sandbox = await liveSandbox(options)
  expect(sandbox.session.gaps).to.deep.equal([])
  return (await shell(sandbox, `cd /work; ${script}`)).stdout.toString()
}

describe(`rules of a mount${whySkipped()}`, function () {
  before(function () {
    if (liveObstacle() !== undefined) this.skip()
  })

  for (const access of ['read', 'write', 'overlay'] as const) {
    it(`hide files and folders at any depth of a ${access} mount, and no others`, async () => {
      using host = tree('.env', 'a/b/c/.env', 'a/b/.envrc', 'a/keys/one', 'keys.txt')
      const deny = [rule('**/.env'), rule('**/keys')]
      const script = 'cat .env a/b/c/.env a/keys/one; ls a/keys; cat a/b/.envrc keys.txt'
      expect(await inside(host.path, { access, deny }, script)).to.equal('a/b/.envrc\nkeys.txt\n')
      expect(await inside(host.path, { access }, script)).to.match(
        /^\.env\na\/b\/c\/\.env\na\/keys/,
      )
    })
  }

  it('take the kind of a file into account', async () => {
    using host = tree('a/x', 'x/y')
    const ls = 'cat a/x; cat x/y'
    expect(await inside(host.path, { deny: [rule('**/x', 'file')] }, ls)).to.equal('x/y\n')
    expect(await inside(host.path, { deny: [rule('**/x', 'directory')] }, ls)).to.equal('a/x\n')
  })

  it('cannot be undone: what hides a path stays over it', async () => {
    using host = tree('d/.env')
    const script =
      'for c in "rm d/.env" "mv d/.env e" "ln d/.env e" "chmod 777 d/.env" "mv d e" "umount d/.env" "rm -r d"; do $c && echo $c; done'
    expect(await inside(host.path, { deny: [rule('**/.env')] }, script)).to.equal('')
    expect(readFileSync(join(host.path, 'd/.env'), 'utf8')).to.equal('d/.env\n')
  })

  it('protect files and folders from every change, and leave the rest writable', async () => {
    using host = tree('r/.git/hooks/sample', 'r/.git/config', 'r/.git/HEAD')
    const protect = [rule('**/.git/hooks'), rule('**/.git/config')]
    const attempts = [
      'echo x > r/.git/hooks/new',
      'echo x >> r/.git/hooks/sample',
      'rm r/.git/config',
      'mv -T r/.git/hooks r/.git/h',
      'mv r/.git r/other',
      'mv r q',
      'chmod 777 r/.git/hooks/sample',
    ]
    const script = attempts.map((line) => `(${line}) && echo "done: ${line}"`).join('; ')
    const others = 'echo x > r/.git/HEAD && mkdir r/src && mv r/src r/lib && cat r/.git/config'
    const said = await inside(host.path, { protect }, `${script}; ${others}`)
    expect(said).to.equal('r/.git/config\n')
    expect(readdirSync(join(host.path, 'r')).toSorted()).to.deep.equal(['.git', 'lib'])
    expect(await inside(host.path, {}, `${attempts[2]} && echo gone`)).to.equal('gone\n')
  })

  it('hold for what a symbolic link that matches leads to', async () => {
    using host = tree('real/secret', 'real/kept')
    symlinkSync('real/secret', join(host.path, '.env'))
    symlinkSync('real/kept', join(host.path, 'config'))
    const rules = { deny: [rule('.env')], protect: [rule('config')] }
    const script =
      'cat .env; cat real/secret; echo x >> real/kept; rm real/kept; mv real x; cat config'
    expect(await inside(host.path, rules, script)).to.equal('real/kept\n')
  })

  it('let nothing be moved to where the next sandbox would meet it plain', async () => {
    using host = tree('a/b/.env', 'real/deep/secret')
    symlinkSync('real/deep/secret', join(host.path, 'key'))
    const rules = { deny: [rule('**/.env'), rule('key')] }
    const moves =
      'mv a c; mv a/b a/c; mv real r; mv real/deep real/r; mv key k; mv real/deep/secret s'
    await inside(host.path, rules, moves)
    expect(await inside(host.path, rules, 'cat $(find . -type f); ls')).to.equal('a\nkey\nreal\n')
  })

  it('are told as a gap where a protected link leads to nothing yet', async () => {
    using host = tree('a')
    symlinkSync('later', join(host.path, 'config'))
    const operations = [mount({ protect: [rule('config')] })]
    await using sandbox = await liveSandbox({ operations, staged: [host.path] })
    const gap = { mountIndex: 0, rule: 'filesystem.test[config]', path: '/work/config' }
    expect(sandbox.session.gaps).to.deep.equal([
      { ...gap, why: 'a symbolic link that leads to nothing yet' },
    ])
  })

  it('hide a folder around a deeper mount, but for the way there', async () => {
    using host = tree('s/key', 's/pub/notice', 's/pub/.env')
    using other = tree('notice')
    const operations = [
      mount({ deny: [rule('s')] }),
      mount({ index: 1, access: 'read', target: '/work/s/pub' }),
    ]
    await using sandbox = await liveSandbox({ operations, staged: [host.path, other.path] })
    const script = 'cd /work; cat s/key; ls s; cat s/pub/.env; cat s/pub/notice; touch s/new'
    const { stdout, exitCode } = await shell(sandbox, script)
    expect([stdout.toString(), exitCode]).to.deep.equal(['notice\n', 1])
  })

  it('leave a file mount alone, which shows that one file', async () => {
    using host = tree('one', 'two')
    const step = mount({ fileKind: 'file', target: '/work/file', access: 'read' })
    await using sandbox = await liveSandbox({
      operations: [step],
      staged: [join(host.path, 'one')],
    })
    const script = 'cat /work/file; ls /work; echo x > /work/file || echo refused'
    expect((await shell(sandbox, script)).stdout.toString()).to.equal('one\nfile\nrefused\n')
  })

  it('let no folder with a protected file be removed in part', async () => {
    using host = tree('r/a', 'r/b/c', 'r/z/.git/config')
    await using sandbox = await liveSandbox({
      operations: [mount({ protect: [rule('**/.git/config')] })],
      staged: [host.path],
    })
    const error = await sandboxRejection(sandbox.session.fs.remove('/work/r', true))
    expect([error.code, error.errno]).to.deep.equal(['FILE', 'EBUSY'])
    expect(readdirSync(join(host.path, 'r')).toSorted()).to.deep.equal(['a', 'b', 'z'])
    await sandbox.session.fs.remove('/work/r/b', true)
    expect(readdirSync(join(host.path, 'r')).toSorted()).to.deep.equal(['a', 'z'])
  })

  it('let remove follow no link', async () => {
    using host = tree('r/a', 'kept/b')
    symlinkSync('../kept', join(host.path, 'r/link'))
    await using sandbox = await liveSandbox({ operations: [mount()], staged: [host.path] })
    await sandbox.session.fs.remove('/work/r', true)
    expect(readdirSync(host.path)).to.deep.equal(['kept'])
    expect(readdirSync(join(host.path, 'kept'))).to.deep.equal(['b'])
  })
})
