import type { EgressDoor, Policy } from '@caisson/core'
import { openTrail } from '../audit/open-trail.ts'
import type { AuditTrail } from '../audit/trail.ts'
import type { Canaries } from '../credentials/canaries.ts'
import type { PolicyKeeper } from '../credentials/keep-credentials.ts'
import type { OwnAddresses } from '../dial/own-dial.ts'
import type { PooledDialer } from '../dial/pooled-dialer.ts'
import type { EgressProxyOptions } from '../options.ts'
import { hostPattern } from '../telemetry/host-pattern.ts'
import { Asker } from './asker.ts'
import { buildEngine } from './build-engine.ts'
import type { Engine } from './engine.ts'
import { layGround, type Seams } from './ground.ts'
import { Listeners } from './listeners.ts'
import { boundedLocate, type Locate } from './locator.ts'
import { planDoors } from './plan-doors.ts'
import type { PolicyCell } from './policy-cell.ts'
import { Recorder } from './recorder.ts'
import { tellAll } from './tell-all.ts'
import { coverage } from './vouched-for.ts'

/** A proxy's parts, put together, and what only its outside needs. */
export interface Assembly {
  readonly id: string
  readonly engine: Engine
  readonly cell: PolicyCell
  readonly asker: Asker
  readonly dialer: PooledDialer
  /** The way to services that hand out secrets. */
  readonly tokens: PooledDialer
  readonly keeper: PolicyKeeper
  readonly canaries: Canaries
  readonly credentials: Policy['credentials']
  readonly own: OwnAddresses
  readonly trail: AuditTrail
  readonly doors: readonly EgressDoor[]
  readonly locate: Locate
  readonly listeners: Listeners
  readonly nat64: readonly string[]
  /** Whether the authority may vouch for a host pattern. */
  readonly covers: (pattern: string) => boolean
  readonly received: () => number
}

/**
 * Puts a proxy together; nothing listens yet.
 *
 * @throws SandboxError `POLICY_INVALID`, `POLICY_UNSUPPORTED`
 * @throws TypeError for options that are none
 */
export function assemble(options: EgressProxyOptions, seams: Seams = {}): Assembly {
  const ground = layGround(options, seams)
  const { id, cell, hosts, names, vouched, keeper, canaries } = ground
  // Last of what can fail: from here on there is something to close.
  const trail = openTrail(options.audit, id, options.onLog ?? (() => undefined))
  const listeners = new Listeners()
  const telemetry = seams.telemetry ?? null
  const recorder = new Recorder({
    trail,
    now: Date.now,
    policyVersion: () => cell.now.compiled.version,
    onDecision: (decision) => tellAll(decision, [options.onDecision, ...listeners.decision]),
    onAlarm: (alarm) => tellAll(alarm, [options.onAlarm, ...listeners.alarm]),
    heard: seams.heard ?? null,
    telemetry,
    patternOf: (host) => hostPattern(cell.now.compiled, host),
  })
  const asker = new Asker(options.onAsk, ground.limits)
  let bytesIn = 0
  const received = (bytes: number): void => void (bytesIn += bytes)
  const hooks = options.hooks ?? {}
  return {
    id,
    engine: buildEngine(ground, { recorder, asker, hooks, received, telemetry }),
    cell,
    asker,
    dialer: ground.dialer,
    tokens: ground.tokens,
    keeper,
    canaries,
    credentials: options.policy.credentials,
    own: ground.own,
    trail,
    listeners,
    doors: planDoors({
      hosts,
      transparent: options.policy.network?.transparent ?? true,
      addressOf: (name) => names.addressOf(name),
    }),
    locate: boundedLocate(options.locate ?? (() => Promise.resolve(null))),
    nat64: options.nat64 ?? [],
    covers: coverage(vouched),
    received: () => bytesIn,
  }
}
