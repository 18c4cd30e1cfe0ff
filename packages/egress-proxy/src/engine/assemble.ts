import type { EgressDoor, Policy } from '@caisson/core'
import { randomBytes } from 'node:crypto'
import { openTrail } from '../audit/open-trail.ts'
import type { AuditTrail } from '../audit/trail.ts'
import { Ledger } from '../budget/ledger.ts'
import { TokenBucket } from '../budget/token-bucket.ts'
import { namedHosts } from '../decide/policy.ts'
import { createDialer } from '../dial/create-dialer-dial.ts'
import { OwnAddresses } from '../dial/own-dial.ts'
import type { PooledDialer } from '../dial/pooled-dialer.ts'
import { checkOptions, fillLimits } from '../check-options.ts'
import type { ProxyLimits } from '../limits.ts'
import { type Canaries, makeCanaries } from '../credentials/canaries.ts'
import { checkExposed } from '../credentials/exposed-variables.ts'
import { keepCredentials, type PolicyKeeper } from '../credentials/keep-credentials.ts'
import { localReader } from '../credentials/local-reader.ts'
import type { SourceTools } from '../credentials/secret.ts'
import { tokenFetch } from '../credentials/token-fetch-dial.ts'
import { compileGuard } from '../addresses/guard.ts'
import type { EgressProxyOptions } from '../options.ts'
import type { LookupSource } from '../resolve/lookup-source.ts'
import { NameAddresses } from '../resolve/name-addresses.ts'
import { countedAuthority } from '../telemetry/counted-authority.ts'
import { hostPattern } from '../telemetry/host-pattern.ts'
import type { Telemetry } from '../telemetry/telemetry-event.ts'
import { createAuthority } from '../tls/authority.ts'
import { coverage, vouchedFor } from './vouched-for.ts'
import { Alarms } from './alarms.ts'
import { Asker } from './asker.ts'
import { Deadlines } from './deadlines.ts'
import type { Engine } from './engine.ts'
import { BodyRoom } from './gather-body.ts'
import { Screens } from './screens.ts'
import { UploadMonitor } from './upload-monitor.ts'
import { Judge } from './judge.ts'
import { Listeners } from './listeners.ts'
import { boundedLocate, type Locate } from './locator.ts'
import { OpenConnections } from './open-connections.ts'
import { planDoors } from './plan-doors.ts'
import { identitiesOf, makeSnapshot, PolicyCell } from './policy-cell.ts'
import { Pace } from './pace.ts'
import { Recorder } from './recorder.ts'
import { tellAll } from './tell-all.ts'

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

/** What comes with the process that the proxy runs in. */
export interface Seams {
  /** Resolves when what was told so far has reached the host application. Default: it has at once. */
  readonly heard?: () => Promise<void>
  readonly telemetry?: Telemetry | null
  /** Where names lead. Default: what the host says. */
  readonly lookup?: LookupSource
  /** Reads what a credential names on the host. Default: in this process. */
  readonly readSecret?: SourceTools['read']
}

const mostNames = 65_536

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
  const received = (bytes: number): void => {
    bytesIn += bytes
  }
  return {
    id,
    engine: buildEngine(ground, {
      recorder,
      asker,
      hooks: options.hooks ?? {},
      received,
      telemetry,
    }),
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

/** What a proxy stands on, and what may be wrong with its options. */
function layGround(options: EgressProxyOptions, seams: Seams) {
  checkOptions(options)
  checkExposed(options.policy)
  const { lookup } = seams
  const id = proxyId(options.id)
  const limits = fillLimits(options.limits)
  const tokens = tokenDialer(options, limits, lookup)
  const failed = new Set<(id: string) => void>()
  const keeper = keeperFor(options, { limits, tokens, seams, failed })
  const about = { version: 1, nat64: options.nat64, identities: identitiesOf(keeper) }
  const cell = new PolicyCell(makeSnapshot(options.policy, about))
  const hosts = namedHosts(cell.now.compiled)
  const vouched = vouchedFor(options, hosts, cell.now.compiled.observe)
  const own = new OwnAddresses()
  const exact = hosts.filter(({ wildcard }) => !wildcard).map(({ pattern }) => pattern)
  return {
    id,
    limits,
    cell,
    hosts,
    vouched,
    own,
    tokens,
    failed,
    keeper,
    canaries: makeCanaries(options.policy.network?.canaries),
    dialer: createDialer({ ...options, lookup, limits, own, guard: () => cell.now.guard }),
    authority: createAuthority({ sandboxId: id, names: vouched, limits }),
    names: new NameAddresses(mostNames, exact),
  }
}

/** A flood of alarms says no more than its start. */
const alarmsPerSecond = 20

/**
 * The way to services that hand out secrets: the host application named them, so that private addresses are
 * no surprise. Nobody inside chooses where it leads.
 */
function tokenDialer(
  { hosts, upstream, trust, clientCertificates }: EgressProxyOptions,
  limits: ProxyLimits,
  lookup: LookupSource | undefined,
): PooledDialer {
  const anywhere = compileGuard({ allow: ['0.0.0.0/0', '::/0'], deny: [] })
  const own = new OwnAddresses()
  const to = { hosts, upstream, trust, clientCertificates, lookup }
  return createDialer({ ...to, limits, own, guard: () => anywhere })
}

function keeperFor(
  { policy, providers, onLog }: EgressProxyOptions,
  by: {
    readonly limits: ProxyLimits
    readonly tokens: PooledDialer
    readonly seams: Seams
    readonly failed: ReadonlySet<(id: string) => void>
  },
): PolicyKeeper {
  const { limits, tokens, seams, failed } = by
  const now = Date.now
  const read = seams.readSecret ?? localReader({ providers, now })
  return keepCredentials(policy.credentials, {
    tools: { read, fetch: tokenFetch(tokens, limits), now },
    now,
    limits,
    onFailure: (id, message) => {
      onLog?.(`credential ${JSON.stringify(id)}: ${message}`)
      for (const tell of failed) tell(id)
    },
  })
}

function buildEngine(
  {
    limits,
    cell,
    dialer,
    authority,
    names,
    keeper,
    canaries,
    failed,
  }: ReturnType<typeof layGround>,
  parts: Pick<Engine, 'recorder' | 'hooks' | 'received'> & {
    readonly asker: Asker
    readonly telemetry: Telemetry | null
  },
): Engine {
  const { recorder, asker, hooks, received, telemetry } = parts
  const now = (): number => performance.now()
  const policy = () => cell.now.compiled
  const ledger = new Ledger(cell.now.budgets, now)
  const screens = new Screens(keeper, canaries.patterns)
  const alarms = new Alarms({
    bucket: new TokenBucket(alarmsPerSecond, now()),
    now,
    time: Date.now,
    onAlarm: (alarm) => recorder.alarmed(alarm),
  })
  failed.add((id) => alarms.credentialFailed(id))
  return {
    limits,
    dialer,
    authority: telemetry === null ? authority : countedAuthority(authority, telemetry),
    names,
    ledger,
    handshakes: new TokenBucket(limits.handshakesPerSecond, now()),
    questions: new TokenBucket(limits.questionsPerSecond, now()),
    hooks,
    judge: new Judge({
      ledger,
      asker,
      hooks,
      hookMs: limits.hookMs,
      recorder,
      pace: new Pace(limits.refusalsPerSecond, now),
      alarms,
      screens,
      policy,
    }),
    keeper,
    screens,
    alarms,
    uploads: new UploadMonitor(limits.unusualUploadBytes),
    room: new BodyRoom(limits.judgedBodiesBytes),
    recorder,
    deadlines: new Deadlines(now),
    open: new OpenConnections(limits.connections, (by) =>
      telemetry?.record({ on: 'connections', by }),
    ),
    policy,
    now,
    received,
  }
}

function proxyId(given: string | undefined): string {
  const id = given ?? `e${randomBytes(8).toString('hex')}`
  if (/^[A-Za-z0-9_-]{1,64}$/.test(id)) return id
  throw new TypeError('id: must be letters, digits, `_` and `-`, 64 at most')
}
