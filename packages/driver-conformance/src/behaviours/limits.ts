import assert from 'node:assert/strict'
import type { Sandbox } from '@caisson/core'
import type { Behaviour } from '../behaviour.ts'
import { perl, printed, scene, shell } from '../inside.ts'

const area = 'limits'

/**
 * Every process starts two more, nine generations deep: 1023 in all, so that a driver that holds
 * nothing harms nobody. `$1` is in the command line of each; the first ends first, so that the others can be counted.
 */
const boundedBomb = `
bomb() { [ "$2" -ge 9 ] || { bomb "$1" $(($2 + 1)) & bomb "$1" $(($2 + 1)) & }; sleep $((1 + ($2 > 0) * 5)); }
bomb "$1" 0; exit 1
`

/**
 * Whether a bound is held for the sandbox as a whole by something that counts. A bound per process
 * makes the command fail, as it should, and tells nobody why.
 */
function isCounted(sandbox: Sandbox, clause: string): boolean {
  const entry = sandbox.enforcement.clauses.find((one) => one.clause === clause)
  return !/per process|rlimit/.test(entry?.detail ?? '')
}

const resident: readonly Behaviour[] = [
  {
    id: 'limits.pids',
    area,
    hazard: true,
    timeoutMs: 60_000,
    title: 'stops a fork bomb at the number of processes that the policy gives, and says so',
    async run(context) {
      const marker = context.host.marker()
      const sandbox = await context.createSandbox({ resources: { pids: 64, wallTimeMs: 5000 } })
      const result = await shell(sandbox, boundedBomb, { args: [marker] })
      assert.ok((await context.host.processes(marker)).length <= 64)
      assert.notEqual(result.exitCode, 0)
      if (isCounted(sandbox, 'resources.pids')) assert.equal(result.limit, 'pids')
      const other = await context.createSandbox({ resources: { pids: 64 } })
      printed(await shell(other, 'true | true | true'))
      await sandbox.destroy()
      await context.host.assertGone(marker)
    },
  },
  {
    id: 'limits.memory',
    area,
    hazard: true,
    tools: ['perl'],
    timeoutMs: 60_000,
    title: 'ends a command that takes more memory than the policy gives, and says so',
    async run(context) {
      const sandbox = await context.createSandbox({ resources: { memoryMiB: 96 } })
      printed(await perl(sandbox, 'my $x = "a" x (16 << 20)'))
      const result = await perl(sandbox, 'my @x; push @x, "a" x (8 << 20) for 1 .. 64')
      assert.notEqual(result.exitCode, 0)
      if (isCounted(sandbox, 'resources.memoryMiB')) assert.equal(result.limit, 'memory')
      const other = await context.createSandbox({ resources: { memoryMiB: 96 } })
      printed(await shell(other, 'echo alive'))
    },
  },
  {
    id: 'limits.disk-tmp',
    area,
    hazard: true,
    title: 'bounds the private temporary folder, and says so',
    async run(context) {
      const sandbox = await context.createSandbox({ filesystem: { tmpMiB: 8 } })
      printed(await shell(sandbox, 'head -c 1000000 /dev/zero > /tmp/small'))
      const result = await shell(sandbox, 'head -c 32000000 /dev/zero > /tmp/big')
      assert.notEqual(result.exitCode, 0)
      assert.equal(result.limit, 'disk')
      printed(await shell(sandbox, 'rm /tmp/big; echo again > /tmp/again'))
    },
  },
  {
    id: 'limits.disk-overlay',
    area,
    hazard: true,
    requires: ['overlay'],
    title: 'bounds what an overlay can hold, and says so',
    async run(context) {
      const { project } = await scene(context)
      const before = await context.host.snapshot(project)
      const sandbox = await context.createSandbox({
        filesystem: { mounts: [{ source: project, access: 'overlay' }] },
        resources: { diskMiB: 8 },
      })
      printed(await shell(sandbox, 'head -c 1000000 /dev/zero > "$1/small"', { args: [project] }))
      const result = await shell(sandbox, 'head -c 32000000 /dev/zero > "$1/big"', {
        args: [project],
      })
      assert.notEqual(result.exitCode, 0)
      assert.equal(result.limit, 'disk')
      assert.deepEqual(await context.host.snapshot(project), before)
    },
  },
]

const perCommand: readonly Behaviour[] = [
  {
    id: 'limits.output',
    area,
    title: 'ends a command that floods its output beyond the bound of the policy, and says so',
    async run(context) {
      const sandbox = await context.createSandbox({ resources: { outputBytes: 1_000_000 } })
      assert.equal(
        printed(await shell(sandbox, 'head -c 500000 /dev/zero | wc -c')).trim(),
        '500000',
      )
      const result = await shell(sandbox, 'yes')
      assert.equal(result.limit, 'output')
      assert.notEqual(result.exitCode, 0)
      printed(await shell(sandbox, ':'))
    },
  },
  {
    id: 'limits.time',
    area,
    title: 'ends a command that spins longer than the policy gives, and says so',
    async run(context) {
      const sandbox = await context.createSandbox({ resources: { wallTimeMs: 400 } })
      printed(await shell(sandbox, ':'))
      const result = await shell(sandbox, 'while :; do :; done')
      assert.equal(result.limit, 'time')
      assert.equal(result.timedOut, true)
      printed(await shell(sandbox, ':'))
    },
  },
  {
    id: 'limits.open-files',
    area,
    tools: ['perl'],
    title: 'bounds the open files of a process',
    async run(context) {
      const sandbox = await context.createSandbox({ resources: { openFiles: 64 } })
      const program =
        'my @f; for (1 .. 1000) { open(my $f, "<", "/dev/null") or last; push @f, $f } print scalar @f'
      const opened = Number(printed(await perl(sandbox, program)))
      assert.ok(opened > 8 && opened < 64, `${opened} files were opened`)
    },
  },
  {
    id: 'limits.none-told',
    area,
    title: 'names no limit when a command fails by itself',
    async run(context) {
      const sandbox = await context.createSandbox({
        resources: { pids: 64, memoryMiB: 96, wallTimeMs: 5000 },
      })
      for (const script of ['exit 3', 'kill -KILL $$', 'kill -SEGV $$']) {
        const result = await shell(sandbox, script)
        assert.deepEqual([result.limit, result.timedOut, result.truncated], [null, false, false])
      }
    },
  },
]

/** Bounds, each with its own outcome. */
export const limitBehaviours: readonly Behaviour[] = [...resident, ...perCommand]
