import type { FindingSeverity } from '@caisson/core'
import { decide } from '../decide/decide.ts'
import type { CompiledPolicy } from '../decide/policy.ts'
import type { HttpRequest, Request } from '../decide/request.ts'
import type { AuditedRule } from './audited-rule.ts'
import type { Probe } from './catalogue/probe.ts'
import type { CatalogueRow } from './catalogue/row.ts'
import { atMost, worse } from './severity.ts'

/** How a row is open: what the rule lets through. */
export type Way = 'opaque' | 'guest' | 'nobody' | 'own' | 'foreign'

/** A row that a rule opens. */
export interface Opened {
  readonly severity: FindingSeverity
  readonly way: Way
  /** A name at which it is. */
  readonly host: string
  /** Nothing but reading opens it, so that a rule that only reads is no way to close it. */
  readonly isReading: boolean
}

const reading: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS'])

function requestOf(probe: Probe, rule: AuditedRule, host: string): HttpRequest {
  const isPlain = rule.rule.protocol === 'http-plain'
  const { method, path, query, headers, carriers, body, websocket } = probe
  return {
    kind: 'http',
    door: isPlain ? 'http' : 'connect',
    host,
    port: rule.ports[0] ?? 443,
    scheme: isPlain ? 'http' : 'https',
    method,
    path,
    query,
    headers,
    websocket,
    carriers,
    body,
  }
}

/** Whether a refusal takes away what a rule allows; on every port that it has. */
function isDenied(deny: CompiledPolicy | null, rule: AuditedRule, request: Request): boolean {
  if (deny === null || request.kind === 'name') return false
  return rule.ports.every((port) => decide(deny, { ...request, port }).code === 'denied_by_rule')
}

/** Judges the acts of the catalogue by rules of a policy, and counts what that takes. */
export class Reach {
  readonly #deny: CompiledPolicy | null
  #left: number
  /** A rule allowed something at the name that is looked at, and a refusal took it away. */
  #refused = false

  /** @param bound How many requests are judged at most */
  constructor(deny: CompiledPolicy | null, bound: number) {
    this.#deny = deny
    this.#left = bound
  }

  /** Everything was judged that was asked for. */
  get isComplete(): boolean {
    return this.#left >= 0
  }

  /** How a rule opens a row at some of these names, or `null`. */
  open(rule: AuditedRule, row: CatalogueRow, hosts: readonly string[]): Opened | null {
    if (row.probes.length === 0) return null
    let found: Opened | null = null
    for (const host of hosts) {
      this.#refused = false
      const one = rule.isOpaque ? this.#tunnel(rule, row, host) : this.#requests(rule, row, host)
      if (one !== null && worse(found?.severity ?? null, one.severity) !== found?.severity)
        found = one
      // A rule treats every name that it holds alike: only refusals make a difference between them.
      if (!this.#refused) return found
    }
    return found
  }

  #isDenied(rule: AuditedRule, request: Request): boolean {
    const denied = isDenied(this.#deny, rule, request)
    this.#refused ||= denied
    return denied
  }

  #tunnel(rule: AuditedRule, row: CatalogueRow, host: string): Opened | null {
    this.#left -= 1
    const port = rule.ports[0] ?? 443
    const request = { kind: 'connection', door: 'connect', host, port } as const
    if (this.#left < 0 || decide(rule.compiled, request).verdict !== 'allow') return null
    if (this.#isDenied(rule, request)) return null
    const severity = row.probes.reduce<FindingSeverity>(
      (worst, one) => worse(worst, one.severity),
      'info',
    )
    return { severity, way: 'opaque', host, isReading: false }
  }

  #requests(rule: AuditedRule, row: CatalogueRow, host: string): Opened | null {
    let found: Opened | null = null
    let isReading = true
    for (const probe of row.probes) {
      const severity = this.#judge(rule, row, { probe, host })
      if (severity === null) continue
      isReading &&= reading.has(probe.method)
      if (found !== null && worse(found.severity, severity) === found.severity) continue
      found = { severity, way: wayOf(rule, probe), host, isReading }
    }
    return found === null ? null : { ...found, isReading }
  }

  #judge(
    rule: AuditedRule,
    row: CatalogueRow,
    { probe, host }: { readonly probe: Probe; readonly host: string },
  ): FindingSeverity | null {
    if (probe.as === 'own' && rule.credential === null) return null
    this.#left -= 1
    if (this.#left < 0) return null
    const request = requestOf(probe, rule, host)
    if (decide(rule.compiled, request).verdict !== 'allow') return null
    return this.#isDenied(rule, request) ? null : severityOf(rule, row, probe)
  }
}

function wayOf({ rule, credential }: AuditedRule, { as }: Probe): Way {
  if (rule.identity === 'guest') return 'guest'
  return credential !== null && as === 'nobody' ? 'own' : as
}

function severityOf(
  { rule, credential }: AuditedRule,
  row: CatalogueRow,
  probe: Probe,
): FindingSeverity {
  // The service itself refuses every account but those.
  const isTenant = row.tenant !== undefined && rule.tenant?.[row.tenant] !== undefined
  if (probe.as === 'foreign' && isTenant) return atMost(probe.severity, 'medium')
  // The proxy sets our key: what is sent goes to us, unless the host is there for anybody's data.
  const isPinned = credential !== null && probe.as === 'nobody' && row.safe !== 'none'
  return isPinned ? atMost(probe.severity, 'medium') : probe.severity
}
