import { inTurn, timed } from './measure.ts'
import { open, succeed, type Setting } from './setting.ts'
import { figure, type Row } from './table.ts'

/** A small file read through the sandbox, against one command in it. */
export async function readSmallFile(setting: Setting): Promise<Row> {
  await using sandbox = await open(setting.folder)
  await sandbox.fs.writeFile('/work/small', new Uint8Array(4096))
  const { ours, floor } = await inTurn(
    {
      ours: timed(() => sandbox.fs.readFile('/work/small')),
      floor: timed(() => succeed(sandbox, ['true'])),
      peer: null,
    },
    setting.rounds,
  )
  return {
    figure: 'fs.readFile of 4 KiB',
    ours: `${figure(ours)} ms`,
    floor: `${figure(floor)} ms, exec(["true"])`,
    value: ours / floor,
    unit: '×',
    goal: { kind: 'at-most', bound: 0.3 },
    peer: 'has no such call',
    samples: setting.rounds,
  }
}
