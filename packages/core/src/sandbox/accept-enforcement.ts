import type { EnforcementReport, SandboxDriver } from '../driver.ts'
import { SandboxError } from '../errors.ts'

/**
 * Refuses a sandbox with a clause that nobody enforces, unless the caller accepted that clause by
 * name.
 */
export function acceptEnforcement(
  driver: SandboxDriver,
  report: EnforcementReport,
  allowWeaker: readonly string[],
): void {
  const open = report.clauses.filter(
    ({ clause, by }) => by === 'none' && !allowWeaker.includes(clause),
  )
  if (open.length === 0) return
  const names = open.map(({ clause, detail }) => `${clause} (${detail})`).join(', ')
  const accept = open.map(({ clause }) => JSON.stringify(clause)).join(', ')
  throw new SandboxError('POLICY_UNSUPPORTED', `${driver.name} cannot enforce ${names} here`, {
    driver: driver.name,
    hint: `take another driver, leave the clause out, or accept the weakness with allowWeaker: [${accept}]`,
  })
}
