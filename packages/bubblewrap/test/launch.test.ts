import { spawnSync } from 'node:child_process'
import {
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { planSandbox, parsePolicy, probeHost, SandboxError } from '@caisson/core'
import { expect } from 'chai'
import { temporaryFolder } from './fake-bwrap.ts'
import { descendantNames, descendants, driver, requireDriver, sandboxWith } from './real-sandbox.ts'

const isRoot = process.geteuid?.() === 0

function repository(path: string): void {
  mkdirSync(join(path, '.git', 'hooks'), { recursive: true })
  writeFileSync(join(path, '.git', 'config'), '[core]\n')
  writeFileSync(join(path, '.env'), 'TOKEN=secret\n')
  writeFileSync(join(path, 'code.txt'), 'code\n')
}

/** Every name below a folder, sorted. */
function tree(path: string): string[] {
  return readdirSync(path, { recursive: true, encoding: 'utf8' }).sort()
}

/** The command line of a process; nothing when it ended meanwhile, as the supervisor of a command does. */
function commandLine(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8')
  } catch {
    // ENOENT or ESRCH: it ended.
    return ''
  }
}

describe('a bubblewrap sandbox', () => {
  before(async function () {
    await requireDriver(this)
  })

  it('runs commands one after the other', async () => {
    await using sandbox = await sandboxWith({})
    expect(await sandbox.exec(['true'])).to.include({ exitCode: 0 })
    await sandbox.exec('echo kept > /tmp/file')
    expect(await sandbox.exec('cat /tmp/file')).to.include({ stdout: 'kept\n' })
  })

  it('shows nothing of the host but what the policy names', async () => {
    using folder = temporaryFolder()
    repository(folder.path)
    await using bare = await sandboxWith({})
    expect(await bare.exec(['test', '-e', folder.path])).to.include({ exitCode: 1 })
    await using sandbox = await sandboxWith({
      filesystem: { mounts: [{ source: folder.path, access: 'read' }] },
    })
    expect(await sandbox.exec(['cat', join(folder.path, 'code.txt')])).to.include({
      stdout: 'code\n',
    })
    expect((await sandbox.exec(['touch', join(folder.path, 'new')])).exitCode).not.to.equal(0)
    expect(await sandbox.exec('ls /root /run /var /home/*/.ssh')).to.include({ stdout: '' })
  })

  it('hides what deny names and keeps what protect names, without a trace on the host', async () => {
    using folder = temporaryFolder()
    repository(folder.path)
    const before = tree(folder.path)
    {
      await using sandbox = await sandboxWith({
        filesystem: {
          mounts: [{ source: folder.path, target: '/work', access: 'write' }],
          deny: ['.env'],
        },
      })
      expect((await sandbox.exec('cat .env')).stdout).to.equal('')
      expect((await sandbox.exec('echo x > .git/hooks/pre-commit')).exitCode).not.to.equal(0)
      expect((await sandbox.exec('echo x >> .git/config')).exitCode).not.to.equal(0)
      expect((await sandbox.exec('rm .env .git/config')).exitCode).not.to.equal(0)
      expect((await sandbox.exec('mv .git .git2')).exitCode).not.to.equal(0)
      expect(tree(folder.path)).to.deep.equal(before)
      expect((await sandbox.exec('echo x > .git/allowed')).exitCode).to.equal(0)
    }
    expect(tree(folder.path)).to.deep.equal([...before, '.git/allowed'].sort())
    expect(readFileSync(join(folder.path, '.env'), 'utf8')).to.equal('TOKEN=secret\n')
  })

  it('keeps the folders of the host as they are under an overlay', async () => {
    using folder = temporaryFolder()
    repository(folder.path)
    const before = tree(folder.path)
    await using sandbox = await sandboxWith({
      filesystem: { mounts: [{ source: folder.path, target: '/work', access: 'overlay' }] },
    })
    await sandbox.exec('echo changed > code.txt; rm -r .git; echo new > new.txt')
    expect((await sandbox.exec('cat code.txt new.txt')).stdout).to.equal('changed\nnew\n')
    expect(tree(folder.path)).to.deep.equal(before)
    expect(readFileSync(join(folder.path, 'code.txt'), 'utf8')).to.equal('code\n')
  })

  it('leaves nothing of the staging place to be reached', async () => {
    using folder = temporaryFolder()
    repository(folder.path)
    await using sandbox = await sandboxWith({
      filesystem: {
        mounts: [{ source: folder.path, target: '/work', access: 'write' }],
        deny: ['.env'],
      },
    })
    expect((await sandbox.exec('cat /.caisson/m/0/.env /.caisson/caisson-init')).stdout).to.equal(
      '',
    )
    expect((await sandbox.exec('grep -cF /.caisson /proc/self/mountinfo')).stdout).to.equal('0\n')
  })

  it('refuses a source that became a link after the plan was made', async () => {
    using folder = temporaryFolder()
    const source = join(folder.path, 'source')
    mkdirSync(source)
    const policy = parsePolicy({ filesystem: { mounts: [{ source, access: 'write' }] } })
    const plan = planSandbox(policy, await probeHost(policy), 'swapped')
    renameSync(source, `${source}-moved`)
    symlinkSync('/etc', source)
    const context = { allowWeaker: [], egress: null, onNotice: () => undefined }
    const error: unknown = await driver.launch(plan, context).catch((caught: unknown) => caught)
    expect(SandboxError.is(error) && error.code).to.equal('LAUNCH_FAILED')
    expect(String(error)).to.contain('changed after the sandbox was planned')
    expect(descendantNames()).not.to.include('bwrap')
  })

  describe('PID 1', () => {
    it('tells neither its environment nor its memory nor its descriptors', async () => {
      process.env['CAISSON_TEST_SECRET'] = 'host-secret'
      await using sandbox = await sandboxWith({})
      delete process.env['CAISSON_TEST_SECRET']
      for (const file of ['environ', 'maps', 'mem', 'exe', 'cwd', 'root'])
        expect(
          (await sandbox.exec(`head -c 1 /proc/1/${file} || readlink /proc/1/${file}`)).stdout,
        ).to.equal('')
      expect((await sandbox.exec('readlink /proc/1/fd/*')).stdout).to.equal('')
      expect((await sandbox.exec('cat /proc/*/environ; env')).stdout).not.to.contain('host-secret')
    })

    it('cannot be traced or killed', async function () {
      await using sandbox = await sandboxWith({})
      const attach = 'import ctypes; print(ctypes.CDLL(None, use_errno=True).ptrace(16, 1, 0, 0))'
      const traced = await sandbox.exec(['python3', '-c', attach])
      expect(traced.stdout, traced.stderr).to.equal('-1\n')
      await sandbox.exec('kill -9 1')
      expect(await sandbox.exec(['true'])).to.include({ exitCode: 0 })
    })
  })

  it('keeps the limits of PID 1 out of reach, and lets a command have its own', async () => {
    await using sandbox = await sandboxWith({})
    const limit = (pid: number): string =>
      `python3 -c 'import resource; resource.prlimit(${pid}, resource.RLIMIT_NOFILE, (64, 64)); print("set")'`
    expect((await sandbox.exec(limit(0))).stdout).to.equal('set\n')
    const refused = await sandbox.exec(limit(1))
    expect(refused.stdout).to.equal('')
    expect(refused.stderr).to.include('PermissionError')
  })

  it('keeps to the hard limit of the host where the policy asks for more open files', async () => {
    await using sandbox = await sandboxWith({ resources: { openFiles: 100 } })
    expect((await sandbox.exec('ulimit -Hn')).stdout).to.equal('100\n')
    // Below the policy's bound and the default, as a host with a low limit has it.
    const program = `
      import { createSandbox } from ${JSON.stringify(new URL('../dist/index.js', import.meta.url).href)}
      const sandbox = await createSandbox({ policy: { resources: { openFiles: 4000 } } })
      process.stdout.write((await sandbox.exec('ulimit -Hn')).stdout)
      await sandbox.destroy()`
    const low = spawnSync('/bin/sh', [
      '-c',
      'ulimit -n 600 && exec "$0" --input-type=module -e "$1"',
      process.execPath,
      program,
    ])
    expect(low.stdout.toString(), low.stderr.toString()).to.equal('600\n')
  })

  it('gives commands no descriptor but the three', async () => {
    await using sandbox = await sandboxWith({})
    expect((await sandbox.exec(['ls', '/proc/self/fd'])).stdout.trim().split(/\s+/)).to.deep.equal([
      '0',
      '1',
      '2',
      '3',
    ])
  })

  it('has no capability, no new privileges, and a filter', async () => {
    await using sandbox = await sandboxWith({})
    const { stdout } = await sandbox.exec('grep -E "^(Cap|NoNewPrivs|Seccomp:)" /proc/self/status')
    const values = stdout
      .trim()
      .split('\n')
      .map((line) => line.split(/:\s*/)[1])
    expect(values).to.deep.equal([...Array<string>(5).fill('0000000000000000'), '1', '2'])
  })

  it('cannot write to the settings of the kernel, as root of the host least of all', async () => {
    await using sandbox = await sandboxWith({})
    const search = 'find /proc -maxdepth 1 -type f -writable; find /proc/sys -type f -writable'
    const open = await sandbox.exec(
      `${search} | while read f; do (: > "$f") 2>/dev/null && echo "$f"; done`,
    )
    expect(open.stdout).to.equal('')
    if (isRoot) expect(statSync('/proc/sys/kernel/core_pattern').mode & 0o200).not.to.equal(0)
  })

  it('refuses namespaces, mounts and set-id files', async () => {
    await using sandbox = await sandboxWith({})
    for (const command of [
      'unshare -U true',
      'unshare -m true',
      'mount -t tmpfs x /tmp',
      'mount -o remount,rw /',
    ])
      expect((await sandbox.exec(command)).exitCode, command).not.to.equal(0)
    expect((await sandbox.exec('cp /bin/true /tmp/x && chmod 4755 /tmp/x')).exitCode).not.to.equal(
      0,
    )
    expect((await sandbox.exec('chmod 755 /tmp/x')).exitCode).to.equal(0)
  })

  it('has a network of loopback alone', async () => {
    await using sandbox = await sandboxWith({})
    expect((await sandbox.exec('cat /proc/net/dev')).stdout.match(/^\s*\w+:/gm)).to.deep.equal([
      '    lo:',
    ])
  })

  it('tells nothing of the policy on a command line of the host', async () => {
    using folder = temporaryFolder()
    await using sandbox = await sandboxWith({
      filesystem: { mounts: [{ source: folder.path, target: '/secret-target', access: 'write' }] },
      environment: { TOKEN: 'secret-value' },
    })
    expect((await sandbox.exec('echo $TOKEN')).stdout).to.equal('secret-value\n')
    const running = descendants().filter(({ name }) => /^bwrap|^caisson/.test(name))
    expect(running).not.to.deep.equal([])
    for (const { pid } of running) {
      const shown = commandLine(pid)
      expect(shown).not.to.contain('secret').and.not.to.contain(folder.path)
    }
  })

  it('keeps Unix sockets out when the policy says so', async () => {
    const make = 'import socket; socket.socket(socket.AF_UNIX); print("made")'
    await using open = await sandboxWith({})
    if ((await open.exec(['python3', '-c', make])).exitCode === 127) return
    await using closed = await sandboxWith({ process: { unixSockets: false } })
    expect((await open.exec(['python3', '-c', make])).stdout).to.equal('made\n')
    expect((await closed.exec(['python3', '-c', make])).stderr).to.contain('PermissionError')
  })

  const onlyRoot = isRoot ? '' : ' (skipped: only root may ask)'
  it(`runs as another user when root asks for one${onlyRoot}`, async function () {
    if (!isRoot) this.skip()
    await using sandbox = await sandboxWith({ process: { user: 1000 } })
    expect((await sandbox.exec(['id', '-u'])).stdout).to.equal('1000\n')
    const init = descendants().find(({ name }) => name === 'caisson-init')
    const status = readFileSync(`/proc/${init?.pid}/status`, 'utf8')
    expect(status).to.match(/^Uid:\t1000\t1000\t1000\t1000$/m)
  })

  it('leaves no process behind, however many there were', async () => {
    const sandboxes = await Promise.all(Array.from({ length: 10 }, () => sandboxWith({})))
    await Promise.all(
      sandboxes.map((sandbox) => sandbox.exec('sleep 100 & setsid sleep 100 & true')),
    )
    expect(descendantNames().filter((name) => name === 'bwrap')).to.have.length(10)
    await Promise.all(sandboxes.map((sandbox) => sandbox.destroy()))
    expect(descendantNames()).to.deep.equal([])
  })

  it('stays what it is with many nested repositories', async () => {
    for (const count of [0, 100, 400]) {
      using folder = temporaryFolder()
      for (let index = 0; index < count; index++)
        repository(join(folder.path, `repository-${index}`))
      await using sandbox = await sandboxWith({
        filesystem: { mounts: [{ source: folder.path, target: '/work', access: 'write' }] },
      })
      const { stdout } = await sandbox.exec(
        'for d in */.git/hooks; do [ -w "$d" ] && echo "$d"; done',
      )
      expect(stdout.replace('*/.git/hooks\n', '')).to.equal('')
    }
  })
})
