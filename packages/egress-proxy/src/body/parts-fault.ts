import { isUtf8 } from 'node:buffer'
import type { PartView } from './body-view.ts'
import type { CompiledPart } from './compile-body.ts'
import { type BodyFault, listText } from './json-check.ts'
import { keyText } from './pointer-text.ts'

function contentFault(rule: CompiledPart, part: PartView, name: string): BodyFault | null {
  if (rule.maxBytes !== null && part.content.length > rule.maxBytes) {
    return {
      reason: `the part ${name} is larger than ${rule.maxBytes} bytes`,
      remedy: 'send less in it',
    }
  }
  if (rule.oneOf === null) return null
  if (isUtf8(part.content) && rule.oneOf.has(part.content.toString('utf8'))) return null
  return {
    reason: `the part ${name} has a value that is not allowed`,
    remedy: `use ${listText([...rule.oneOf])}`,
  }
}

function partFault(rule: CompiledPart, part: PartView, name: string): BodyFault | null {
  if (part.filename !== null && !rule.file) {
    return { reason: `the part ${name} may not be a file`, remedy: 'send it without a filename' }
  }
  if (rule.types !== null && !rule.types.has(part.type)) {
    return {
      reason: `the part ${name} is of a type that is not allowed`,
      remedy: `use ${listText([...rule.types])}`,
    }
  }
  return contentFault(rule, part, name)
}

/** Why the parts of a body do not fit, or `null`. */
export function partsFault(
  rule: ReadonlyMap<string, CompiledPart>,
  parts: readonly PartView[],
): BodyFault | null {
  const counts = new Map<string, number>()
  for (const part of parts) {
    const known = rule.get(part.name)
    const name = keyText(part.name)
    if (known === undefined) {
      const remedy = `leave it out; known parts: ${listText([...rule.keys()])}`
      return { reason: `it may not have the part ${name}`, remedy }
    }
    const count = (counts.get(part.name) ?? 0) + 1
    if (count > known.max) {
      return { reason: `it has the part ${name} too often`, remedy: `send ${known.max} at most` }
    }
    counts.set(part.name, count)
    const fault = partFault(known, part, name)
    if (fault !== null) return fault
  }
  return null
}
