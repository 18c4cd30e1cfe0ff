import { SandboxError, type SandboxErrorCode } from '@caisson/core'
import type { Failure } from './messages.ts'

/** An error as it goes to the other process: what its message says, no stack, no cause. */
export function toFailure(error: unknown): Failure {
  if (SandboxError.is(error)) {
    const { code, message, hint = null } = error
    return { type: 'SandboxError', code, message, hint }
  }
  const message = error instanceof Error ? error.message : 'failed'
  return {
    type: error instanceof TypeError ? 'TypeError' : 'Error',
    code: null,
    message,
    hint: null,
  }
}

const codes: Readonly<Record<string, SandboxErrorCode>> = {
  POLICY_INVALID: 'POLICY_INVALID',
  POLICY_UNSUPPORTED: 'POLICY_UNSUPPORTED',
  SANDBOX_ENDED: 'SANDBOX_ENDED',
}

/** The error again, for the caller here. */
export function fromFailure({ type, code, message, hint }: Failure): Error {
  if (type === 'TypeError') return new TypeError(message)
  if (type === 'Error') return new Error(message)
  const known = codes[code ?? ''] ?? 'LAUNCH_FAILED'
  if (hint === null) return new SandboxError(known, message)
  // The hint stands at the end of the message already, and is put there once more.
  const said = message.endsWith(`; ${hint}`) ? message.slice(0, -hint.length - 2) : message
  return new SandboxError(known, said, { hint })
}
