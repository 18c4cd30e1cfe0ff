import { quoted } from './quoted.ts'

/** Names and the values that each may have, as rules write them. */
export type Values = Readonly<Record<string, string | readonly string[]>>

/** `query keys "a", "b" ("x", "y") and no others`. */
export function describeValues(word: string, given: Values): string {
  const each = Object.entries(given).map(([name, value]) => {
    if (value === '*') return JSON.stringify(name)
    return `${JSON.stringify(name)} (${quoted(typeof value === 'string' ? [value] : value)})`
  })
  return each.length === 0 ? `no ${word}` : `${word} ${each.join(', ')} and no others`
}
