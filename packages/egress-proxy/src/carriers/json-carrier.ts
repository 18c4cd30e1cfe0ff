import type { JsonValue } from '../body/body-view.ts'
import { JsonNumber } from '../body/body-view.ts'
import { type Carrier, CarrierFault, RequestFault } from './carrier.ts'
import { distinct, readableText } from './secret-text.ts'

/** Reads and writes JSON as bodies are judged. */
export interface JsonText {
  /** @throws CarrierFault for what is no JSON */
  parse(bytes: Buffer): JsonValue
  write(value: JsonValue): Buffer
}

/** A string in a JSON body, by JSON pointer (RFC 6901). What it stands in has to be there already. */
export function jsonCarrier(pointer: string, json: JsonText): Carrier {
  const path = stepsOf(pointer)
  return {
    slot: { kind: 'json', pointer },
    needsBody: true,
    put: ({ head, body }, secret) => {
      if (body === null || body.length === 0) {
        throw new RequestFault('the request has no body for the credential')
      }
      const value = placed(json.parse(body), path, readableText(secret))
      return { head, body: json.write(value) }
    },
    hidden: (secret) => {
      const text = readableText(secret)
      return distinct(text, JSON.stringify(text).slice(1, -1))
    },
  }
}

function stepsOf(pointer: string): readonly string[] {
  if (!pointer.startsWith('/') || /~(?![01])/.test(pointer))
    throw new CarrierFault('the credential’s place is no JSON pointer to a part of a body')
  const [, ...steps] = pointer.split('/')
  return steps.map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'))
}

/** The value with the text at the place; everything else is the same, in the same order. */
function placed(value: JsonValue, path: readonly string[], text: string): JsonValue {
  const [step, ...rest] = path
  if (step === undefined) return text
  if (isList(value)) {
    const at = indexOf(step, value.length)
    return value.with(at, placed(value[at] ?? null, rest, text))
  }
  if (!isObject(value)) throw noPlace()
  const inner = value.get(step)
  if (inner === undefined && rest.length > 0) throw noPlace()
  return new Map(value).set(step, placed(inner ?? null, rest, text))
}

function isList(value: JsonValue): value is readonly JsonValue[] {
  return Array.isArray(value)
}

function isObject(value: JsonValue): value is ReadonlyMap<string, JsonValue> {
  return (
    typeof value === 'object' && value !== null && !(value instanceof JsonNumber) && !isList(value)
  )
}

function indexOf(step: string, length: number): number {
  const at = /^(?:0|[1-9][0-9]{0,9})$/.test(step) ? Number(step) : length
  if (at >= length) throw noPlace()
  return at
}

function noPlace(): CarrierFault {
  return new RequestFault('the body has no place for the credential')
}
