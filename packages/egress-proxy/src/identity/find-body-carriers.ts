import { type BodyView, JsonNumber, type JsonValue, type PartView } from '../body/body-view.ts'
import { bodyCarriers, bodyMaybe } from './carriers.ts'
import type { FoundCarrier } from './found-carrier.ts'
import { isKey, isKeyLike } from './key-shapes.ts'
import { queryCarriers } from './query-carriers.ts'

const none: readonly FoundCarrier[] = Object.freeze([])

/**
 * What in a body says in whose name it comes: strings under the names of `carriers.ts`, and strings that are
 * a key of a known kind and nothing else. In JSON it is looked for at the top, or in each item of an array
 * there, and in the objects one level below, as services take keys there (`{ "auth": { "token": … } }`,
 * `[{ "properties": { "token": … } }]`); not further in, where tools' arguments, schemas and prose stand
 * that only speak of tokens.
 */
export function findBodyCarriers(view: BodyView): readonly FoundCarrier[] {
  switch (view.kind) {
    case 'json':
      return fromJson(view.value)
    case 'form':
    case 'loose-form':
      return fromForm(view.fields)
    case 'multipart':
      return fromParts(view.parts)
    case 'empty':
    case 'grpc':
    case 'other':
    case 'unreadable':
      return none
  }
}

function fromJson(value: JsonValue): readonly FoundCarrier[] {
  const found: FoundCarrier[] = []
  if (isList(value)) {
    for (const [at, item] of value.entries())
      if (isObject(item)) readObject(item, { pointer: `/${at}`, depth: 1 }, found)
  } else if (isObject(value)) readObject(value, { pointer: '', depth: 1 }, found)
  return found
}

const deepest = 2

interface Place {
  readonly pointer: string
  readonly depth: number
}

function readObject(
  object: ReadonlyMap<string, JsonValue>,
  { pointer, depth }: Place,
  into: FoundCarrier[],
): void {
  for (const [name, value] of object) {
    if (typeof value === 'string') {
      if (isCarrier(name, value, depth === 1))
        into.push({ where: 'body', name: `${pointer}/${escaped(name)}`, value })
    } else if (depth < deepest && isObject(value)) {
      readObject(value, { pointer: `${pointer}/${escaped(name)}`, depth: depth + 1 }, into)
    }
  }
}

function isCarrier(name: string, value: string, isAtTop: boolean): boolean {
  return value !== '' && (isNamed(name, value, isAtTop) || isKey(value))
}

function isNamed(name: string, value: string, isAtTop: boolean): boolean {
  const known = name.toLowerCase().replaceAll(/[-_]/g, '')
  return bodyCarriers.has(known) || (bodyMaybe.has(known) && (isAtTop || isKeyLike(value)))
}

function fromForm(fields: readonly (readonly [string, string])[]): readonly FoundCarrier[] {
  const found: FoundCarrier[] = []
  for (const [name, value] of fields) {
    if (isFormCarrier(name, value)) found.push({ where: 'body', name, value })
  }
  return found
}

/** A form is read as a query is: what signs the one signs the other. */
function isFormName(name: string, value: string): boolean {
  return value !== '' && (queryCarriers.has(name.toLowerCase()) || isNamed(name, value, true))
}

function isFormCarrier(name: string, value: string): boolean {
  return isFormName(name, value) || isKey(value)
}

/** Longer is no key; its beginning says as much. */
const longestTold = 8192

function fromParts(parts: readonly PartView[]): readonly FoundCarrier[] {
  const found: FoundCarrier[] = []
  for (const { name, filename, content } of parts) {
    const value = content.toString('utf8', 0, longestTold)
    // A file under such a name is one, too: some servers do not look whether a part has a file's name.
    if (isFormName(name, value) || isKey(filename ?? value))
      found.push({ where: 'body', name, value })
  }
  return found
}

function isList(value: JsonValue): value is readonly JsonValue[] {
  return Array.isArray(value)
}

function isObject(value: JsonValue): value is ReadonlyMap<string, JsonValue> {
  return (
    typeof value === 'object' && value !== null && !(value instanceof JsonNumber) && !isList(value)
  )
}

/** RFC 6901, 3. */
function escaped(step: string): string {
  return step.replaceAll('~', '~0').replaceAll('/', '~1')
}
