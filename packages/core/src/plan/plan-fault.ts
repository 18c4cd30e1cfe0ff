import { SandboxError } from '../errors.ts'

/** Refuses a policy: what is wrong with which clause, and what to do about it. */
export function planFault(clause: string, message: string, hint: string): SandboxError {
  return new SandboxError('POLICY_INVALID', `${clause}: ${message}`, { hint })
}
