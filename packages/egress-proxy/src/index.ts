/**
 * The way out of a sandbox: names, connections and requests judged by one policy.
 *
 * @packageDocumentation
 */
export { createEgressProxy } from './create-egress-proxy.ts'
export { egressGateway } from './egress-gateway.ts'
export type {
  AcceptedFor,
  EgressProxy,
  ListenAt,
  ListenHandle,
  ProxyListener,
} from './egress-proxy.ts'
export type { EgressOptions, EgressProxyOptions } from './options.ts'
export type { ParentOption, ParentProxy } from './dial/parent.ts'
export type { ClientCertificateOption } from './dial/upstream-contexts-dial.ts'
export type { AuditOptions, Checkpoint } from './audit/options.ts'
export type { AlarmLine, AuditLine, AuditLineHead, DecisionLine } from './audit/line.ts'
export type { DecisionDetails, FinishedFigures } from './audit/trail.ts'
export { verifyAuditTrail, type TrailEvidence, type TrailVerdict } from './audit/verify-trail.ts'
export type { OnAsk, Question } from './engine/asker.ts'
export type { EgressHooks, HookAnswer, RequestView, ResponseView } from './engine/hooks.ts'
export type { ReasonCode } from './decide/reason.ts'
export { defaultLimits, type ProxyLimits } from './limits.ts'
export type { CredentialProvider, ProvidedSecret } from './credentials/provider.ts'
export { auditPolicy, type AuditOptions as PolicyAuditOptions } from './auditor/audit-policy.ts'
export { applyEdit, type PolicyEdit } from './auditor/apply-edit.ts'
export { formatFindings } from './auditor/format-findings.ts'
export {
  type SarifLevel,
  type SarifLocation,
  type SarifLog,
  type SarifMessage,
  type SarifOptions,
  type SarifResult,
  type SarifRule,
  toSarif,
} from './auditor/sarif.ts'
export { type RegistryHosts, type RegistryKind, registryKinds } from './auditor/registry-kind.ts'
export { services, type Services } from './services/services.ts'
export type { AnthropicServiceOptions } from './services/anthropic.ts'
export type { OpenaiServiceOptions } from './services/openai.ts'
export type { GithubServiceOptions } from './services/github.ts'
export type { NpmInstallOptions, NpmScope } from './services/npm.ts'
export type { PypiInstallOptions } from './services/pypi.ts'
export type { CratesFetchOptions } from './services/crates.ts'
export type { GoModulesFetchOptions } from './services/go-modules.ts'
export type { DebianInstallOptions } from './services/debian.ts'
export type { RubygemsInstallOptions } from './services/rubygems.ts'
export type { OciPullOptions } from './services/oci.ts'
export { presets, type Presets } from './presets/presets.ts'
export { agentBudgets, agentResources, hiddenByDefault } from './presets/agent-defaults.ts'
export type {
  CodingAgentOptions,
  GithubAccess,
  ModelAccess,
} from './presets/coding-agent-options.ts'
export {
  resolveRegistries,
  type ResolveRegistriesOptions,
} from './services/registries/resolve-registries.ts'
export { RegistryUnknown } from './services/registries/registry-unknown.ts'
export type { ToolOptions } from './services/registries/tool-question.ts'
export type { Variables } from './services/registries/tool-variables-source.ts'
// What a program that uses this package alone needs beside.
export type {
  EgressAlarm,
  EgressDecision,
  EgressUsage,
  NetworkPolicy,
  Policy,
  PolicyFinding,
} from '@caisson/core'
