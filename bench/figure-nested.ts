import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { wholeLife } from './figure-create.ts'
import { inTurn, timed } from './measure.ts'
import { startPeer } from './peer.ts'
import { compared, peerTrial, type Setting } from './setting.ts'
import { figure, type Row } from './table.ts'
import { runBwrap } from './unsandboxed.ts'

/** A folder of its own with so many repositories in it, each with something that must stay protected. */
function nestedRepositories(count: number): string {
  const folder = mkdtempSync(join(tmpdir(), `caisson-bench-nested-${count}-`))
  for (let number = 0; number < count; number += 1) {
    const git = join(folder, `module-${number}`, '.git')
    mkdirSync(join(git, 'hooks'), { recursive: true })
    writeFileSync(join(git, 'HEAD'), 'ref: refs/heads/main\n')
    writeFileSync(join(git, 'config'), '[core]\n\tbare = false\n')
  }
  return folder
}

/** What protecting nested repositories costs a sandbox, against `bwrap` that protects none of them. */
export async function protectNested(setting: Setting): Promise<Row[]> {
  const rows: Row[] = []
  for (const count of [0, 100, 400]) rows.push(await withRepositories(setting, count))
  return rows
}

async function withRepositories(setting: Setting, count: number): Promise<Row> {
  const folder = nestedRepositories(count)
  const { peer, peerReason } = await peerIn(setting, folder)
  try {
    return await measured({ ...setting, folder, peer, peerReason }, count)
  } finally {
    await peer?.stop()
    rmSync(folder, { recursive: true, force: true })
  }
}

async function peerIn(setting: Setting, folder: string) {
  if (setting.peer === null) return { peer: null, peerReason: setting.peerReason }
  try {
    return { peer: await startPeer(folder, null), peerReason: '' }
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    return { peer: null, peerReason: `fails: ${why.split('\n')[0]?.slice(0, 120)}` }
  }
}

async function measured(setting: Setting, count: number): Promise<Row> {
  const trials = {
    ours: timed(() => wholeLife(setting.folder, 'write')),
    floor: timed(() => runBwrap(setting.folder, 'true')),
    peer: peerTrial(setting, 'true'),
  }
  const { ours, floor, peer } = await inTurn(trials, setting.rounds, 1)
  return {
    figure: `create, first exec, destroy with ${count} nested repositories protected, write mount`,
    ours: `${figure(ours)} ms`,
    floor: `${figure(floor)} ms, bwrap that protects none`,
    value: ours / floor,
    unit: '×',
    goal: null,
    peer: compared(setting, ours, peer),
    samples: setting.rounds,
  }
}
