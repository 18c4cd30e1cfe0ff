import { randomBytes } from 'node:crypto'
import { makeCanaries } from '../credentials/canaries.ts'
import type { Canaries } from '../credentials/canaries.ts'
import { checkOptions, fillLimits } from '../check-options.ts'
import { checkExposed } from '../credentials/exposed-variables.ts'
import type { PolicyKeeper } from '../credentials/keep-credentials.ts'
import type { SourceTools } from '../credentials/secret.ts'
import { type NamedHost, namedHosts } from '../decide/policy.ts'
import { createDialer } from '../dial/create-dialer-dial.ts'
import { OwnAddresses } from '../dial/own-dial.ts'
import type { PooledDialer } from '../dial/pooled-dialer.ts'
import type { ProxyLimits } from '../limits.ts'
import type { EgressProxyOptions } from '../options.ts'
import type { LookupSource } from '../resolve/lookup-source.ts'
import { NameAddresses } from '../resolve/name-addresses.ts'
import type { Telemetry } from '../telemetry/telemetry-event.ts'
import { type Authority, createAuthority } from '../tls/authority.ts'
import { identitiesOf, makeSnapshot, PolicyCell } from './policy-cell.ts'
import { keeperFor, tokenDialer } from './keeper-for.ts'
import { vouchedFor } from './vouched-for.ts'

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

/** What a proxy stands on; nothing of it listens, writes or fetches yet. */
export interface Ground {
  readonly id: string
  readonly limits: ProxyLimits
  readonly cell: PolicyCell
  readonly hosts: readonly NamedHost[]
  readonly vouched: ReturnType<typeof vouchedFor>
  readonly own: OwnAddresses
  /** The way to services that hand out secrets. */
  readonly tokens: PooledDialer
  /** Who hears that a credential could not be had. */
  readonly failed: Set<(id: string) => void>
  readonly keeper: PolicyKeeper
  readonly canaries: Canaries
  readonly dialer: PooledDialer
  readonly authority: Authority
  readonly names: NameAddresses
}

const mostNames = 65_536

/**
 * Makes what a proxy stands on, and finds what is wrong with its options.
 *
 * @throws SandboxError `POLICY_INVALID`, `POLICY_UNSUPPORTED`
 * @throws TypeError for options that are none
 */
export function layGround(options: EgressProxyOptions, seams: Seams): Ground {
  checkOptions(options)
  checkExposed(options.policy)
  const { lookup } = seams
  const id = proxyId(options.id)
  const limits = fillLimits(options.limits)
  const tokens = tokenDialer(options, limits, lookup)
  const failed = new Set<(id: string) => void>()
  const keeper = keeperFor(options, { limits, tokens, read: seams.readSecret, failed })
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

function proxyId(given: string | undefined): string {
  const id = given ?? `e${randomBytes(8).toString('hex')}`
  if (/^[A-Za-z0-9_-]{1,64}$/.test(id)) return id
  throw new TypeError('id: must be letters, digits, `_` and `-`, 64 at most')
}
