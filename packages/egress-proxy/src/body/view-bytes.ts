import { type BodyView, JsonNumber, type JsonValue } from './body-view.ts'

/** What one value of a document takes in memory, about: an empty object is a map. */
const valueBytes = 192

/**
 * How many bytes the view of a body takes beside the body itself, about. Two letters make a value, so that a
 * document can be a hundred times as large in memory as it was on the way.
 */
export function viewBytes(view: BodyView): number {
  return view.kind === 'json' ? valuesIn(view.value) * valueBytes : 0
}

function valuesIn(value: JsonValue): number {
  if (value === null || typeof value !== 'object' || value instanceof JsonNumber) return 1
  let count = 1
  for (const one of value.values()) count += valuesIn(one)
  return count
}
