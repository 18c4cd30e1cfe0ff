import { inTurn, median, timed } from './measure.ts'
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
    ...peerTrial(setting, 'true'),
  }
  const found = await inTurn(trials, setting.rounds)
  const [ours, floor] = [median(found.ours), median(found.floor)]
  const peer = found.peer === undefined ? null : median(found.peer)
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
