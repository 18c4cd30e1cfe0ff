/**
 * Caisson's driver for Linux namespaces, through bubblewrap.
 *
 * @packageDocumentation
 */
export { bubblewrap } from './bubblewrap.ts'
export { type BubblewrapSandboxOptions, createSandbox } from './create-sandbox.ts'
export type { BubblewrapOptions } from './options.ts'
// What a program that uses this driver alone needs, so that it installs one package.
export {
  SandboxError,
  type AllowRule,
  type AuditMode,
  type Credential,
  type Denial,
  type EgressAlarm,
  type ExecResult,
  type NetworkPolicy,
  type Policy,
  type PolicyFinding,
  type RestrictedSandbox,
  type Sandbox,
  type SandboxChange,
  type SandboxErrorCode,
  type SandboxEvent,
  type SandboxProcess,
} from '@caisson/core'
export {
  auditPolicy,
  type EgressHooks,
  type EgressOptions,
  type OnAsk,
  presets,
  type Question,
  services,
} from '@caisson/egress-proxy'
