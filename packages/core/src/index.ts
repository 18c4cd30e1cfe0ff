/**
 * Policy, Sandbox and the driver contract of Caisson. Starts no process by itself: a driver does.
 *
 * @packageDocumentation
 */
export { SandboxError, type SandboxErrorCode, type SandboxErrorOptions } from './errors.ts'
export type { Denial, DenialKind, DenialSource } from './denial.ts'
export type * from './policy/types.ts'
export type * from './plan/types.ts'
export type * from './driver.ts'
