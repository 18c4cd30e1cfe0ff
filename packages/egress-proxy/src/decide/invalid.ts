import { SandboxError } from '@caisson/core'

/** A clause contradicts another, or itself. */
export function invalid(clause: string, fault: string, remedy: string): SandboxError {
  return new SandboxError('POLICY_INVALID', `${clause}: ${fault}`, { hint: remedy })
}
