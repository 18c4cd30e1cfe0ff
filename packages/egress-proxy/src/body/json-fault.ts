import type { JsonValue } from './body-view.ts'
import type { CompiledJson } from './compile-json.ts'
import type { BodyFault } from './json-check.ts'
import { pointerText } from './pointer-text.ts'

/** Why a document does not fit, or `null`. The first fault in the order of the document is told. */
export function jsonFault(rule: CompiledJson, document: JsonValue): BodyFault | null {
  const atTop = rule.top?.(document, 'the body') ?? null
  if (atTop !== null || rule.conditions.length === 0) return atTop
  const present = new Set<number>()
  let fault: BodyFault | null = null
  rule.patterns.search(document, ({ pattern, value, exact, path }) => {
    if (exact) present.add(pattern)
    fault = rule.conditions[pattern]?.check(value, pointerText(path)) ?? null
    return fault === null
  })
  return fault ?? missing(rule, present)
}

function missing(rule: CompiledJson, present: ReadonlySet<number>): BodyFault | null {
  const index = rule.conditions.findIndex((one, at) => one.required && !present.has(at))
  const condition = rule.conditions[index]
  if (condition === undefined) return null
  const at = `\`${condition.at}\``
  return { reason: `${at} is not there`, remedy: `send ${at}` }
}
