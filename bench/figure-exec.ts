import { inTurn, timed } from './measure.ts'
import { type BenchAccess, compared, open, peerTrial, succeed, type Setting } from './setting.ts'
import { figure, type Row } from './table.ts'
import { runPlain } from './unsandboxed.ts'

/** `exec(["true"])` in a live sandbox, against a child process without one. */
export async function execInLive(setting: Setting): Promise<Row[]> {
  const name = (access: BenchAccess): string => `exec(["true"]) in a live sandbox, ${access} mount`
  return [
    await measured(setting, { name: name('overlay'), bound: 0.5, access: 'overlay' }),
    await measured(setting, { name: name('write'), bound: 0.5, access: 'write' }),
  ]
}

/** The same in a large host process. Leaves this process and the peer's large: measure it last. */
export async function execInLargeHost(setting: Setting): Promise<Row> {
  const bytes = 500 * 1024 * 1024 * setting.scale
  const ballast = Buffer.alloc(bytes, 1)
  await setting.peer?.grow(bytes)
  const size = `${figure(ballast.length / 1024 / 1024)} MiB`
  const name = `exec(["true"]) with ${size} more resident in the host process, overlay mount`
  return measured(setting, { name, bound: 0.1, access: 'overlay' })
}

interface Wanted {
  readonly name: string
  readonly bound: number
  readonly access: BenchAccess
}

async function measured(setting: Setting, { name, bound, access }: Wanted): Promise<Row> {
  await using sandbox = await open(setting.folder, access)
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
