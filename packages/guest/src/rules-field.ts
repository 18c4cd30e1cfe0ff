import type { PathRule } from '@caisson/core'
import type { Writer } from './encode.ts'

const only = { any: 0, file: 1, directory: 2 } as const

/** Appends list<rule>. */
export function writeRules(to: Writer, rules: readonly PathRule[]): Writer {
  to.u32(rules.length)
  for (const rule of rules) {
    to.str(rule.rule)
      .u8(only[rule.only ?? 'any'])
      .strings(rule.components)
  }
  return to
}
