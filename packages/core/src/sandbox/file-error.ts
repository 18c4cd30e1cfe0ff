import { SandboxError } from '../errors.ts'
import { resolveAccess } from '../plan/access.ts'
import type { SandboxPlan } from '../plan/types.ts'

const refusals = new Set(['EACCES', 'EPERM', 'EROFS', 'EBUSY', 'ENOENT', 'EXDEV'])

/** What the policy has to do with a failure at a path, in one sentence; nothing when it has not. */
function policyHint(plan: SandboxPlan, path: string, errno: string): string | undefined {
  const { access, rule } = resolveAccess(plan, path)
  const isMissing = errno === 'ENOENT'
  if (access === 'none')
    return 'the path is in no mount of the policy; only mounts, /tmp and the home are there'
  if (access === 'hidden') return `the policy hides this path (${rule})`
  if (isMissing) return undefined
  if (access === 'protected') return `the policy keeps this path read-only (${rule})`
  if (access === 'read' && errno === 'EROFS') return `the mount is read-only (${rule})`
  if (access === 'system') return `the system is read-only (${rule})`
  return undefined
}

/** Adds what the policy explains to a failed file operation. Other errors are passed on as they are. */
export function explainFileError(plan: SandboxPlan, path: string, error: unknown): unknown {
  if (!SandboxError.is(error) || error.code !== 'FILE' || error.hint !== undefined) return error
  if (error.errno === undefined || !refusals.has(error.errno)) return error
  const about = error.path ?? path
  const hint = policyHint(plan, about, error.errno)
  if (hint === undefined && error.path !== undefined) return error
  const { errno, driver, retryable } = error
  return new SandboxError('FILE', error.message, {
    hint,
    errno,
    driver,
    retryable,
    path: about,
    cause: error,
  })
}
