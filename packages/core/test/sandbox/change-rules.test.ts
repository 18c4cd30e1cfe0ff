import { expect } from 'chai'
import type { OverlayChange } from '@caisson/core'
import { failureOf, hostDir, makeFixture } from './fixture.ts'

const at = '/work/repo'

type Row = readonly [path: string, kind: OverlayChange['kind'], type: OverlayChange['type']]

/** The rule of each change, by its path. */
async function rules(rows: readonly Row[]): Promise<Record<string, string | null>> {
  await using host = await hostDir()
  const mounts = [{ source: host.path, target: at, access: 'overlay' as const }]
  const filesystem = { mounts, deny: ['a/**/b/*.key', 'only'], protect: ['a/**/c'] }
  await using fixture = await makeFixture({ filesystem })
  for (const [path, kind, type] of rows) fixture.session.overlays.put(at, { path, kind, type })
  const changes = await fixture.sandbox.changes()
  return Object.fromEntries(changes.map(({ path, rule }) => [path, rule]))
}

describe('the rules that keep changes back', () => {
  it('cover what lies below a match, with the first rule that does', async () => {
    const found = await rules([
      ['a/b/x.key', 'file', 'created'],
      ['a/q/r/b/x.key/deep', 'file', 'created'],
      ['b/x.key', 'file', 'created'],
      ['a/q/c/d', 'file', 'deleted'],
      ['only', 'file', 'modified'],
      ['x/.git/hooks/sub/f', 'file', 'created'],
      ['a/bare.git/hooks', 'directory', 'created'],
      ['.git/worktrees/w/HEAD', 'file', 'created'],
      ['.git/modules/m/n/config', 'file', 'created'],
    ])
    expect(found).to.deep.equal({
      'a/b/x.key': 'filesystem.deny[0]',
      'a/q/r/b/x.key/deep': 'filesystem.deny[0]',
      'b/x.key': null,
      'a/q/c/d': 'filesystem.protect[0]',
      only: 'filesystem.deny[1]',
      'x/.git/hooks/sub/f': 'protectDefaults:.git/hooks',
      'a/bare.git/hooks': 'protectDefaults:?*.git/hooks',
      '.git/worktrees/w/HEAD': null,
      '.git/modules/m/n/config': 'protectDefaults:.git/modules/**/config',
    })
  })

  it('tell a file from a folder, and keep back what stands in for a folder above', async () => {
    const found = await rules([
      ['one/.git', 'file', 'created'],
      ['two/.git', 'symlink', 'created'],
      ['three/.git', 'directory', 'created'],
      ['four/.git', 'directory', 'deleted'],
      ['a', 'symlink', 'created'],
      ['.git/modules/m', 'symlink', 'created'],
      ['src/plain', 'symlink', 'created'],
    ])
    expect(found['one/.git']).to.equal('protectDefaults:.git')
    expect(found['two/.git']).to.equal('protectDefaults:.git')
    expect(found['three/.git']).to.equal(null)
    expect(found['four/.git']).to.equal('protectDefaults:.git')
    expect(found['a']).to.equal('filesystem.deny[0]')
    expect(found['.git/modules/m']).to.match(/^protectDefaults:\.git\/modules/)
    expect(found['src/plain']).to.equal(null)
  })

  it('are held against many deep paths without holding up the host', async () => {
    // Each rule against each path took half a minute: mocha would end it.
    const deep = Array.from({ length: 100 }, (_, n) => (n % 2 === 0 ? 'd' : 'e.git')).join('/')
    const rows = Array.from({ length: 8000 }, (_, n): Row => [`${deep}/f${n}`, 'file', 'created'])
    expect(Object.values(await rules(rows)).every((rule) => rule === null)).to.equal(true)
  })

  it('are not begun when the paths are too many and too deep', async () => {
    await using host = await hostDir()
    const mounts = [{ source: host.path, target: at, access: 'overlay' as const }]
    await using fixture = await makeFixture({ filesystem: { mounts } })
    const deep = 'd/'.repeat(2000)
    for (let n = 0; n < 1001; n += 1) fixture.session.overlays.put(at, { path: `${deep}${n}` })
    expect((await failureOf(fixture.sandbox.changes())).code).to.equal('LIMIT')
  })
})
