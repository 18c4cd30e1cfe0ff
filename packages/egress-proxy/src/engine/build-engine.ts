import { Ledger } from '../budget/ledger.ts'
import { TokenBucket } from '../budget/token-bucket.ts'
import { countedAuthority } from '../telemetry/counted-authority.ts'
import type { Telemetry } from '../telemetry/telemetry-event.ts'
import { Alarms } from './alarms.ts'
import type { Asker } from './asker.ts'
import { Deadlines } from './deadlines.ts'
import type { Engine } from './engine.ts'
import { BodyRoom } from './gather-body.ts'
import type { Ground } from './ground.ts'
import { Judge } from './judge.ts'
import { OpenConnections } from './open-connections.ts'
import { Pace } from './pace.ts'
import type { Recorder } from './recorder.ts'
import { Screens } from './screens.ts'
import { UploadMonitor } from './upload-monitor.ts'

/** A flood of alarms says no more than its start. */
const alarmsPerSecond = 20

/** Puts together what serves requests. */
export function buildEngine(
  ground: Ground,
  parts: Pick<Engine, 'recorder' | 'hooks' | 'received'> & {
    readonly asker: Asker
    readonly telemetry: Telemetry | null
  },
): Engine {
  const { recorder, asker, hooks, received, telemetry } = parts
  const { limits, cell, dialer, authority, names, keeper } = ground
  const now = (): number => performance.now()
  const policy = () => cell.now.compiled
  const ledger = new Ledger(cell.now.budgets, now)
  const screens = new Screens(keeper, ground.canaries.patterns)
  const alarms = alarmsOf(ground, recorder, now)
  const pace = new Pace(limits.refusalsPerSecond, now)
  const shared = { ledger, hooks, recorder, alarms, screens, policy }
  return {
    ...shared,
    limits,
    dialer,
    authority: telemetry === null ? authority : countedAuthority(authority, telemetry),
    names,
    handshakes: new TokenBucket(limits.handshakesPerSecond, now()),
    questions: new TokenBucket(limits.questionsPerSecond, now()),
    judge: new Judge({ ...shared, asker, hookMs: limits.hookMs, pace }),
    keeper,
    uploads: new UploadMonitor(limits.unusualUploadBytes),
    room: new BodyRoom(limits.judgedBodiesBytes),
    deadlines: new Deadlines(now),
    open: new OpenConnections(limits.connections, (by) =>
      telemetry?.record({ on: 'connections', by }),
    ),
    now,
    received,
  }
}

function alarmsOf({ failed }: Ground, recorder: Recorder, now: () => number): Alarms {
  const alarms = new Alarms({
    bucket: new TokenBucket(alarmsPerSecond, now()),
    now,
    time: Date.now,
    onAlarm: (alarm) => recorder.alarmed(alarm),
  })
  failed.add((id) => alarms.credentialFailed(id))
  return alarms
}
