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
export type * from './egress.ts'
export { parsePolicy } from './policy/parse.ts'
export { type PlanOptions, planSandbox } from './plan/plan.ts'
export type { PlanEgress } from './plan/plan-egress.ts'
export { probeHost, type ProbeHostOptions } from './plan/probe-host.ts'
export type { TrustFacts } from './plan/trust.ts'
export type { HostFacts, HostPathKind, SourceFact } from './plan/host-facts.ts'
export {
  resolveAccess,
  coveringRule,
  type ResolvedAccess,
  type Access,
  type AccessPlan,
} from './plan/access.ts'
export { protectedPaths, type ProtectedPath } from './plan/protected-paths.ts'
export { describePolicy } from './policy/describe.ts'
export { diffPolicy } from './policy/diff.ts'
export type { PolicyChange } from './policy/diff-lists.ts'
export { recommendIsolation, type Recommendation, type ThreatModel } from './policy/recommend.ts'
export { createSandbox, type CreateSandboxOptions, type SandboxOptions } from './create-sandbox.ts'
export type * from './result.ts'
export type * from './event.ts'
export type * from './sandbox/sandbox.ts'
export type * from './sandbox/process.ts'
export type * from './sandbox/file-system.ts'
export type * from './sandbox/ports.ts'
export type * from './sandbox/overlays.ts'
export type * from './sandbox/network.ts'
export type * from './sandbox/credentials.ts'
export type { AuditMode } from './sandbox/policy-audit.ts'
export type {
  Command,
  CommandInput,
  ExecOptions,
  RunOptions,
  SpawnOptions,
} from './sandbox/command.ts'
export type { DriverRequirement } from './sandbox/choose-driver.ts'
export { type DenialEvidence, inferDenials } from './denials/infer-denials.ts'
export { fromSrtSettings, type FromSrtSettings, type SrtHost } from './policy/srt.ts'
export type { NotCarriedOver } from './policy/srt-notes.ts'
