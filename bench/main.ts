// `npm run bench [-- --quick] [-- --only=sandboxes|way-out]`: every figure of the goals, against a floor
// measured in the same run and beside peers. Writes RESULTS.md next to this program's source, unless the run
// is a quick one; a part that is not run stays as it is.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { measureWayOut } from './egress/way-out.ts'
import { createExecDestroy } from './figure-create.ts'
import { execInLargeHost, execInLive } from './figure-exec.ts'
import { manyAlive } from './figure-many.ts'
import { protectNested } from './figure-nested.ts'
import { readSmallFile } from './figure-read-file.ts'
import { largeOutput } from './figure-stdout.ts'
import { type Part, writePart } from './page.ts'
import { startPeer, type Peer } from './peer.ts'
import type { Setting } from './setting.ts'
import { isMet, table, type Row } from './table.ts'

const isQuick = process.argv.includes('--quick')

/** In this order: the last one makes the process large for good. */
const figures: readonly ((setting: Setting) => Promise<Row | Row[]>)[] = [
  execInLive,
  createExecDestroy,
  readSmallFile,
  protectNested,
  manyAlive,
  largeOutput,
  execInLargeHost,
]

async function findPeer(folder: string): Promise<{ peer: Peer | null; peerReason: string }> {
  try {
    return { peer: await startPeer(folder, null), peerReason: '' }
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    return { peer: null, peerReason: `does not run here: ${why.split('\n')[0] ?? ''}` }
  }
}

async function measureAll(setting: Setting): Promise<Row[]> {
  const rows: Row[] = []
  for (const measure of figures) {
    const found = [await measure(setting)].flat()
    for (const row of found)
      console.log(`${row.figure}: ${row.ours}; ${row.floor}; peer ${row.peer}`)
    rows.push(...found)
  }
  return rows
}

async function measureSandboxes(folder: string): Promise<string> {
  const { peer, peerReason } = await findPeer(folder)
  try {
    const scale = isQuick ? 0.1 : 1
    const rows = await measureAll({ folder, rounds: isQuick ? 5 : 31, scale, peer, peerReason })
    for (const row of rows.filter((row) => !isMet(row))) console.log(`goal missed: ${row.figure}`)
    return [
      'Medians; ours, the floor and the peer take turns in one run. The peer is sandbox-runtime 0.0.78,',
      'initialised once, which wraps and starts each command anew. For it, ratios above 1 mean that it takes',
      'longer.',
      '',
      table(rows),
    ].join('\n')
  } finally {
    await peer?.stop()
  }
}

/** The sandboxes last: one of their figures makes the process large for good. */
const parts: Readonly<Record<Part, (folder: string) => Promise<string>>> = {
  'way-out': (folder) => measureWayOut(folder, isQuick),
  sandboxes: measureSandboxes,
}

const only = process.argv.find((word) => word.startsWith('--only='))?.slice('--only='.length)
const folder = mkdtempSync(join(tmpdir(), 'caisson-bench-'))
try {
  for (const part of ['way-out', 'sandboxes'] as const) {
    if (only !== undefined && only !== part) continue
    const text = await parts[part](folder)
    console.log(`\n${text}`)
    if (!isQuick) writePart(part, text)
  }
} finally {
  rmSync(folder, { recursive: true, force: true })
}
