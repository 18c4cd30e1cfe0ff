import type { Sandbox } from '@caisson/core'
import { inTurn, timed } from './measure.ts'
import { compared, open, peerTrial, type Setting } from './setting.ts'
import { figure, type Row } from './table.ts'
import { runPlain } from './unsandboxed.ts'

const mebibyte = 1024 * 1024

async function pour(sandbox: Sandbox, bytes: number): Promise<void> {
  await using child = await sandbox.spawn(['head', '-c', String(bytes), '/dev/zero'])
  let received = 0
  for await (const chunk of child.stdout) received += chunk.length
  if (received !== bytes) throw new Error(`received ${received} bytes of ${bytes}`)
}

/** By how many bytes this process grows while it does something, at its peak. */
async function growth(act: () => Promise<unknown>): Promise<number> {
  const before = process.memoryUsage().rss
  let peak = before
  const watch = setInterval(() => (peak = Math.max(peak, process.memoryUsage().rss)), 10)
  await act()
  clearInterval(watch)
  return peak - before
}

/** Throughput of a command's output, and what it costs in memory. Few rounds: each is long. */
export async function largeOutput(setting: Setting): Promise<Row[]> {
  await using sandbox = await open(setting.folder)
  const bytes = Math.round(1024 * setting.scale) * mebibyte
  const args = ['-c', String(bytes), '/dev/zero']
  const rounds = Math.min(setting.rounds, 7)
  // Ours first: what a process has taken it keeps, so the second finds room already made.
  const ourGrowth = await growth(() => pour(sandbox, bytes))
  const plainGrowth = await growth(() => runPlain('head', args))
  const { ours, floor, peer } = await inTurn(
    {
      ours: timed(() => pour(sandbox, bytes)),
      floor: timed(() => runPlain('head', args)),
      peer: peerTrial(setting, `head ${args.join(' ')}`),
    },
    rounds,
    1,
  )
  const rate = (milliseconds: number) => `${figure(bytes / mebibyte / (milliseconds / 1000))} MiB/s`
  const speed: Row = {
    figure: `stdout of ${figure(bytes / mebibyte)} MiB through spawn`,
    ours: rate(ours),
    floor: `${rate(floor)}, unsandboxed child`,
    value: floor / ours,
    unit: '×',
    goal: { kind: 'at-least', bound: 0.5 },
    peer: compared(setting, ours, peer),
    samples: rounds,
  }
  return [speed, memoryRow(ourGrowth / mebibyte, plainGrowth / mebibyte)]
}

function memoryRow(ours: number, plain: number): Row {
  return {
    figure: 'growth of the host process meanwhile, at its peak',
    ours: `${figure(ours)} MiB`,
    floor: `${figure(plain)} MiB, unsandboxed child, afterwards`,
    value: ours,
    unit: ' MiB',
    goal: { kind: 'at-most', bound: 64 },
    peer: '–',
    samples: 1,
  }
}
