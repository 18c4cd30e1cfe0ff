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
  type Denial,
  type ExecResult,
  type NetworkPolicy,
  type Policy,
  type RestrictedSandbox,
  type Sandbox,
  type SandboxChange,
  type SandboxErrorCode,
  type SandboxEvent,
  type SandboxProcess,
} from '@caisson/core'
export type { EgressHooks, EgressOptions, OnAsk, Question } from '@caisson/egress-proxy'
