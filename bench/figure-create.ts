import { inTurn, timed } from './measure.ts'
import { compared, open, peerTrial, succeed, type Setting } from './setting.ts'
import { figure, type Row } from './table.ts'
import { runBwrap } from './unsandboxed.ts'

/** Creates a sandbox, runs one command, destroys it. */
export async function wholeLife(folder: string): Promise<void> {
  await using sandbox = await open(folder)
  await succeed(sandbox, ['true'])
}

/** A whole life of a sandbox, against a bare `bwrap` with the same mounts. */
export async function createExecDestroy(setting: Setting): Promise<Row> {
  const trials = {
    ours: timed(() => wholeLife(setting.folder)),
    floor: timed(() => runBwrap(setting.folder, 'true')),
    peer: peerTrial(setting, 'true'),
  }
  const { ours, floor, peer } = await inTurn(trials, setting.rounds)
  return {
    figure: 'create, first exec, destroy',
    ours: `${figure(ours)} ms`,
    floor: `${figure(floor)} ms, bwrap with the same mounts`,
    value: ours / floor,
    unit: '×',
    goal: { kind: 'at-most', bound: 1.5 },
    peer: compared(setting, ours, peer),
    samples: setting.rounds,
  }
}
