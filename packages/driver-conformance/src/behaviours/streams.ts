import assert from 'node:assert/strict'
import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import type { Behaviour } from '../behaviour.ts'
import { perl, printed, scene, shell } from '../inside.ts'
import type { SandboxProcess } from '@caisson/core'

const area = 'streams'
const gigabyte = 2 ** 30

/** Reads a stream to its end, with a pause after each `every` bytes; resolves with the number of bytes. */
async function drain(stream: ReadableStream<Uint8Array>, every: number): Promise<number> {
  let total = 0
  let nextPause = every
  const reader = stream.getReader()
  for (let step = await reader.read(); !step.done; step = await reader.read()) {
    total += step.value.length
    if (total < nextPause) continue
    nextPause += every
    await pause(10)
  }
  return total
}

async function collect(stream: ReadableStream<Uint8Array>): Promise<Buffer> {
  const chunks: Uint8Array[] = []
  const reader = stream.getReader()
  for (let step = await reader.read(); !step.done; step = await reader.read())
    chunks.push(step.value)
  return Buffer.concat(chunks)
}

async function feed(running: SandboxProcess, bytes: Uint8Array): Promise<void> {
  const writer = (running.stdin ?? assert.fail('the command has no stdin')).getWriter()
  for (let at = 0; at < bytes.length; at += 65_536)
    await writer.write(bytes.subarray(at, at + 65_536))
  await writer.close()
}

/** Every byte value, many times, in an order with no short period. */
function allBytes(length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, index) => (index * 167 + (index >> 8) * 13) & 0xff)
}

const bulk: readonly Behaviour[] = [
  {
    id: 'streams.gigabyte',
    area,
    timeoutMs: 60_000,
    title: 'carries a gigabyte to a slow reader without loss and without keeping it in memory',
    async run(context) {
      const sandbox = await context.createSandbox({})
      const before = process.memoryUsage().rss
      const running = await sandbox.spawn(`head -c ${gigabyte} /dev/zero`)
      assert.equal(await drain(running.stdout, gigabyte / 32), gigabyte)
      assert.equal((await running.wait()).exitCode, 0)
      const grown = process.memoryUsage().rss - before
      assert.ok(grown < gigabyte / 4, `memory grew by ${grown} bytes`)
    },
  },
  {
    id: 'streams.backpressure',
    area,
    tools: ['perl'],
    title: 'stops a writer whose reader does not read after a bounded amount',
    async run(context) {
      const { project } = await scene(context)
      const sandbox = await context.createSandbox({
        filesystem: { mounts: [{ source: project, access: 'write' }] },
      })
      const program =
        'open(P, ">", $ARGV[0]); for (1 .. 512) { syswrite(STDOUT, "x" x 262144); syswrite(P, ".") }'
      const progress = join(project, 'progress')
      const running = await sandbox.spawn(['perl', '-e', program, progress])
      const { stdout } = running
      let last = -1
      await context.host.until(async () => {
        const now = await stat(progress).then(
          ({ size }) => size,
          () => 0,
        )
        const still = now === last && now > 0
        last = now
        if (!still) await pause(150)
        return still
      }, 'the writer never stopped')
      assert.ok(last < 256, `${last} of 512 pieces were taken from a writer that nobody reads`)
      assert.equal(await drain(stdout, gigabyte), 512 * 262_144)
      await running.wait()
    },
  },
  {
    id: 'streams.stdin-echo',
    area,
    title: 'carries 8 MiB of every byte value to stdin and back unchanged',
    async run(context) {
      const sandbox = await context.createSandbox({})
      const bytes = allBytes(8 * 2 ** 20)
      const running = await sandbox.spawn(['cat'], { stdin: 'pipe' })
      const [echoed] = await Promise.all([collect(running.stdout), feed(running, bytes)])
      assert.ok(echoed.equals(bytes), 'what came back is not what was sent')
      assert.equal((await running.wait()).exitCode, 0)
    },
  },
]

const exactness: readonly Behaviour[] = [
  {
    id: 'streams.apart',
    area,
    title: 'keeps stdout and stderr apart',
    async run(context) {
      const sandbox = await context.createSandbox({})
      const result = await shell(sandbox, 'echo out; echo err >&2')
      assert.deepEqual([result.stdout, result.stderr], ['out\n', 'err\n'])
    },
  },
  {
    id: 'streams.order',
    area,
    title: 'tells the two streams in the order in which they were written, exactly so when merged',
    async run(context) {
      const sandbox = await context.createSandbox({})
      const slow = 'for i in 1 2 3 4 5; do echo o$i; sleep 0.05; echo e$i >&2; sleep 0.05; done'
      const expected = [1, 2, 3, 4, 5].map((number) => `o${number}\ne${number}\n`).join('')
      assert.equal((await shell(sandbox, slow)).output, expected)
      const fast = 'i=0; while [ $i -lt 500 ]; do echo o$i; echo e$i >&2; i=$((i+1)); done'
      const merged = await shell(sandbox, fast, { options: { stderr: 'merge' } })
      assert.equal(
        merged.stdout,
        Array.from({ length: 500 }, (_, index) => `o${index}\ne${index}\n`).join(''),
      )
    },
  },
  {
    id: 'streams.text',
    area,
    tools: ['perl'],
    title: 'puts characters together that were written in pieces',
    async run(context) {
      const sandbox = await context.createSandbox({})
      const program =
        'for my $b (split //, "caf\\xc3\\xa9 \\xf0\\x9f\\x9a\\xa2") { syswrite(STDOUT, $b); select(undef, undef, undef, 0.005) }'
      assert.equal((await perl(sandbox, program)).stdout, 'café 🚢')
    },
  },
  {
    id: 'streams.truncated',
    area,
    title: 'says when output was not kept whole, and only then',
    async run(context) {
      const sandbox = await context.createSandbox({})
      const script = 'echo first; head -c 100000 /dev/zero | tr "\\0" x; echo last'
      const whole = await shell(sandbox, script)
      assert.deepEqual([whole.truncated, whole.stdout.length], [false, 100_011])
      const cut = await shell(sandbox, script, { options: { maxOutputBytes: 1000 } })
      assert.equal(cut.truncated, true)
      assert.equal(cut.exitCode, 0)
      assert.ok(cut.stdout.startsWith('first') && cut.stdout.endsWith('last\n'))
    },
  },
  {
    id: 'streams.stdin',
    area,
    title: 'gives a command its stdin, or an empty one, and survives one that does not read it',
    async run(context) {
      const sandbox = await context.createSandbox({})
      assert.equal((await shell(sandbox, 'cat', { options: { stdin: 'hello' } })).stdout, 'hello')
      assert.equal((await shell(sandbox, 'cat; echo end')).stdout, 'end\n')
      const ignored = await shell(sandbox, 'exec 0<&-; echo done', {
        options: { stdin: 'x'.repeat(2 ** 20) },
      })
      assert.deepEqual([ignored.exitCode, ignored.stdout], [0, 'done\n'])
    },
  },
  {
    id: 'streams.many',
    area,
    title: 'keeps fifty commands that run at once apart',
    async run(context) {
      const sandbox = await context.createSandbox({})
      const all = Array.from({ length: 50 }, async (_, index) =>
        printed(await shell(sandbox, 'sleep 0.05; echo "$1"', { args: [`word ${index}`] })),
      )
      assert.deepEqual(
        await Promise.all(all),
        Array.from({ length: 50 }, (_, index) => `word ${index}`),
      )
    },
  },
]

/** What commands read and write. */
export const streamBehaviours: readonly Behaviour[] = [...bulk, ...exactness]
