import type { DenyRule } from '@caisson/core'
import { compilePaths } from './compile-allow.ts'
import type { CompiledDeny } from './compiled-rule.ts'

/**
 * Takes a rule of `deny` apart. Without `ports` it is about every port.
 *
 * @throws SandboxError `POLICY_INVALID`
 */
export function compileDeny(clause: string, given: string | DenyRule): CompiledDeny {
  const rule: DenyRule = typeof given === 'string' ? { host: given } : given
  return {
    clause,
    host: rule.host,
    ports: rule.ports === undefined ? null : new Set(rule.ports),
    methods: rule.methods === undefined ? null : new Set(rule.methods),
    templates: compilePaths(clause, rule.paths),
    whole: rule.methods === undefined && rule.paths === undefined,
    reason: rule.reason ?? `the sandbox's policy refuses this (${clause})`,
  }
}
