import type { WatchEvent } from '@caisson/core'
import { expect } from 'chai'
import { failureOf, hostDir, makeFixture } from './fixture.ts'

describe('fs', () => {
  it('writes, appends and reads bytes and text', async () => {
    await using fixture = await makeFixture()
    const { fs } = fixture.sandbox
    await fs.writeFile('/tmp/a', 'héllo')
    await fs.appendFile('/tmp/a', new TextEncoder().encode('!'))
    expect(await fs.readFile('/tmp/a', 'utf8')).to.equal('héllo!')
    expect(await fs.readFile('/tmp/a', { encoding: 'utf8' })).to.equal('héllo!')
    expect(await fs.readFile('/tmp/a')).to.deep.equal(Buffer.from('héllo!'))
    expect((await failureOf(fs.readFile('/tmp/a', { maxBytes: 3 }))).code).to.equal('LIMIT')
    expect((await failureOf(fs.writeFile('/tmp/a', '', { flag: 'wx' }))).errno).to.equal('EEXIST')
  })

  it('makes parents only when asked to', async () => {
    await using fixture = await makeFixture()
    const { fs } = fixture.sandbox
    expect((await failureOf(fs.writeFile('/tmp/x/y/z', ''))).errno).to.equal('ENOENT')
    await fs.writeFile('/tmp/x/y/z', 'deep', { parents: true })
    expect(await fs.readFile('/tmp/x/y/z', 'utf8')).to.equal('deep')
  })

  it('takes relative paths from the working directory', async () => {
    await using fixture = await makeFixture()
    const { sandbox, session } = fixture
    const { workingDirectory } = session.plan
    session.fs.folder(workingDirectory)
    await sandbox.fs.writeFile('f', 'x')
    expect(session.fs.nodes.has(`${workingDirectory}/f`)).to.equal(true)
  })

  it('tells stats with the names of Node', async () => {
    await using fixture = await makeFixture()
    const { fs } = fixture.sandbox
    await fs.writeFile('/tmp/a', 'abc', { mode: 0o600 })
    const stats = await fs.stat('/tmp/a')
    expect(stats).to.include({ size: 3, mode: 0o600, uid: 1, gid: 2, nlink: 1, ino: 7 })
    expect(stats).to.include({ mtimeMs: 1000.5, kind: 'file' })
    expect(stats.mtime.getTime()).to.equal(1000)
    expect([stats.isFile(), stats.isDirectory(), stats.isSymbolicLink()]).to.deep.equal([
      true,
      false,
      false,
    ])
    expect((await fs.lstat('/tmp')).isDirectory()).to.equal(true)
  })

  it('says that a file does not exist only when that is certain', async () => {
    await using fixture = await makeFixture()
    const { sandbox, session } = fixture
    expect(await sandbox.fs.exists('/tmp/a')).to.equal(false)
    expect(await sandbox.fs.exists('/tmp')).to.equal(true)
    session.fs.faults.set('/tmp/b', 'EACCES')
    expect((await failureOf(sandbox.fs.exists('/tmp/b'))).errno).to.equal('EACCES')
    expect((await failureOf(sandbox.fs.access('/tmp/a'))).errno).to.equal('ENOENT')
  })

  it('lists names, or entries with their kind', async () => {
    await using fixture = await makeFixture()
    const { fs } = fixture.sandbox
    await fs.mkdir('/tmp/d')
    await fs.writeFile('/tmp/f', '')
    expect(await fs.readdir('/tmp')).to.have.members(['d', 'f'])
    expect(await fs.readdir('/tmp', { withFileTypes: true })).to.deep.include({
      name: 'd',
      kind: 'directory',
    })
  })

  it('removes as Node does', async () => {
    await using fixture = await makeFixture()
    const { fs } = fixture.sandbox
    await fs.mkdir('/tmp/d/e', { recursive: true })
    expect((await failureOf(fs.rm('/tmp/d'))).errno).to.equal('EISDIR')
    expect((await failureOf(fs.unlink('/tmp/d'))).errno).to.equal('EISDIR')
    expect((await failureOf(fs.rmdir('/tmp/d'))).errno).to.equal('ENOTEMPTY')
    await fs.rm('/tmp/d', { recursive: true })
    expect((await failureOf(fs.rm('/tmp/d'))).errno).to.equal('ENOENT')
    await fs.rm('/tmp/d', { force: true })
    await fs.writeFile('/tmp/f', '')
    expect((await failureOf(fs.rmdir('/tmp/f'))).errno).to.equal('ENOTDIR')
    await fs.unlink('/tmp/f')
    expect(await fs.exists('/tmp/f')).to.equal(false)
  })

  it('renames, copies, links, cuts and dates', async () => {
    await using fixture = await makeFixture()
    const { sandbox, session } = fixture
    const { fs } = sandbox
    await fs.writeFile('/tmp/a', 'abc')
    await fs.copyFile('/tmp/a', '/tmp/b')
    await fs.rename('/tmp/a', '/tmp/c')
    await fs.truncate('/tmp/b', 1)
    await fs.chmod('/tmp/b', 0o700)
    await fs.symlink('b', '/tmp/l')
    await fs.utimes('/tmp/b', 1, new Date(2000))
    expect(await fs.readFile('/tmp/b', 'utf8')).to.equal('a')
    expect((await fs.stat('/tmp/b')).mode).to.equal(0o700)
    expect(await fs.readlink('/tmp/l')).to.equal('b')
    expect(await fs.realpath('/tmp/c')).to.equal('/tmp/c')
    expect(session.fs.calls).to.deep.equal(['setTimes /tmp/b 1000 2000'])
    expect((await failureOf(fs.cp('/tmp', '/tmp/x'))).errno).to.equal('EISDIR')
  })

  it('makes folders of its own with names that nobody can guess', async () => {
    await using fixture = await makeFixture()
    const { fs } = fixture.sandbox
    const [one, two] = [await fs.mkdtemp('/tmp/job-'), await fs.mkdtemp('/tmp/job-')]
    expect(one).to.match(/^\/tmp\/job-[0-9a-f]{12}$/)
    expect(one).to.not.equal(two)
    expect((await fs.stat(one)).mode).to.equal(0o700)
  })

  it('carries tar in both directions', async () => {
    await using fixture = await makeFixture()
    const { sandbox, session } = fixture
    await sandbox.fs.upload('/tmp', new TextEncoder().encode('bytes'))
    await sandbox.fs.upload('/tmp', new Blob(['blob']).stream() as ReadableStream<Uint8Array>)
    expect(session.fs.uploaded).to.equal('/tmp:bytes;/tmp:blob;')
    expect(await new Response(sandbox.fs.download('/tmp')).text()).to.equal('tar of /tmp')
    const reader = sandbox.fs.download('/tmp/none').getReader()
    expect((await failureOf(reader.read())).errno).to.equal('ENOENT')
  })

  it('watches until the loop is left, or the sandbox ends', async () => {
    await using fixture = await makeFixture()
    const { sandbox, session } = fixture
    session.fs.watched.push({ type: 'create', path: '/tmp/a' }, { type: 'modify', path: '/tmp/a' })
    const seen: WatchEvent[] = []
    for await (const event of sandbox.fs.watch('/tmp', { recursive: true }))
      if (seen.push(event) === 2) break
    expect(seen.map(({ type }) => type)).to.deep.equal(['create', 'modify'])
    expect(session.fs.calls).to.deep.equal(['watch /tmp true'])
    session.fs.watched.length = 0
    const waiting = failureOf(sandbox.fs.watch('/tmp').next())
    await sandbox.destroy()
    expect((await waiting).code).to.equal('SANDBOX_ENDED')
  })

  it('explains a failure that the policy is the reason of, and no other', async () => {
    await using host = await hostDir()
    const mounts = [{ source: host.path, target: '/work', access: 'read' as const }]
    await using fixture = await makeFixture({ filesystem: { mounts, deny: ['.env'] } })
    const { sandbox, session } = fixture
    session.fs.faults.set('/work/f', 'EROFS').set('/work/.env', 'EACCES').set('/tmp/f', 'EACCES')
    const readOnly = await failureOf(sandbox.fs.writeFile('/work/f', ''))
    expect(readOnly).to.include({ code: 'FILE', errno: 'EROFS', path: '/work/f' })
    expect(readOnly.hint).to.include('filesystem.mounts[0]')
    expect((await failureOf(sandbox.fs.readFile('/work/.env'))).hint).to.include('deny[0]')
    expect((await failureOf(sandbox.fs.readFile('/srv/x'))).hint).to.include('no mount')
    expect((await failureOf(sandbox.fs.readFile('/tmp/f'))).hint).to.equal(undefined)
  })

  it('throws TypeError for what is no path', async () => {
    await using fixture = await makeFixture()
    for (const path of ['', 'a\0b', 'x'.repeat(5000)])
      expect(await fixture.sandbox.fs.stat(path).catch((error) => error)).to.be.instanceOf(
        TypeError,
      )
  })
})
