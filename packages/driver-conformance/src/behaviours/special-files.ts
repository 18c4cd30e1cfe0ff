import assert from 'node:assert/strict'
import { chmod, chown, copyFile, lstat, open, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { skip, type Behaviour } from '../behaviour.ts'
import { perl, printed, refused, scene, shell } from '../inside.ts'

const area = 'special-files'
const answerMs = 5000

/** Resolves to `true` when the work settles, either way, in good time. */
async function settles(work: Promise<unknown>): Promise<boolean> {
  const stop = new AbortController()
  const settled = work.then(
    () => true,
    () => true,
  )
  const late = pause(answerMs, false, { signal: stop.signal }).catch(() => false)
  const result = await Promise.race([settled, late])
  stop.abort()
  return result
}

/** Device nodes that a sandbox may have: they hold nothing of the host. */
const harmlessDevices =
  /^(null|zero|full|random|urandom|tty|console|ptmx|pts|shm|mqueue|fd|stdin|stdout|stderr|core|pts\/.*)$/

/** Special files, privileges that files carry, and descriptors that nobody meant to pass. */
export const specialFileBehaviours: readonly Behaviour[] = [
  {
    id: 'special-files.fifo',
    area,
    title: 'answers at once when the host reads or writes a FIFO that the sandbox planted',
    async run(context) {
      const { project } = await scene(context)
      const sandbox = await context.createSandbox({
        filesystem: { mounts: [{ source: project, access: 'write' }] },
      })
      printed(await shell(sandbox, 'mkfifo "$1/pipe"', { args: [project] }))
      const path = join(project, 'pipe')
      assert.ok(await settles(sandbox.fs.readFile(path)), 'reading hangs')
      assert.ok(await settles(sandbox.fs.writeFile(path, 'x')), 'writing hangs')
      await assert.rejects(sandbox.fs.readFile(path))
      assert.equal(printed(await shell(sandbox, 'cat "$1/file"', { args: [project] })), 'original')
    },
  },
  {
    id: 'special-files.socket',
    area,
    title: 'refuses to read a socket file, and goes on',
    tools: ['perl'],
    async run(context) {
      const { project } = await scene(context)
      const sandbox = await context.createSandbox({
        filesystem: { mounts: [{ source: project, access: 'write' }] },
      })
      const program =
        'use Socket; socket(S, AF_UNIX, SOCK_STREAM, 0) or die; bind(S, pack_sockaddr_un("s")) or die $!'
      printed(await perl(sandbox, program, { options: { cwd: project } }))
      assert.ok(await settles(sandbox.fs.readFile(join(project, 's'))), 'reading hangs')
      await assert.rejects(sandbox.fs.readFile(join(project, 's')))
      assert.equal((await sandbox.fs.readdir(project)).length, 3)
    },
  },
  {
    id: 'special-files.make-device',
    area,
    title: 'refuses to make device nodes, in mounts and in private folders',
    async run(context) {
      const { project } = await scene(context)
      const sandbox = await context.createSandbox({
        filesystem: { mounts: [{ source: project, access: 'write' }] },
      })
      printed(await shell(sandbox, ': > "$1/ordinary"', { args: [project] }))
      const act = 'mknod "$1/device" c 1 5 && head -c 1 "$1/device"'
      for (const folder of [project, '/tmp', '/dev']) {
        refused(await shell(sandbox, act, { args: [folder] }), `a device in ${folder}`)
      }
    },
  },
  {
    id: 'special-files.host-devices',
    area,
    title: 'shows no device of the host but those that hold nothing',
    async run(context) {
      const sandbox = await context.createSandbox({})
      const names = printed(
        await shell(sandbox, 'cd /dev && find . ! -type d | sed "s|^./||"'),
      ).split('\n')
      assert.ok(names.includes('null'))
      assert.deepEqual(
        names.filter((name) => !harmlessDevices.test(name)),
        [],
      )
    },
  },
  {
    id: 'special-files.device-in-mount',
    area,
    title: 'refuses to open a device node that already lies in a mount',
    async run(context) {
      const { project } = await scene(context)
      const device = join(project, 'device')
      if (process.getuid?.() !== 0) skip('only root can make a device node on the host')
      await context.hostProcesses.run('mknod', ['-m', '666', device, 'c', '1', '5'])
      assert.equal(
        await context.hostProcesses.run('sh', ['-c', 'head -c 3 "$1" | wc -c', 'sh', device]),
        '3',
      )
      const sandbox = await context.createSandbox({
        filesystem: { mounts: [{ source: project, access: 'write' }] },
      })
      refused(await shell(sandbox, 'head -c 1 "$1"', { args: [device] }), 'reading the device')
      await assert.rejects(sandbox.fs.readFile(device))
    },
  },
  {
    id: 'special-files.setuid',
    area,
    title: 'gives a setuid program of another user no power',
    async run(context) {
      const { project } = await scene(context)
      if (process.getuid?.() !== 0) skip('only root can make a setuid file of another user')
      const program = join(project, 'who')
      await copyFile('/usr/bin/id', program)
      await chown(program, 0, 0)
      await chmod(program, 0o4755)
      await context.hostProcesses.run('chown', ['65534:65534', project])
      await chmod(context.workDir, 0o755)
      const sandbox = await context.createSandbox({
        filesystem: { mounts: [{ source: project, access: 'write' }] },
        process: { user: 65534 },
      })
      assert.equal(printed(await shell(sandbox, '"$1" -u', { args: [program] })), '65534')
    },
  },
  {
    id: 'special-files.set-id-made',
    area,
    tools: ['perl'],
    title: 'leaves no set-id file of the host user behind, however one is made',
    async run(context) {
      const { project } = await scene(context)
      const sandbox = await context.createSandbox({
        filesystem: { mounts: [{ source: project, access: 'write' }] },
      })
      printed(
        await shell(sandbox, 'cp /bin/true "$1/plain"; chmod 755 "$1/plain"', { args: [project] }),
      )
      // chmod(2), and open(2) with O_CREAT: a mode that no chmod is needed for.
      const acts = ['chmod 04755, "$ARGV[0]/plain"', 'sysopen my $f, "$ARGV[0]/opened", 65, 04755']
      for (const act of acts) await perl(sandbox, act, { args: [project] })
      await shell(
        sandbox,
        'install -m 4755 /bin/true "$1/installed"; cp /bin/true "$1/c" && chmod g+s "$1/c"',
        {
          args: [project],
        },
      )
      await sandbox.fs
        .writeFile(join(project, 'written'), 'x', { mode: 0o4755 })
        .catch(() => undefined)
      await sandbox.fs.chmod(join(project, 'plain'), 0o6755).catch(() => undefined)
      const names = await readdir(project)
      assert.ok(names.includes('plain'), 'nothing was written at all')
      for (const name of names) {
        const { mode } = await lstat(join(project, name))
        assert.equal(mode & 0o6000, 0, `${name} is a set-id file on the host`)
      }
    },
  },
  {
    id: 'special-files.capabilities',
    area,
    title: 'runs commands that can never gain privileges',
    async run(context) {
      const sandbox = await context.createSandbox({})
      const status = printed(await shell(sandbox, 'cat /proc/self/status'))
      assert.match(status, /^CapEff:\s*0+$/m)
      assert.match(status, /^CapPrm:\s*0+$/m)
      assert.match(status, /^CapBnd:\s*0+$/m)
      assert.match(status, /^CapAmb:\s*0+$/m)
      assert.match(status, /^NoNewPrivs:\s*1$/m)
    },
  },
  {
    id: 'special-files.descriptors',
    area,
    title: 'hands no descriptor to a command but its three streams',
    async run(context) {
      const { secretPath } = await scene(context)
      const held = await open(secretPath)
      context.defer(() => held.close())
      const sandbox = await context.createSandbox({})
      const script = 'ls "/proc/$$/fd"; :'
      const descriptors = printed(await shell(sandbox, script))
        .split('\n')
        .map(Number)
      assert.deepEqual(
        descriptors.filter((number) => number > 2),
        [],
      )
    },
  },
]
