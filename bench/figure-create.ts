import { inTurn, timed } from './measure.ts'
import { type BenchAccess, compared, open, peerTrial, succeed, type Setting } from './setting.ts'
import { figure, type Row } from './table.ts'
import { runBwrap } from './unsandboxed.ts'

/** Creates a sandbox, runs one command, destroys it. */
export async function wholeLife(folder: string, access: BenchAccess): Promise<void> {
  await using sandbox = await open(folder, access)
  await succeed(sandbox, ['true'])
}

/** A whole life of a sandbox, against a bare `bwrap` with the same mounts. */
export async function createExecDestroy(setting: Setting): Promise<Row[]> {
  return [await measured(setting, 'overlay'), await measured(setting, 'write')]
}

async function measured(setting: Setting, access: BenchAccess): Promise<Row> {
  const trials = {
    ours: timed(() => wholeLife(setting.folder, access)),
    floor: timed(() => runBwrap(setting.folder, 'true')),
    peer: peerTrial(setting, 'true'),
  }
  const { ours, floor, peer } = await inTurn(trials, setting.rounds)
  return {
    figure: `create, first exec, destroy, ${access} mount`,
    ours: `${figure(ours)} ms`,
    floor: `${figure(floor)} ms, bwrap with the same mounts`,
    value: ours / floor,
    unit: '×',
    goal: { kind: 'at-most', bound: 1.5 },
    peer: compared(setting, ours, peer),
    samples: setting.rounds,
  }
}
