import type { FindingSeverity, PolicyFinding } from '@caisson/core'
import type { AuditedRule } from './audited-rule.ts'
import type { TagSet } from './catalogue/tags.ts'
import { tagsOf } from './catalogue/tags.ts'
import { rankOf } from './severity.ts'

/** A finding, and where it comes in the list. */
export interface Found {
  readonly finding: PolicyFinding
  /** Row of the catalogue, or a number behind all rows. */
  readonly order: number
  /** Where its clause stands in the policy. */
  readonly place: number
}

/** What a finding is made of. */
export interface FoundParts {
  readonly id: string
  readonly order: number
  readonly severity: FindingSeverity
  readonly clause: string
  readonly place: number
  readonly title: string
  readonly how: string
  readonly remedy: string
  readonly tags: readonly TagSet[]
  /** `undefined`: no edit closes it. */
  readonly edit?: PolicyFinding['edit']
}

/** Rules of `ask` stand behind those of `allow`. */
const mostRules = 1_000_000

export function placeOf({ list, index }: AuditedRule): number {
  return list === 'allow' ? index : mostRules + index
}

/** What a policy lets be asked for happens only when somebody grants it. */
export function gradeFor(severity: FindingSeverity, { list }: AuditedRule): FindingSeverity {
  if (list === 'allow' || rankOf(severity) > rankOf('medium')) return severity
  return 'medium'
}

export function found(parts: FoundParts): Found {
  const { id, severity, clause, title, how, remedy, tags, edit, order, place } = parts
  const finding: PolicyFinding = Object.freeze({
    id,
    severity,
    clause,
    title,
    how,
    remedy,
    ...(edit === undefined ? {} : { edit: Object.freeze(edit) }),
    tags: tagsOf(tags),
  })
  return { finding, order, place }
}

/** Worst first; then by the catalogue, and by the policy. */
export function byWeight(a: Found, b: Found): number {
  return (
    rankOf(a.finding.severity) - rankOf(b.finding.severity) ||
    a.order - b.order ||
    a.place - b.place ||
    (a.finding.clause < b.finding.clause ? -1 : a.finding.clause > b.finding.clause ? 1 : 0)
  )
}
