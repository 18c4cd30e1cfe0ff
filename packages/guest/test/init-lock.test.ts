import { expect } from 'chai'
import { answerTo, frame, mount } from './init-sandbox.ts'
import {
  hostFolder,
  liveObstacle,
  whySkipped,
  liveSandbox,
  shell,
  type LiveSandbox,
} from './live/live-sandbox.ts'
import { sandboxRejection } from './rejection.ts'

/** A SETUP payload of raw operations. */
function setup(count: number, ...operations: readonly number[]): Buffer {
  return frame(1, Buffer.from([1, 0, count, 0, 0, 0, ...operations]))
}

/** A string of the wire, as numbers. */
function str(text: string): readonly number[] {
  return [text.length, 0, 0, 0, ...Buffer.from(text)]
}

/** The stage of a FAIL frame, when the answer is that and nothing else. */
function failedStage(answer: Buffer): string | undefined {
  if (answer.length < 16 || answer.readUInt8(4) !== 3) return undefined
  if (answer.length !== 10 + answer.readUInt32LE(0)) return undefined
  return answer.toString('utf8', 16, 16 + answer.readUInt32LE(12))
}

describe(`a command after LOCK${whySkipped()}`, function () {
  let sandbox: LiveSandbox

  before(async function () {
    if (liveObstacle() !== undefined) this.skip()
    sandbox = await liveSandbox({
      operations: [
        { kind: 'proc-check' },
        { kind: 'scratch', path: '/tmp' },
        { kind: 'rlimit', resource: 4, value: 0 },
        { kind: 'read-only', path: '/proc/sys' },
        { kind: 'read-only', path: '/' },
      ],
    })
  })
  after(async () => {
    await sandbox?.[Symbol.asyncDispose]()
  })

  const out = async (script: string): Promise<string> =>
    (await shell(sandbox, script)).stdout.toString().trim()

  it('has no capability in any set and can gain none', async () => {
    const status = await out('grep -E "^(Cap|NoNewPrivs)" /proc/self/status | tr -d "\\t"')
    const none = ['Inh', 'Prm', 'Eff', 'Bnd', 'Amb'].map((set) => `Cap${set}:${'0'.repeat(16)}`)
    expect(status.split('\n')).to.deep.equal([...none, 'NoNewPrivs:1'])
  })

  it('is the ordinary user, and can make no namespace to be more in', async () => {
    expect(await out('id -u; id -g; cat /proc/self/setgroups')).to.equal('1000\n1000\ndeny')
    expect(await out('unshare --user true || echo refused')).to.equal('refused')
    expect(await out('unshare --mount true || echo refused')).to.equal('refused')
    expect(await out('mount -t tmpfs t /tmp || echo refused')).to.equal('refused')
  })

  it('has stdio and no other descriptor', async () => {
    // No pipe of the shell's own, which it would hold for a moment.
    expect(await out('ls /proc/$$/fd; :')).to.equal('0\n1\n2')
  })

  it('sees nothing of the memory, environment and descriptors of init', async () => {
    const files = [
      'cat mem',
      'cat environ',
      'cat maps',
      'readlink fd/3',
      'cat fd/3',
      'ls root/',
      'ls cwd/',
      'cat exe',
    ]
    for (const line of files)
      expect(await out(`cd /proc/1; ${line} || echo refused`), line).to.equal('refused')
    expect(await out('kill -9 1; kill -STOP 1; echo alive')).to.equal('alive')
  })

  it('can write no file of the kernel', async () => {
    const script =
      'find /proc -maxdepth 1 -type f -writable; find /proc/sys -type f -exec sh -c \'for f; do (: >> "$f") && echo "$f"; done\' - {} + 2>/dev/null'
    expect(await out(script)).to.equal('')
    expect(await out('echo x > /proc/self/comm && echo own')).to.equal('own')
  })

  it('cannot use up the watches of the host’s user', async () => {
    const number = process.arch === 'arm64' ? 26 : 294
    const script = `my $n = 0; $n++ while $n < 100 && syscall(${number}, 0) >= 0; print $n`
    const count = Number(await out(`perl -e '${script}'`))
    expect(count).to.be.within(8, 24)
  })

  it('has a read-only root and the limits that were set', async () => {
    expect(await out('touch /x || echo refused; ulimit -c; umask')).to.equal('refused\n0\n0022')
    expect(await out('ls -A /.caisson; cat /.caisson/*')).to.equal('init')
  })
})

describe(`a set-up${whySkipped()}`, function () {
  before(function () {
    if (liveObstacle() !== undefined) this.skip()
  })

  const bad: readonly (readonly [string, Buffer, string])[] = [
    ['is empty', setup(0), 'setup'],
    ['does not end in LOCK', setup(1, 9, ...str('/tmp')), 'setup'],
    ['goes on after LOCK', setup(2, 8, 9, ...str('/tmp')), 'setup'],
    ['has an operation that nobody knows', setup(2, 99, 8), 'setup'],
    ['counts more than it has', setup(9, 8), 'setup'],
    ['goes on after its operations', setup(1, 8, 0), 'setup'],
    ['names a relative path', setup(2, 2, ...str('tmp'), 8), 'setup'],
    ['has a NUL in a path', setup(2, 2, ...str('/t\0p'), 8), 'setup'],
    ['has a string that is longer than the frame', setup(2, 2, 255, 255, 255, 255, 8), 'setup'],
    ['hides what is not there, and is not locked', setup(1, 2, ...str('/nowhere')), 'setup'],
    ['makes read-only what is not there', setup(2, 3, ...str('/nowhere'), 8), 'read-only'],
    ['has no legal seccomp program', setup(2, 6, 8, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1, 8), 'lock'],
  ]
  for (const [what, bytes, stage] of bad) {
    it(`that ${what} fails at \`${stage}\`, and nothing runs`, async () => {
      const spawn = frame(0x10, Buffer.alloc(40))
      expect(failedStage(await answerTo(Buffer.concat([bytes, spawn])))).to.equal(stage)
    })
  }

  it('of another version fails and tells its own', async () => {
    const answer = await answerTo(frame(1, Buffer.from([9, 0, 1, 0, 0, 0, 8])))
    expect(failedStage(answer)).to.equal('version')
    expect(answer.readUInt16LE(10)).to.equal(1)
  })

  it('is the first frame, or the link is given up', async () => {
    const others = [frame(0x10, Buffer.alloc(40)), Buffer.from('GET / HTTP/1.1\r\n\r\n')]
    for (const bytes of [...others, setup(1, 8).subarray(0, 12)]) {
      const answer = await answerTo(bytes)
      expect(answer.length === 0 ? 'protocol' : failedStage(answer)).to.equal('protocol')
    }
  })

  it('makes no mount point in a folder of the host', async () => {
    using host = hostFolder()
    using other = hostFolder()
    const operations = [mount(), mount({ index: 1, target: '/work/missing' })]
    const starting = liveSandbox({ operations, staged: [host.path, other.path] })
    expect((await sandboxRejection(starting)).message).to.match(/mount/)
    await using sandbox = await liveSandbox({
      operations: [mount({ access: 'overlay' }), mount({ index: 1, target: '/work/missing' })],
      staged: [host.path, other.path],
    })
    expect((await shell(sandbox, 'ls /work')).stdout.toString()).to.equal('missing\n')
    expect(await sandbox.session.overlays?.changes('/work', 9)).to.deep.equal([])
  })
})
