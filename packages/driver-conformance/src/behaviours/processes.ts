import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { arch } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { skip, type Behaviour, type ConformanceContext } from '../behaviour.ts'
import { daemonScript, perl, printed, refused, rejectsWith, scene, shell } from '../inside.ts'
import type { Sandbox } from '@caisson/core'

const area = 'processes'
const ptraceNumber: Readonly<Record<string, number>> = { x64: 101, arm64: 117 }
const attach = 16

/** Refused calls end with these; any other error means that the kernel was ready to consider it. */
const attaching = 'my $r = syscall($ARGV[0], $ARGV[1], $ARGV[2], 0, 0); exit($r == 0 ? 0 : 1)'

interface Daemon {
  readonly sandbox: Sandbox
  readonly marker: string
  readonly beatPath: string
}

/** A sandbox in which a daemon that hides from everybody beats into a file on the host. */
async function withDaemon(
  context: ConformanceContext,
): Promise<Daemon & { readonly start: () => Promise<void> }> {
  const { project } = await scene(context)
  const marker = context.host.marker()
  const beatPath = join(project, 'beat')
  const sandbox = await context.createSandbox({
    filesystem: { mounts: [{ source: project, access: 'write' }] },
  })
  const start = (): Promise<void> => beating(context, beatPath)
  return { sandbox, marker, beatPath, start }
}

async function beating(context: ConformanceContext, beatPath: string): Promise<void> {
  const beats = async (): Promise<boolean> =>
    readFile(beatPath).then(
      (bytes) => bytes.length > 0,
      () => false,
    )
  await context.host.until(beats, 'the daemon did not start')
}

const walls: readonly Behaviour[] = [
  {
    id: 'processes.host-unseen',
    area,
    title: 'shows no process of the host',
    async run(context) {
      const marker = context.host.marker()
      await context.hostProcesses.sleeper(marker)
      assert.equal((await context.host.processes(marker)).length, 1, 'the host itself can see it')
      const sandbox = await context.createSandbox({})
      const script =
        'for f in /proc/[0-9]*/cmdline; do tr "\\0" " " < "$f"; echo; done 2>/dev/null; :'
      assert.ok(!printed(await shell(sandbox, script)).includes(marker))
    },
  },
  {
    id: 'processes.host-signals',
    area,
    title: 'lets no signal reach a process of the host',
    async run(context) {
      const marker = context.host.marker()
      const pid = await context.hostProcesses.sleeper(marker)
      const sandbox = await context.createSandbox({})
      await shell(sandbox, 'kill -KILL "$1"', { args: [String(pid)] })
      assert.deepEqual(await context.host.processes(marker), [pid])
    },
  },
  {
    id: 'processes.host-ptrace',
    area,
    tools: ['perl'],
    title: 'refuses to trace a process of the host or to open its memory',
    async run(context) {
      const number = ptraceNumber[arch()] ?? skip(`the number of ptrace is not known on ${arch()}`)
      const pid = await context.hostProcesses.sleeper(context.host.marker())
      const sandbox = await context.createSandbox({})
      refused(
        await perl(sandbox, attaching, { args: [String(number), String(attach), String(pid)] }),
        'tracing',
      )
      refused(
        await shell(sandbox, ': < "/proc/$1/mem" || : < "/proc/$1/environ"', {
          args: [String(pid)],
        }),
        'opening its memory',
      )
    },
  },
  {
    id: 'processes.init-memory',
    area,
    title: 'refuses to open the memory, the environment or the descriptors of PID 1 inside',
    async run(context) {
      const sandbox = await context.createSandbox({})
      printed(await shell(sandbox, ': < /proc/self/environ'))
      for (const name of ['mem', 'environ', 'maps', 'auxv']) {
        refused(
          await shell(
            sandbox,
            `cat < /proc/1/${name} | head -c 1 | grep -q .; [ $? -eq 0 ] || : < /proc/1/${name}`,
          ),
          name,
        )
      }
      const open =
        'for n in 0 1 2 3 4 5; do : < "/proc/1/fd/$n" && exit 0; done 2> /dev/null; exit 1'
      refused(await shell(sandbox, open), 'opening its descriptors')
    },
  },
  {
    id: 'processes.init-ptrace',
    area,
    tools: ['perl'],
    hazard: true,
    title: 'refuses to trace or to end PID 1 inside',
    async run(context) {
      const number = ptraceNumber[arch()] ?? skip(`the number of ptrace is not known on ${arch()}`)
      const sandbox = await context.createSandbox({})
      refused(
        await perl(sandbox, attaching, { args: [String(number), String(attach), '1'] }),
        'tracing PID 1',
      )
      for (const signal of ['KILL', 'STOP', 'TERM', 'SEGV'])
        await shell(sandbox, `kill -${signal} 1`)
      printed(await shell(sandbox, ':'))
    },
  },
  {
    id: 'processes.kill-everything',
    area,
    hazard: true,
    title: 'survives a command that signals everything it can see',
    async run(context) {
      const sandbox = await context.createSandbox({})
      await shell(sandbox, 'kill -KILL -1; :').catch(() => undefined)
      assert.equal(printed(await shell(sandbox, 'echo alive')), 'alive')
    },
  },
]

const life: readonly Behaviour[] = [
  {
    id: 'processes.background',
    area,
    requires: ['resident'],
    title: 'lets a background process live on after the command that started it',
    async run(context) {
      const sandbox = await context.createSandbox({})
      const pid = printed(await shell(sandbox, 'sleep 300 > /dev/null 2>&1 & echo $!'))
      printed(
        await shell(sandbox, 'kill -0 "$1" && ! grep -q "^State:.*Z" "/proc/$1/status"', {
          args: [pid],
        }),
      )
      printed(await shell(sandbox, 'kill "$1"', { args: [pid] }))
    },
  },
  {
    id: 'processes.timeout',
    area,
    title: 'ends the whole tree of a command that runs out of time, daemons included',
    async run(context) {
      const { sandbox, marker, beatPath, start } = await withDaemon(context)
      const running = shell(sandbox, `${daemonScript} sleep 300`, {
        args: [marker, beatPath],
        options: { timeoutMs: 1500 },
      })
      await start()
      const result = await running
      assert.equal(result.timedOut, true)
      await context.host.assertGone(marker, beatPath)
      printed(await shell(sandbox, ':'))
    },
  },
  {
    id: 'processes.abort',
    area,
    title: 'ends the whole tree of a command whose caller aborts it',
    async run(context) {
      const { sandbox, marker, beatPath, start } = await withDaemon(context)
      const stop = new AbortController()
      const options = { signal: stop.signal }
      const running = shell(sandbox, `${daemonScript} sleep 300`, {
        args: [marker, beatPath],
        options,
      })
      await start()
      stop.abort()
      const result = await running
      assert.equal(result.aborted, true)
      await context.host.assertGone(marker, beatPath)
      printed(await shell(sandbox, ':'))
    },
  },
  {
    id: 'processes.destroy',
    area,
    title: 'ends every process on destroy, also daemons whose command is long over',
    async run(context) {
      const { sandbox, marker, beatPath, start } = await withDaemon(context)
      printed(await shell(sandbox, daemonScript, { args: [marker, beatPath] }))
      await start()
      await sandbox.destroy()
      await context.host.assertGone(marker, beatPath)
    },
  },
  {
    id: 'processes.host-killed',
    area,
    timeoutMs: 40_000,
    title: 'leaves no process behind when the host process is killed without warning',
    async run(context) {
      const { project } = await scene(context)
      const driver =
        context.elsewhere ??
        skip('the caller did not say how another process can create the driver')
      const marker = context.host.marker()
      const beatPath = join(project, 'beat')
      const module = fileURLToPath(new URL('../other-host.js', import.meta.url))
      const job = { driver, act: 'abandon', project, marker, beatPath }
      const tempDir = await context.folder('temp')
      const other = await context.hostProcesses.node(module, {
        args: [JSON.stringify(job)],
        tempDir,
      })
      assert.equal(other.firstLine, 'ready')
      await beating(context, beatPath)
      await other.killHard()
      await context.host.assertGone(marker, beatPath)
    },
  },
  {
    id: 'processes.orphans-reaped',
    area,
    requires: ['resident'],
    title: 'keeps no zombies of orphaned processes',
    async run(context) {
      const sandbox = await context.createSandbox({})
      printed(
        await shell(sandbox, 'i=0; while [ $i -lt 100 ]; do (true &) ; i=$((i+1)); done; wait'),
      )
      const script = 'grep -ls "^State:.*Z" /proc/[0-9]*/status | wc -l'
      await context.host.until(
        async () => Number(printed(await shell(sandbox, script))) === 0,
        'zombies are left',
      )
    },
  },
  {
    id: 'processes.list',
    area,
    title: 'lists a running command and forgets it when it ended',
    async run(context) {
      const sandbox = await context.createSandbox({})
      const running = await sandbox.spawn(['sleep', '300'])
      assert.ok(sandbox.processes.list().some(({ id }) => id === running.id))
      await running.kill('SIGKILL')
      assert.equal((await running.wait()).signal, 'SIGKILL')
      await context.host.until(
        async () => sandbox.processes.list().every(({ id }) => id !== running.id),
        'an ended command is still listed',
      )
      await rejectsWith(sandbox.exec(['/no/such/program']), ['SPAWN_FAILED'])
    },
  },
]

/** Who can see and end whom. */
export const processBehaviours: readonly Behaviour[] = [...walls, ...life]
