import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Behaviour } from '../behaviour.ts'
import { printed, rejectsWith, scene, shell } from '../inside.ts'

const area = 'processes-exit'
const signals = [
  'HUP',
  'INT',
  'QUIT',
  'ABRT',
  'KILL',
  'USR1',
  'SEGV',
  'USR2',
  'PIPE',
  'ALRM',
  'TERM',
]

async function errnoOf(work: Promise<unknown>): Promise<string> {
  const error: unknown = await work.then(
    () => assert.fail('the command was started'),
    (reason: unknown) => reason,
  )
  return typeof error === 'object' && error !== null && 'errno' in error
    ? String(error.errno)
    : String(error)
}

/** How commands end, told truthfully. */
export const exitStatusBehaviours: readonly Behaviour[] = [
  {
    id: 'exit.codes',
    area,
    title: 'tells every exit code from 0 to 255 as it was',
    async run(context) {
      const sandbox = await context.createSandbox({})
      for (let code = 0; code < 256; code += 1) {
        const result = await shell(sandbox, `exit ${code}`)
        assert.deepEqual([result.exitCode, result.signal], [code, null])
      }
    },
  },
  {
    id: 'exit.signals',
    area,
    title: 'tells the signal that ended a command, and does not confuse it with an exit code',
    async run(context) {
      const sandbox = await context.createSandbox({})
      for (const signal of signals) {
        const result = await shell(sandbox, `kill -${signal} $$; sleep 5`)
        assert.deepEqual([result.exitCode, result.signal], [null, `SIG${signal}`])
      }
      const looksAlike = await shell(sandbox, 'exit 137')
      assert.deepEqual([looksAlike.exitCode, looksAlike.signal], [137, null])
    },
  },
  {
    id: 'exit.kill',
    area,
    title: 'delivers the signal that the caller sends, which the command may handle',
    async run(context) {
      const sandbox = await context.createSandbox({})
      const script = 'trap "echo handled; exit 7" USR1; echo ready; while :; do sleep 0.05; done'
      const running = await sandbox.spawn(['/bin/sh', '-c', script])
      const reader = running.stdout.getReader()
      assert.match(new TextDecoder().decode((await reader.read()).value), /ready/)
      await running.kill('SIGUSR1')
      assert.match(new TextDecoder().decode((await reader.read()).value), /handled/)
      assert.equal((await running.wait()).exitCode, 7)
    },
  },
  {
    id: 'exit.not-started',
    area,
    title: 'tells a command that could not be started apart from one that failed, and why',
    async run(context) {
      const { project } = await scene(context)
      await writeFile(join(project, 'plain'), 'no program', { mode: 0o644 })
      const sandbox = await context.createSandbox({
        filesystem: { mounts: [{ source: project, access: 'read' }] },
      })
      assert.equal(await errnoOf(sandbox.exec(['/no/such/program'])), 'ENOENT')
      assert.equal(await errnoOf(sandbox.exec(['no-such-program-in-path'])), 'ENOENT')
      assert.equal(await errnoOf(sandbox.exec([join(project, 'plain')])), 'EACCES')
      await rejectsWith(sandbox.exec(['true'], { cwd: '/no/such/folder' }), ['SPAWN_FAILED'])
      assert.equal((await shell(sandbox, 'exit 127')).exitCode, 127)
    },
  },
  {
    id: 'exit.arguments',
    area,
    title: 'hands arguments over as they are: empty, with spaces, quotes, line ends and stars',
    async run(context) {
      const sandbox = await context.createSandbox({})
      const args = ['', ' ', '*', '$HOME', '"', "'", 'a\nb', '-n', 'ü', '\\', 'x'.repeat(100_000)]
      const count = await sandbox.exec(['/bin/sh', '-c', 'printf "%s\\0" "$@"', 'sh', ...args])
      assert.deepEqual(printed(count).split('\0').slice(0, -1), args)
    },
  },
  {
    id: 'exit.working-directory',
    area,
    title: 'starts commands in the first mount, or where the caller says',
    async run(context) {
      const { project } = await scene(context)
      const sandbox = await context.createSandbox({
        filesystem: { mounts: [{ source: project, access: 'read' }] },
      })
      assert.equal(printed(await sandbox.exec(['pwd'])), project)
      assert.equal(
        printed(await sandbox.exec(['pwd'], { cwd: join(project, 'sub') })),
        join(project, 'sub'),
      )
      assert.equal(printed(await sandbox.exec('pwd', { cwd: '/' })), '/')
    },
  },
]
