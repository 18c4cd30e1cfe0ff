import { SandboxError } from '@caisson/core'

/** The inside broke the protocol. Whoever gets this ends the sandbox. */
export function protocolError(what: string): SandboxError {
  return new SandboxError('PROTOCOL', `the sandbox broke the guest protocol: ${what}`)
}

/** The sandbox is gone, so the operation cannot be done. */
export function endedError(why: string, cause?: unknown): SandboxError {
  return new SandboxError('SANDBOX_ENDED', `the sandbox has ended: ${why}`, { cause })
}

/** Something inside failed with an errno. */
export function fileError(errno: string, what: string, path?: string): SandboxError {
  const about = path === undefined ? '' : ` '${path}'`
  return new SandboxError('FILE', `${what}${about} failed inside: ${errno}`, { errno, path })
}
