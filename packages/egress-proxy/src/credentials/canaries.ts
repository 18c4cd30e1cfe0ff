import type { Canary } from '@caisson/core'
import type { Pattern } from '../scan/pattern.ts'
import { lookAlikeOf } from './look-alike.ts'
import { base62, randomText } from './random-text.ts'

/** Canaries of one sandbox: what is looked for, and what is planted. */
export interface Canaries {
  readonly patterns: readonly Pattern[]
  /** Variables inside. */
  readonly environment: Readonly<Record<string, string>>
}

const prefixes: Readonly<Record<Exclude<Canary['like'], 'token' | undefined>, string>> = {
  'aws-access-key': 'AKIA',
  'github-token': 'ghp_',
  'anthropic-key': 'sk-ant-api03-',
}
const tokenLength = 40

/**
 * Makes up what the policy does not say. Two that share a variable are refused where all variables are put
 * together.
 */
export function makeCanaries(
  canaries: Readonly<Record<string, Canary>> | undefined = {},
): Canaries {
  const patterns: Pattern[] = []
  const environment: Record<string, string> = {}
  for (const [about, canary] of Object.entries(canaries)) {
    const value = canary.value ?? madeUp(canary.like)
    patterns.push({ about, kind: 'canary', bytes: Buffer.from(value, 'utf8') })
    if (canary.expose !== undefined) environment[canary.expose] = value
  }
  return { patterns, environment }
}

function madeUp(like: Canary['like'] = 'token'): string {
  return like === 'token' ? randomText(tokenLength, base62) : lookAlikeOf(prefixes[like])
}
