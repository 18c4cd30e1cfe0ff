import { expect } from 'chai'
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { rejection, sandboxRejection } from '../rejection.ts'
import type { SetupOperation } from '@caisson/guest'
import {
  command,
  hostFolder,
  liveObstacle,
  whySkipped,
  liveSandbox,
  outcome,
  shell,
} from './live-sandbox.ts'

function mount(changes: Partial<Extract<SetupOperation, { kind: 'mount' }>>): SetupOperation {
  return {
    kind: 'mount',
    index: 0,
    access: 'overlay',
    fileKind: 'directory',
    staged: '/.caisson/m/0',
    target: '/work',
    upperBytes: 16 * 1_048_576,
    deny: [],
    protect: [],
    ...changes,
  }
}

describe(`overlays${whySkipped()}`, function () {
  before(function () {
    if (liveObstacle() !== undefined) this.skip()
  })

  it('tell, read and forget what changed, and leave the host as it was', async () => {
    using host = hostFolder()
    mkdirSync(join(host.path, 'old'))
    writeFileSync(join(host.path, 'old/a'), 'a')
    writeFileSync(join(host.path, 'kept'), 'kept')
    await using sandbox = await liveSandbox({ operations: [mount({})], staged: [host.path] })
    const { overlays } = sandbox.session
    if (overlays === null) throw new Error('no overlays')
    expect(await overlays.changes('/work', 100)).to.deep.equal([])
    const script =
      'cd /work && echo changed >> kept && rm old/a && mkdir new && echo b > new/b && ln -s b new/l && chmod 700 new/b'
    expect((await shell(sandbox, script)).exitCode).to.equal(0)
    const changes = await overlays.changes('/work', 100)
    const told = changes.map(({ path, type, kind }) => `${type} ${kind} ${path}`)
    expect(told).to.include.members([
      'modified file kept',
      'created directory new',
      'created file new/b',
      'created symlink new/l',
      'deleted file old/a',
    ])
    expect(Buffer.from(await overlays.read('/work', 'kept', 100)).toString()).to.equal(
      'keptchanged\n',
    )
    expect(await overlays.readLink('/work', 'new/l')).to.equal('b')
    expect((await sandboxRejection(overlays.read('/work', 'new/b', 1))).code).to.equal('LIMIT')
    expect((await sandboxRejection(overlays.changes('/work', 2))).code).to.equal('LIMIT')
    expect((await sandboxRejection(overlays.read('/work', 'new/l', 9))).code).to.equal('FILE')
    expect(readdirSync(host.path).toSorted()).to.deep.equal(['kept', 'old'])
    expect(readFileSync(join(host.path, 'kept'), 'utf8')).to.equal('kept')
    await overlays.discard(
      '/work',
      changes.map(({ path }) => path),
    )
    expect(await overlays.changes('/work', 100)).to.deep.equal([])
    expect((await shell(sandbox, 'cat /work/kept /work/old/a; ls /work')).output).to.equal(
      'keptakept\nold\n',
    )
  })

  it('forget a file that the host has just so, though there is no room for another', async () => {
    using host = hostFolder()
    await using sandbox = await liveSandbox({ operations: [mount({})], staged: [host.path] })
    const { overlays } = sandbox.session
    if (overlays === null) throw new Error('no overlays')
    await shell(sandbox, 'cd /work; for name in a b c; do truncate -s 12M $name; done')
    for (const name of ['a', 'b', 'c']) writeFileSync(join(host.path, name), Buffer.alloc(12 << 20))
    await overlays.discard('/work', ['a', 'b', 'c'])
    expect(await overlays.changes('/work', 9)).to.deep.equal([])
    expect((await shell(sandbox, 'du -sm /work')).stdout.toString()).to.match(/^[0-9]\t/)
  })

  it('refuse paths that are not relative to the mount, and mounts that are none', async () => {
    using host = hostFolder()
    await using sandbox = await liveSandbox({ operations: [mount({})], staged: [host.path] })
    const { overlays } = sandbox.session
    if (overlays === null) throw new Error('no overlays')
    for (const path of ['/etc/passwd', '../x', 'a/../b', '']) {
      expect(await rejection(overlays.read('/work', path, 9))).to.be.instanceOf(TypeError)
      expect(await rejection(overlays.discard('/work', [path]))).to.be.instanceOf(TypeError)
    }
    expect(await rejection(overlays.changes('/other', 9))).to.be.instanceOf(TypeError)
  })

  it('stand still while frozen, and go on afterwards', async () => {
    using host = hostFolder()
    await using sandbox = await liveSandbox({ operations: [mount({})], staged: [host.path] })
    const { overlays } = sandbox.session
    if (overlays === null) throw new Error('no overlays')
    const loop = 'i=0; while :; do i=$((i+1)); echo $i > /work/n; done'
    const writer = await sandbox.session.spawn(
      command(['sh', '-c', `(setsid sh -c '${loop}' &); ${loop}`]),
    )
    const number = async (): Promise<string> =>
      Buffer.from(await overlays.read('/work', 'n', 99)).toString()
    expect((await shell(sandbox, 'until [ -s /work/n ]; do sleep 0.01; done')).exitCode).to.equal(0)
    const later = await overlays.frozen(async () => {
      const first = await number()
      for (let index = 0; index < 20; index += 1) expect(await number()).to.equal(first)
      return first
    })
    for (let now = later; now === later || now === '';) now = await number()
    const error = await rejection(overlays.frozen(() => Promise.reject(new RangeError('mine'))))
    expect(error).to.be.instanceOf(RangeError)
    const both = await Promise.all([overlays.frozen(number), overlays.frozen(number)])
    expect(both).to.have.length(2)
    expect((await shell(sandbox, 'echo alive')).output).to.equal('alive\n')
    await writer.kill('SIGKILL', 'tree')
    await outcome(writer)
    await writer.gone
  })
})

describe(`the sentinel${whySkipped()}`, function () {
  before(function () {
    if (liveObstacle() !== undefined) this.skip()
  })

  it('tells of files that come to match a rule, and of no others', async () => {
    using host = hostFolder()
    const rules = {
      deny: [{ rule: 'filesystem.deny[0]', components: ['**', '.env'] }],
      protect: [{ rule: 'filesystem.protect[0]', components: ['.git', 'hooks'] }],
    }
    const operations = [mount({ access: 'write', upperBytes: 0, ...rules })]
    await using sandbox = await liveSandbox({ operations, staged: [host.path], sentinel: true })
    // No waiting: what a command did is told before its end is.
    await shell(
      sandbox,
      'mkdir -p /work/sub /work/.git/hooks; echo > /work/sub/.env; echo > /work/fine',
    )
    const told = sandbox.notices.map((notice) => JSON.stringify(notice))
    expect(told).to.include.members([
      '{"kind":"deny-created","path":"/work/sub/.env","rule":"filesystem.deny[0]"}',
      '{"kind":"protect-created","path":"/work/.git/hooks","rule":"filesystem.protect[0]"}',
    ])
    expect(told.some((line) => line.includes('fine'))).to.equal(false)
  })

  it('goes on when a command keeps it busy, and tells in the end what that command hid in the noise', async () => {
    using host = hostFolder()
    const rules = {
      deny: [],
      protect: [{ rule: 'filesystem.protect[0]', components: ['**', 'kept'] }],
    }
    const operations = [mount({ access: 'write', upperBytes: 0, ...rules })]
    await using sandbox = await liveSandbox({ operations, staged: [host.path], sentinel: true })
    await shell(
      sandbox,
      'mkdir /work/n; cd /work/n; i=0; while [ $i -lt 3000 ]; do mkdir d$i; i=$((i+1)); done; mkdir kept',
    )
    await shell(sandbox, 'mkdir /work/other; mkdir /work/other/kept')
    const told = (): string[] =>
      sandbox.notices.flatMap((notice) => ('path' in notice ? [notice.path] : []))
    for (let tries = 0; tries < 100 && told().length < 2; tries += 1)
      await shell(sandbox, 'sleep 0.05')
    expect(told()).to.include.members(['/work/n/kept', '/work/other/kept'])
  })

  it('says so when a command stops it, and holds up no command', async () => {
    using host = hostFolder()
    const rules = {
      deny: [],
      protect: [{ rule: 'filesystem.protect[0]', components: ['**', 'kept'] }],
    }
    const operations = [mount({ access: 'write', upperBytes: 0, ...rules })]
    for (const [signal, kind] of [
      ['KILL', 'log'],
      ['STOP', 'protect-created'],
    ]) {
      await using sandbox = await liveSandbox({ operations, staged: [host.path], sentinel: true })
      await shell(sandbox, 'true')
      const { output } = await shell(
        sandbox,
        `for p in /proc/[0-9]*; do p=\${p#/proc/}; [ $p = $$ ] || [ $p = $PPID ] || kill -${signal} $p; done 2>&-; echo on`,
      )
      expect(output).to.equal('on\n')
      expect((await shell(sandbox, 'mkdir /work/kept; echo on')).output).to.equal('on\n')
      await shell(sandbox, 'rmdir /work/kept')
      // A stopped one is set going again, and goes on telling; a killed one cannot.
      expect(sandbox.notices.map(({ kind }) => kind)).to.deep.equal([kind])
    }
  })
})
