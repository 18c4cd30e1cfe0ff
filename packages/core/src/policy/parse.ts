import type { z } from 'zod'
import { SandboxError } from '../errors.ts'
import { deepFreeze, plainFault } from './plain-value.ts'
import { policySchema } from './schema.ts'
import type { Policy } from './types.ts'

type Issue = z.core.$ZodIssue

/** Most faults that one error tells; the rest is counted. */
const maxTold = 5

/** Writes a path as code would: `filesystem.mounts[0].access`, `environment["a b"]`. */
function pathText(path: readonly PropertyKey[]): string {
  return path
    .map((key, index) => {
      if (typeof key === 'number') return `[${key}]`
      const name = String(key)
      if (!/^[A-Za-z_$][\w$]*$/.test(name)) return `[${JSON.stringify(name.slice(0, 64))}]`
      return index === 0 ? name : `.${name}`
    })
    .join('')
}

/** How well a branch of a union fits: by how deep its first fault lies, strangers last. */
function fit(branch: readonly Issue[]): number {
  if (branch.some((issue) => issue.code === 'invalid_type' && issue.path.length === 0)) return 0
  if (branch.some((issue) => issue.code === 'invalid_value' && issue.path.length === 0)) return 1
  const strangers = branch.some(
    (issue) => issue.code === 'unrecognized_keys' && issue.path.length === 0,
  )
  return strangers ? 2 : 3
}

/** The faults of the branch of a union that the input was probably meant to be. */
function branchIssues(issue: z.core.$ZodIssueInvalidUnion): readonly Issue[] {
  const ranked = [...issue.errors].sort((a, b) => fit(b) - fit(a))
  const best = ranked[0]
  return best === undefined || fit(best) === 0 ? [] : best
}

/** What a fault says; a key that is not there is called that. */
function messageOf(issue: Issue): string {
  const isMissing = issue.code === 'invalid_type' && issue.message.endsWith('received undefined')
  return isMissing ? `is missing; expected ${issue.expected}` : issue.message
}

/** An unknown key at the top names itself; any other fault there is one of the policy as a whole. */
function rootMessage(issue: Issue, message: string): string {
  return issue.code === 'unrecognized_keys' ? message : `policy: ${message}`
}

/** One line for each fault. */
function lines(issue: Issue, prefix: readonly PropertyKey[]): readonly string[] {
  const path = [...prefix, ...issue.path]
  const inner =
    issue.code === 'invalid_union'
      ? branchIssues(issue)
      : issue.code === 'invalid_key' || issue.code === 'invalid_element'
        ? issue.issues
        : []
  if (inner.length > 0) return inner.flatMap((one) => lines(one, path))
  const where = pathText(path)
  const message = messageOf(issue)
  return [where === '' ? rootMessage(issue, message) : `${where}: ${message}`]
}

function invalid(faults: readonly string[]): SandboxError {
  const told = faults.slice(0, maxTold).join('\n')
  const rest = faults.length > maxTold ? `\nand ${faults.length - maxTold} more` : ''
  return new SandboxError('POLICY_INVALID', `${told}${rest}`)
}

/**
 * Checks a policy and returns it deeply frozen. Unknown keys are refused with the nearest known one.
 * The input must be plain data, as JSON can hold it; it is copied, so later changes to it do not count.
 * `static` secrets stand in what is returned, for `util.inspect` too: show `sandbox.policy` instead, which
 * has none.
 *
 * @throws SandboxError `POLICY_INVALID`, whose message names each fault with its path, such as
 * `filesystem.mounts[0].access: …`. Values are not repeated, as they may be secrets.
 */
export function parsePolicy(input: unknown): Policy {
  const fault = plainFault(input)
  if (fault !== undefined) {
    const where = pathText(fault.path)
    throw invalid([where === '' ? `the policy ${fault.message}` : `${where}: ${fault.message}`])
  }
  const parsed = policySchema.safeParse(input)
  if (!parsed.success) throw invalid(parsed.error.issues.flatMap((issue) => lines(issue, [])))
  return deepFreeze(parsed.data)
}
