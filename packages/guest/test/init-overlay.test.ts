import type { DriverOverlays } from '@caisson/core'
import { expect } from 'chai'
import { spawnSync } from 'node:child_process'
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { mount, rule } from './init-sandbox.ts'
import {
  command,
  hostFolder,
  liveObstacle,
  whySkipped,
  liveSandbox,
  shell,
  type LiveSandbox,
} from './live/live-sandbox.ts'
import { sandboxRejection } from './rejection.ts'

const overlay = mount({ access: 'overlay', upperBytes: 2 * 1_048_576 })

function overlaysOf(sandbox: LiveSandbox): DriverOverlays {
  const { overlays } = sandbox.session
  if (overlays === null) throw new Error('no overlays')
  return overlays
}

async function told(sandbox: LiveSandbox): Promise<string[]> {
  const changes = await overlaysOf(sandbox).changes('/work', 100)
  return changes.map(({ type, kind, path }) => `${type} ${kind} ${path}`).toSorted()
}

/** A folder with one of each kind that a change can start from. */
function sample(): Disposable & { readonly path: string } {
  const host = hostFolder()
  mkdirSync(join(host.path, 'dir/sub'), { recursive: true })
  mkdirSync(join(host.path, 'other'))
  writeFileSync(join(host.path, 'dir/a'), 'a')
  writeFileSync(join(host.path, 'dir/sub/b'), 'b')
  writeFileSync(join(host.path, 'file'), 'file')
  symlinkSync('file', join(host.path, 'link'))
  return host
}

/** What a folder holds, names, kinds, modes and contents. */
const listing =
  'cd "$0" && find . -printf "%p %y %m %l\\n" | sort && find . -type f | sort | xargs cat'

const cases: readonly (readonly [string, string, readonly string[]])[] = [
  ['a file that is removed', 'rm file', ['deleted file file']],
  ['a folder that is removed, as one', 'rm -r dir', ['deleted directory dir']],
  [
    'a folder that is made anew, without what it held',
    'rm -r dir; mkdir dir; echo n > dir/n',
    ['created file dir/n', 'deleted directory dir/sub', 'deleted file dir/a'],
  ],
  [
    'a file that becomes a folder',
    'rm file; mkdir file; echo > file/x',
    ['created file file/x', 'modified directory file'],
  ],
  ['a folder that becomes a file', 'rm -r dir; echo > dir', ['modified file dir']],
  ['a link that becomes a file', 'rm link; echo > link', ['modified file link']],
  ['a file that becomes a link', 'rm file; ln -s /etc/passwd file', ['modified symlink file']],
  ['a link that leads elsewhere', 'ln -sfn dir link', ['modified symlink link']],
  ['a mode that changes', 'chmod 700 file', ['modified file file']],
  ['nothing, when a file is written as it was', 'printf file > file', []],
  ['nothing, when a new file is gone again', 'echo > n; rm n', []],
  ['a name that moves', 'mv file new', ['created file new', 'deleted file file']],
  ['FIFOs and hard links', 'mkfifo f; ln file h', ['created fifo f', 'created file h']],
]

describe(`changes of an overlay${whySkipped()}`, function () {
  before(function () {
    if (liveObstacle() !== undefined) this.skip()
  })

  for (const [what, script, expected] of cases) {
    it(`tell ${what}, and are forgotten`, async () => {
      using host = sample()
      await using sandbox = await liveSandbox({ operations: [overlay], staged: [host.path] })
      expect((await shell(sandbox, `cd /work; ${script}`)).exitCode).to.equal(0)
      expect(await told(sandbox)).to.deep.equal(expected)
      const changes = await overlaysOf(sandbox).changes('/work', 100)
      await overlaysOf(sandbox).discard(
        '/work',
        changes.map(({ path }) => path),
      )
      expect(await told(sandbox)).to.deep.equal([])
      const now = await shell(sandbox, `sh -c '${listing}' /work`)
      const onHost = spawnSync('sh', ['-c', listing, host.path])
      expect(now.stdout.toString()).to.equal(onHost.stdout.toString())
    })
  }

  it('are refused when they are more than asked for', async () => {
    using host = sample()
    await using sandbox = await liveSandbox({ operations: [overlay], staged: [host.path] })
    await shell(sandbox, 'cd /work && touch 1 2 3')
    expect(await overlaysOf(sandbox).changes('/work', 3)).to.have.length(3)
    const error = await sandboxRejection(overlaysOf(sandbox).changes('/work', 2))
    expect(error.code).to.equal('LIMIT')
  })

  it('are read without following a link, at the end or on the way', async () => {
    using host = sample()
    await using sandbox = await liveSandbox({ operations: [overlay], staged: [host.path] })
    const overlays = overlaysOf(sandbox)
    await shell(
      sandbox,
      'cd /work; ln -s /etc way; ln -s /etc/passwd end; echo own > own; mkfifo f',
    )
    expect(Buffer.from(await overlays.read('/work', 'own', 9)).toString()).to.equal('own\n')
    for (const path of ['end', 'way/passwd', 'f', 'file', 'nothing'])
      expect((await sandboxRejection(overlays.read('/work', path, 9999))).code, path).to.equal(
        'FILE',
      )
    expect(await overlays.readLink('/work', 'end')).to.equal('/etc/passwd')
    const through = await sandboxRejection(overlays.readLink('/work', 'way/mtab'))
    expect(through.code).to.equal('FILE')
  })

  it('cannot be forged: no whiteout and no mark of overlayfs is made from inside', async () => {
    using host = sample()
    await using sandbox = await liveSandbox({ operations: [overlay], staged: [host.path] })
    const forge =
      'import os, stat\nfor act in [lambda: os.mknod("file2", stat.S_IFCHR | 0o600, 0), lambda: os.setxattr("dir", "user.overlay.opaque", b"y")]:\n  try: act()\n  except OSError: pass'
    await shell(sandbox, `cd /work; chmod 700 dir; python3 -c '${forge}'; touch dir`)
    expect(await told(sandbox)).to.deep.equal(['modified directory dir'])
    expect((await shell(sandbox, 'cat /work/dir/a')).output).to.equal('a')
  })

  it('never bring up what is denied', async () => {
    using host = sample()
    const operations = [{ ...overlay, deny: [rule('**/b')] }]
    await using sandbox = await liveSandbox({ operations, staged: [host.path] })
    const script =
      'cd /work; mv dir new; cp -r dir copy; rm -r dir; cat dir/sub/b new/sub/b copy/sub/b'
    expect((await shell(sandbox, script)).stdout.toString()).to.equal('')
    await sandboxRejection(overlaysOf(sandbox).discard('/work', ['dir/sub/b']))
    expect((await shell(sandbox, 'cat /work/dir/sub/b')).exitCode).to.equal(1)
  })

  it('that fill the upper layer are told as a limit, and stay within it', async () => {
    using host = sample()
    await using sandbox = await liveSandbox({ operations: [overlay], staged: [host.path] })
    const limits = async (script: string): Promise<readonly string[]> => {
      const process = await sandbox.session.spawn(command(['sh', '-c', script]))
      process.onOutput((stream, chunk) => process.consumed(stream, chunk.length))
      return (await process.exited).limitsHit
    }
    expect(await limits('true')).to.deep.equal([])
    expect(await limits('head -c 9999999 /dev/zero > /work/big')).to.deep.equal(['disk'])
    const size = (await sandbox.session.fs.stat('/work/big', false)).size
    expect(size).to.be.within(1_000_000, 2 * 1_048_576)
    expect(await limits('rm /work/big')).to.deep.equal([])
  })
})
