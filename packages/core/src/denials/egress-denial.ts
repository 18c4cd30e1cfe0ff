import type { Denial, DenialKind } from '../denial.ts'
import type { EgressDecision } from '../egress.ts'
import { namePath, withoutSteering } from './name-path.ts'

/** Longest target and longest sentence that are told; the audit trail has the whole. */
const longestTarget = 2048
const longestSentence = 1024

/** What kept a request that was allowed from its goal: true, and no doing of the policy. */
const unreached = [
  'resolve_failed',
  'connect_failed',
  'tls_failed',
  'upstream_failed',
  'upstream_timeout',
  'credential_unavailable',
]

/** Refusals that are not about where a request goes, by their code. */
const kinds: ReadonlyMap<string, DenialKind> = new Map([
  ['foreign_credential', 'net.credential'],
  ['dummy_misused', 'net.credential'],
  ['minting_refused', 'net.credential'],
  ['credential_unavailable', 'net.credential'],
  ['credential_revoked', 'net.credential'],
  ['body_not_allowed', 'net.content'],
  ['body_unreadable', 'net.content'],
  ['secret_found', 'net.content'],
  ['canary_found', 'net.content'],
  ['response_unreadable', 'net.content'],
])

/** The port of `https`, which goes without saying. */
const usualPort = 443

function cut(text: string, longest: number): string {
  return text.length > longest ? `${text.slice(0, longest)}…` : text
}

/** `GET example.com/a`, `example.com:22`, or `example.com` where only a name was asked for. */
function targetOf({ host, port, method, path }: EgressDecision): string {
  if (method === null) return port === null ? host : `${host}:${port}`
  const where = port === null || port === usualPort ? host : `${host}:${port}`
  return `${method} ${where}${path ?? ''}`
}

/** A sentence as part of another: without its full stop, and without what steers a terminal. */
function clause(sentence: string): string {
  return withoutSteering(cut(sentence.trim(), longestSentence)).replace(/\.$/, '')
}

function kindOf({ door, code }: EgressDecision): DenialKind {
  const kind = code === null ? undefined : kinds.get(code)
  return kind ?? (door === 'resolver' ? 'net.resolve' : 'net.connect')
}

/** A refusal of the way out, in the shape of every other one. */
export function egressDenial(decision: EgressDecision): Denial {
  const target = cut(targetOf(decision), longestTarget)
  const rule = decision.rule ?? 'network.allow'
  const why = clause(decision.reason)
  const remedy = clause(decision.remedy)
  const isUnreached = decision.code !== null && unreached.includes(decision.code)
  const fate = isUnreached ? 'was not reached' : `was refused (${rule})`
  const parts = [why === '' ? 'the policy does not allow it' : why, remedy].filter(Boolean)
  return {
    kind: kindOf(decision),
    target,
    rule,
    source: 'proxy',
    remedy,
    // What had no name that could be told, an address for instance, has no target either.
    message: `${target === '' ? 'A connection' : namePath(target)} ${fate}: ${parts.join('; ')}.`,
  }
}

/** Whether a refusal of the way out is about this host. */
export function isAbout({ source, target }: Denial, host: string): boolean {
  if (source !== 'proxy') return false
  const place = target.slice(target.indexOf(' ') + 1).toLowerCase()
  const name = host.toLowerCase()
  return place === name || place.startsWith(`${name}:`) || place.startsWith(`${name}/`)
}
