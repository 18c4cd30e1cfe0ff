import { z } from 'zod'
import { unknownKeys } from './closed-object.ts'

type Kinds<Out> = Readonly<Record<string, z.ZodType<Out>>>

/** Words for what is none of the kinds, or more than one; `null` for what is exactly one. */
function kindFault(value: unknown, kinds: readonly string[]): string | null {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    return `must be an object with one of: ${kinds.join(', ')}`
  const named = kinds.filter((kind) => Object.hasOwn(value, kind))
  if (named.length === 1) return null
  if (named.length > 1)
    return `can hold only one of ${named.map((kind) => `\`${kind}\``).join(' and ')}`
  const strangers = Object.keys(value).slice(0, 3)
  return strangers.length === 0
    ? `must hold one of: ${kinds.join(', ')}`
    : unknownKeys(strangers, kinds)
}

/**
 * A union whose members each have a key of their own, by the name of which they are given here. The key
 * that is there chooses the member, so that a fault is told of what was meant, and not of every kind.
 */
export function oneKind<Out>(kinds: Kinds<Out>): z.ZodType<Out> {
  const names = Object.keys(kinds)
  return z.unknown().transform((value, context): Out => {
    const fault = kindFault(value, names)
    if (fault !== null) {
      context.addIssue(fault)
      return z.NEVER
    }
    const name = names.find((one) => Object.hasOwn(Object(value), one)) ?? ''
    const parsed = kinds[name]?.safeParse(value)
    if (parsed?.success === true) return parsed.data
    for (const issue of parsed?.error.issues ?? []) context.addIssue({ ...issue })
    return z.NEVER
  })
}
