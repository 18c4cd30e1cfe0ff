import { lstat, mkdir, readdir, readFile, readlink, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { CommitReport, FilesystemPolicy } from '@caisson/core'
import { expect } from 'chai'
import { failureOf, type Fixture, hostDir, makeFixture } from './fixture.ts'

/** A sandbox with an overlay of a host folder at `/work/repo`. */
function overlayOf(source: string, more: Omit<FilesystemPolicy, 'mounts'> = {}): Promise<Fixture> {
  const mounts = [{ source, target: '/work/repo', access: 'overlay' as const }]
  return makeFixture({ filesystem: { mounts, ...more } })
}

const at = '/work/repo'

function skippedPaths({ skipped }: CommitReport): Record<string, string> {
  return Object.fromEntries(skipped.map(({ change, why }) => [change.path, why]))
}

describe('changes', () => {
  it('lists what differs in each overlay, and what the policy keeps from being committed', async () => {
    await using host = await hostDir()
    await using fixture = await overlayOf(host.path, { deny: ['.env'] })
    const { overlays } = fixture.session
    overlays.put(at, { path: 'a.txt', data: 'hello' })
    overlays.put(at, { path: '.env', data: 'x' })
    overlays.put(at, { path: '.git/hooks/pre-commit', data: 'x', mode: 0o755 })
    const changes = await fixture.sandbox.changes()
    expect(changes[0]).to.deep.equal({
      mount: at,
      absolutePath: '/work/repo/a.txt',
      path: 'a.txt',
      type: 'created',
      kind: 'file',
      size: 5,
      mode: 0o644,
      protected: false,
      rule: null,
    })
    expect(changes.map((change) => change.protected)).to.deep.equal([false, true, true])
    expect(changes[1]?.rule).to.equal('filesystem.deny[0]')
  })

  it('refuses a list with paths that leave the mount', async () => {
    await using host = await hostDir()
    await using fixture = await overlayOf(host.path)
    for (const path of ['../x', '/x', 'a/../../x', '', 'a//b', 'a\0b']) {
      fixture.session.overlays.entries.clear()
      fixture.session.overlays.put(at, { path })
      expect((await failureOf(fixture.sandbox.changes())).code, path).to.equal('PROTOCOL')
      expect((await failureOf(fixture.sandbox.commit())).code, path).to.equal('PROTOCOL')
    }
    expect(await readdir(host.path)).to.deep.equal([])
  })
})

describe('commit', () => {
  it('creates, replaces and removes, and forgets what it carried over', async () => {
    await using host = await hostDir()
    await mkdir(join(host.path, 'old/deep'), { recursive: true })
    await writeFile(join(host.path, 'old/deep/f'), '1')
    await writeFile(join(host.path, 'kept'), 'before')
    await using fixture = await overlayOf(host.path)
    const { overlays } = fixture.session
    overlays.put(at, { path: 'kept', type: 'modified', data: 'after', mode: 0o4755 })
    overlays.put(at, { path: 'new', kind: 'directory', mode: 0o755 })
    overlays.put(at, { path: 'new/f', data: 'content' })
    overlays.put(at, { path: 'new/link', kind: 'symlink', data: '../kept' })
    overlays.put(at, { path: 'old', type: 'deleted', kind: 'directory' })
    overlays.put(at, { path: 'old/deep', type: 'deleted', kind: 'directory' })
    overlays.put(at, { path: 'old/deep/f', type: 'deleted' })
    const report = await fixture.sandbox.commit()
    expect(report.skipped).to.deep.equal([])
    expect(report.committed).to.have.length(7)
    expect(await readdir(host.path)).to.have.members(['kept', 'new'])
    expect(await readFile(join(host.path, 'kept'), 'utf8')).to.equal('after')
    expect((await lstat(join(host.path, 'kept'))).mode & 0o7777).to.equal(0o755)
    expect(await readFile(join(host.path, 'new/f'), 'utf8')).to.equal('content')
    expect(await readlink(join(host.path, 'new/link'))).to.equal('../kept')
    expect(await fixture.sandbox.changes()).to.deep.equal([])
  })

  it('skips what the policy protects or hides, and leaves it in the overlay', async () => {
    await using host = await hostDir()
    await mkdir(join(host.path, '.git/hooks'), { recursive: true })
    await using fixture = await overlayOf(host.path, { deny: ['secret'], protect: ['locked'] })
    const { overlays } = fixture.session
    overlays.put(at, { path: '.git/hooks/pre-commit', data: 'evil', mode: 0o755 })
    overlays.put(at, { path: 'locked', kind: 'directory', mode: 0o755 })
    overlays.put(at, { path: 'locked/in', data: 'x' })
    overlays.put(at, { path: 'secret', data: 'x' })
    const report = await fixture.sandbox.commit()
    expect(report.committed).to.deep.equal([])
    expect(skippedPaths(report)['.git/hooks/pre-commit']).to.match(/protects it \(protectDefaults:/)
    expect(skippedPaths(report)['locked/in']).to.include('filesystem.protect[0]')
    expect(skippedPaths(report)['secret']).to.include('filesystem.deny[0]')
    expect(await readdir(join(host.path, '.git/hooks'))).to.deep.equal([])
    expect(await fixture.sandbox.changes()).to.have.length(4)
  })

  it('skips a link or file that would stand in for the folder above a protected path', async () => {
    await using host = await hostDir()
    await using fixture = await overlayOf(host.path)
    const { overlays } = fixture.session
    overlays.put(at, { path: '.git', kind: 'symlink', data: 'evil' })
    overlays.put(at, { path: 'sub/.git', data: 'gitdir: ../evil' })
    const report = await fixture.sandbox.commit()
    expect(Object.keys(skippedPaths(report))).to.have.members(['.git', 'sub/.git'])
    expect(await readdir(host.path)).to.deep.equal([])
  })

  it('refuses links that lead out of the mount, and makes those that stay in it', async () => {
    await using host = await hostDir()
    await mkdir(join(host.path, 'd'))
    await using fixture = await overlayOf(host.path)
    const { overlays } = fixture.session
    const links: Record<string, string> = {
      absolute: '/etc/passwd',
      up: '../x',
      'd/up': '../../x',
      detour: 'd/../../x',
      empty: '',
      lossy: '\uFFFD',
      'd/stays': '../inside',
      dot: './inside',
    }
    for (const [path, data] of Object.entries(links))
      overlays.put(at, { path, kind: 'symlink', data })
    const { committed, skipped } = await fixture.sandbox.commit()
    expect(committed.map(({ path }) => path)).to.deep.equal(['d/stays', 'dot'])
    expect(skipped).to.have.length(6)
    expect(await readdir(host.path)).to.have.members(['d', 'dot'])
  })

  it('does not write through a link on the host', async () => {
    await using host = await hostDir()
    await using outside = await hostDir()
    await symlink(outside.path, join(host.path, 'way'))
    await writeFile(join(outside.path, 'target'), 'safe')
    await symlink(join(outside.path, 'target'), join(host.path, 'name'))
    await using fixture = await overlayOf(host.path)
    const { overlays } = fixture.session
    overlays.put(at, { path: 'way/in', data: 'evil' })
    overlays.put(at, { path: 'way/target', type: 'deleted' })
    overlays.put(at, { path: 'name', type: 'modified', data: 'new' })
    const report = await fixture.sandbox.commit()
    expect(Object.keys(skippedPaths(report))).to.have.members(['way/in', 'way/target'])
    expect(await readFile(join(outside.path, 'target'), 'utf8')).to.equal('safe')
    expect(await readdir(outside.path)).to.deep.equal(['target'])
    expect((await lstat(join(host.path, 'name'))).isFile()).to.equal(true)
  })

  it('refuses when the source itself became a link', async () => {
    await using host = await hostDir()
    await using outside = await hostDir()
    const source = join(host.path, 'repo')
    await mkdir(source)
    await using fixture = await overlayOf(source)
    const { rmdir } = await import('node:fs/promises')
    await rmdir(source)
    await symlink(outside.path, source)
    fixture.session.overlays.put(at, { path: 'f', data: 'x' })
    expect((await failureOf(fixture.sandbox.commit())).code).to.equal('COMMIT_REFUSED')
    expect(await readdir(outside.path)).to.deep.equal([])
  })

  it('removes no more than what was listed', async () => {
    await using host = await hostDir()
    await mkdir(join(host.path, 'd'))
    await writeFile(join(host.path, 'd/removed'), 'x')
    await using fixture = await overlayOf(host.path)
    // File systems tell times in steps of some milliseconds.
    await new Promise((resolve) => setTimeout(resolve, 20))
    await writeFile(join(host.path, 'd/made-meanwhile'), 'x')
    fixture.session.overlays.put(at, { path: 'd', type: 'deleted', kind: 'directory' })
    const report = await fixture.sandbox.commit()
    expect(skippedPaths(report)['d']).to.include('holds more')
    expect(await readdir(join(host.path, 'd'))).to.deep.equal(['made-meanwhile'])
  })

  it('lists and removes what was in a removed folder, but for what the policy protects', async () => {
    await using host = await hostDir()
    await using outside = await hostDir()
    await mkdir(join(host.path, 'd/.git/hooks'), { recursive: true })
    await writeFile(join(host.path, 'd/.git/hooks/pre-push'), 'x')
    await writeFile(join(host.path, 'd/.git/HEAD'), 'x')
    await mkdir(join(host.path, 'e/f'), { recursive: true })
    await symlink(outside.path, join(host.path, 'e/f/link'))
    await writeFile(join(outside.path, 'safe'), 'x')
    await using fixture = await overlayOf(host.path)
    for (const path of ['d', 'e'])
      fixture.session.overlays.put(at, { path, type: 'deleted', kind: 'directory' })
    const changes = await fixture.sandbox.changes()
    expect(changes.map(({ path }) => path)).to.include.members([
      'd/.git/hooks/pre-push',
      'e/f/link',
    ])
    const report = await fixture.sandbox.commit()
    expect(skippedPaths(report)['d/.git/hooks/pre-push']).to.match(/protects it/)
    expect(await readdir(host.path, { recursive: true })).to.have.members([
      'd',
      'd/.git',
      'd/.git/hooks',
      'd/.git/hooks/pre-push',
    ])
    expect(await readdir(outside.path)).to.deep.equal(['safe'])
    expect(fixture.session.overlays.discarded).to.deep.equal(['e'])
  })

  it('skips special files, files that are too large, and names that are not UTF-8', async () => {
    await using host = await hostDir()
    await using fixture = await overlayOf(host.path)
    const { overlays } = fixture.session
    overlays.put(at, { path: 'pipe', kind: 'fifo' })
    overlays.put(at, { path: 'node', kind: 'device' })
    overlays.put(at, { path: 'large', data: '12345' })
    overlays.put(at, { path: 'bad\uFFFD', data: '1' })
    const report = await fixture.sandbox.commit(undefined, { maxFileBytes: 4 })
    expect(skippedPaths(report)).to.deep.equal({
      pipe: 'it is a fifo',
      node: 'it is a device',
      large: 'it is too large, alone or with the files before it',
      'bad\uFFFD': 'its name is not UTF-8',
    })
    expect(await readdir(host.path)).to.deep.equal([])
  })

  it('carries over what a filter picks, and keeps the folders above the rest', async () => {
    await using host = await hostDir()
    await using fixture = await overlayOf(host.path)
    const { sandbox, session } = fixture
    session.overlays.put(at, { path: 'src', kind: 'directory', mode: 0o755 })
    session.overlays.put(at, { path: 'src/a.ts', data: 'a' })
    session.overlays.put(at, { path: 'src/b.js', data: 'b' })
    const byGlob = await sandbox.commit(['src'])
    expect(byGlob.committed).to.have.length(3)
    session.overlays.put(at, { path: 'src', type: 'modified', kind: 'directory', mode: 0o755 })
    session.overlays.put(at, { path: 'src/c.ts', data: 'c' })
    session.overlays.put(at, { path: 'src/d.js', data: 'd' })
    await sandbox.commit((change) => change.path !== 'src/d.js')
    expect(await readdir(join(host.path, 'src'))).to.have.members(['a.ts', 'b.js', 'c.ts'])
    expect((await sandbox.changes()).map(({ path }) => path)).to.deep.equal(['src', 'src/d.js'])
  })

  it('takes globs relative to the mount and absolute inside, and refuses others', async () => {
    await using host = await hostDir()
    await using fixture = await overlayOf(host.path)
    const { sandbox, session } = fixture
    for (const path of ['a.ts', 'b.js', 'c.md']) session.overlays.put(at, { path, data: path })
    await sandbox.commit(['**/*.ts'])
    await sandbox.commit(['/work/repo/b.js'])
    expect(await readdir(host.path)).to.have.members(['a.ts', 'b.js'])
    const wrong = await sandbox.commit(['../x']).catch((error) => error)
    expect(wrong).to.be.instanceOf(TypeError)
  })

  it('does nothing when the sandbox cannot be stopped for it', async () => {
    await using host = await hostDir()
    await using fixture = await overlayOf(host.path)
    fixture.session.overlays.put(at, { path: 'f', data: 'x' })
    fixture.session.overlays.canFreeze = false
    expect((await failureOf(fixture.sandbox.commit())).code).to.equal('TIMEOUT')
    expect(await readdir(host.path)).to.deep.equal([])
  })

  it('puts a file where a folder was emptied, and a folder where a file was', async () => {
    await using host = await hostDir()
    await mkdir(join(host.path, 'x'))
    await writeFile(join(host.path, 'x/f'), '1')
    await writeFile(join(host.path, 'y'), '1')
    await using fixture = await overlayOf(host.path)
    const { overlays } = fixture.session
    overlays.put(at, { path: 'x', type: 'modified', data: 'now a file' })
    overlays.put(at, { path: 'x/f', type: 'deleted' })
    overlays.put(at, { path: 'y', type: 'modified', kind: 'directory', mode: 0o755 })
    overlays.put(at, { path: 'y/g', data: '2' })
    const report = await fixture.sandbox.commit()
    expect(report.skipped).to.deep.equal([])
    expect(await readFile(join(host.path, 'x'), 'utf8')).to.equal('now a file')
    expect(await readFile(join(host.path, 'y/g'), 'utf8')).to.equal('2')
  })
})

describe('discard', () => {
  it('forgets what a filter picks and touches nothing of the host', async () => {
    await using host = await hostDir()
    await using fixture = await overlayOf(host.path)
    const { sandbox, session } = fixture
    for (const path of ['a', 'b']) session.overlays.put(at, { path, data: path })
    expect(await sandbox.discard(['a'])).to.equal(1)
    expect((await sandbox.changes()).map(({ path }) => path)).to.deep.equal(['b'])
    expect(await sandbox.discard()).to.equal(1)
    expect(await sandbox.changes()).to.deep.equal([])
    expect(await readdir(host.path)).to.deep.equal([])
  })
})
