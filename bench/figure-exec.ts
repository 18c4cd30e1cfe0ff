import { inTurn, timed } from './measure.ts'
import { compared, open, peerTrial, succeed, type Setting } from './setting.ts'
import { figure, type Row } from './table.ts'
import { runPlain } from './unsandboxed.ts'

/** `exec(["true"])` in a live sandbox, against a child process without one. */
export async function execInLive(setting: Setting): Promise<Row> {
  return measured(setting, 'exec(["true"]) in a live sandbox', 0.5)
}

/** The same in a large host process. Leaves this process and the peer's large: measure it last. */
export async function execInLargeHost(setting: Setting): Promise<Row> {
  const bytes = 500 * 1024 * 1024 * setting.scale
  const ballast = Buffer.alloc(bytes, 1)
  await setting.peer?.grow(bytes)
  const size = `${figure(ballast.length / 1024 / 1024)} MiB`
  return measured(setting, `the same with ${size} more resident in the host process`, 0.1)
}

async function measured(setting: Setting, name: string, bound: number): Promise<Row> {
  await using sandbox = await open(setting.folder)
  const trials = {
    ours: timed(() => succeed(sandbox, ['true'])),
    floor: timed(() => runPlain('true', [])),
    peer: peerTrial(setting, 'true'),
  }
  const { ours, floor, peer } = await inTurn(trials, setting.rounds)
  return {
    figure: name,
    ours: `${figure(ours)} ms`,
    floor: `${figure(floor)} ms, spawn("true") unsandboxed`,
    value: ours / floor,
    unit: '×',
    goal: { kind: 'at-most', bound },
    peer: compared(setting, ours, peer),
    samples: setting.rounds,
  }
}
