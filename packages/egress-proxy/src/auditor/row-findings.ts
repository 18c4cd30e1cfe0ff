import type { AllowRule, Policy } from '@caisson/core'
import type { AuditedRule } from './audited-rule.ts'
import type { CatalogueRow } from './catalogue/row.ts'
import { type Found, found, gradeFor, placeOf } from './found.ts'
import type { Opened, Reach, Way } from './reach.ts'
import type { RowMatch } from './row-index.ts'
import { safeRule } from './safe-rule.ts'

/** What findings about a rule are made with. */
export interface RuleAudit {
  readonly policy: Policy
  readonly reach: Reach
  /** Whether taking the tunnel off this rule leaves another one that it contradicts. */
  readonly hasTwin: (rule: AuditedRule) => boolean
}

interface OpenRow {
  readonly row: CatalogueRow
  readonly opened: Opened
}

const because: Readonly<Record<Way, (rule: AuditedRule) => string>> = {
  opaque: () => 'The rule is a tunnel, in which no request is seen, so that it takes all of them.',
  guest: () => 'The rule lets programs inside bring their own keys.',
  nobody: () => 'The rule allows it without any key.',
  own: ({ credential }) => `The rule allows it, in the name of ${JSON.stringify(credential)}.`,
  foreign: () => 'The rule does not hold the request to one name.',
}

/** What the clause should be; a rule that only reads closes no row that reading opens. */
function editOf(
  audit: RuleAudit,
  rule: AuditedRule,
  open: readonly OpenRow[],
): AllowRule | string | null {
  if (rule.isOpaque && audit.hasTwin(rule)) return null
  return safeRule(
    audit.policy,
    rule,
    open.map(({ row }) => row.safe),
  )
}

function rowFinding(
  rule: AuditedRule,
  { row, opened }: OpenRow,
  value: AllowRule | string | null,
): Found {
  const { clause } = rule
  return found({
    id: row.id,
    order: row.row,
    severity: gradeFor(opened.severity, rule),
    clause,
    place: placeOf(rule),
    title: `${row.title} (${opened.host})`,
    how: `${row.how} ${because[opened.way](rule)}`,
    remedy: row.remedy,
    tags: row.tags,
    edit: { clause, value },
  })
}

/** The rows of the catalogue that a rule opens, of those that are about its host; by row. */
export function rowFindings(
  audit: RuleAudit,
  rule: AuditedRule,
  matches: readonly RowMatch[],
): readonly Found[] {
  const open: OpenRow[] = []
  for (const { row, hosts } of matches) {
    const opened = audit.reach.open(rule, row, hosts)
    if (opened !== null) open.push({ row, opened })
  }
  if (open.length === 0) return []
  const writes = open.filter(({ opened }) => !opened.isReading)
  const value = editOf(audit, rule, writes)
  return open.map((one) => rowFinding(rule, one, one.opened.isReading ? null : value))
}
