import type { Policy, PolicyFinding } from '@caisson/core'
import { applyEdit } from '../../dist/auditor/apply-edit.js'
import { type AuditOptions, auditPolicy } from '../../dist/auditor/audit-policy.js'
import { rankOf } from '../../dist/auditor/severity.js'

const nameOf = ({ id, title }: PolicyFinding): string => `${id}: ${title}`

function count(findings: readonly PolicyFinding[], name: string): number {
  return findings.filter((one) => nameOf(one) === name).length
}

/** What is wrong with the edit of a finding: it stays, or another one as bad comes. Empty when nothing is. */
export function faultsOfEdit(
  policy: Policy,
  finding: PolicyFinding,
  options: AuditOptions = {},
): readonly string[] {
  if (finding.edit === undefined) return []
  const before = auditPolicy(policy, options)
  const after = auditPolicy(applyEdit(policy, finding.edit), options)
  const stays = count(after, nameOf(finding)) >= count(before, nameOf(finding))
  const worse = after.filter(
    (one) =>
      rankOf(one.severity) <= rankOf(finding.severity) &&
      !before.some((old) => old.id === one.id && rankOf(old.severity) <= rankOf(one.severity)),
  )
  return [
    ...(stays ? [`${nameOf(finding)} stays`] : []),
    ...worse.map((one) => `${nameOf(one)} comes`),
  ]
}

export const ids = (findings: readonly PolicyFinding[]): readonly string[] =>
  findings.map(({ id }) => id)

export const above = (
  findings: readonly PolicyFinding[],
  severity: PolicyFinding['severity'],
): readonly string[] => ids(findings.filter((one) => rankOf(one.severity) < rankOf(severity)))
