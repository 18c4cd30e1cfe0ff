import type { JsonScalar } from '@caisson/core'
import { JsonNumber, type JsonValue } from './body-view.ts'
import { httpsHost, isHostOf } from './https-host.ts'
import { keyText } from './pointer-text.ts'

/** Why a body does not fit a rule, and what to do: neither holds a value of it. */
export interface BodyFault {
  readonly reason: string
  readonly remedy: string
}

/** What is asked of one value; `at` is the place of it, for people. */
export type JsonCheck = (value: JsonValue, at: string) => BodyFault | null

const mostListed = 8
const longestList = 240

/** Values of the policy, for people. */
export function listText(values: readonly string[]): string {
  const list = values
    .slice(0, mostListed)
    .map((one) => JSON.stringify(one))
    .join(', ')
  const text = list.length > longestList ? `${list.slice(0, longestList)}…` : list
  return values.length > mostListed ? `${text}, …` : text
}

export const absent: JsonCheck = (_value, at) => ({
  reason: `${at} may not be there`,
  remedy: `leave ${at} out`,
})

/** A number is one of the list's only when it is written as a reader of any precision would write it. */
function scalarText(value: JsonValue): string | null {
  if (value instanceof JsonNumber) return value.text.replace(/^(-?[0-9]{1,15})\.0$/, '$1')
  if (value !== null && typeof value === 'object') return null
  return JSON.stringify(value)
}

export function oneOf(values: readonly JsonScalar[]): JsonCheck {
  const texts = new Set(values.map((value) => JSON.stringify(value)))
  const strings = values.map(String)
  return (value, at) => {
    const text = scalarText(value)
    if (text !== null && texts.has(text)) return null
    return { reason: `${at} has a value that is not allowed`, remedy: `use ${listText(strings)}` }
  }
}

export function onlyKeys(keys: readonly string[]): JsonCheck {
  const known = new Set(keys)
  return (value, at) => {
    if (!(value instanceof Map)) {
      return { reason: `${at} has to be an object`, remedy: `use the keys ${listText(keys)}` }
    }
    for (const key of value.keys()) {
      if (known.has(key)) continue
      const remedy = `leave ${keyText(key)} out`
      return { reason: `${at} may not have ${keyText(key)}`, remedy }
    }
    return null
  }
}

export function urlHosts(hosts: readonly string[]): JsonCheck {
  return (value, at) => {
    const host = typeof value === 'string' ? httpsHost(value) : null
    if (host !== null && isHostOf(host, hosts)) return null
    const reason = `${at} has to be a URL of https, without user and port, at an allowed host`
    return { reason, remedy: `leave it out, or use a URL at ${listText(hosts)}` }
  }
}

/**
 * What stands in front of the data (RFC 2397, 3): the type and its parameters, without a quoted string. A
 * reader takes the scheme from the first letters, so that what follows the comma cannot make another of it.
 */
const dataUrlHead =
  /^data:(?:[A-Za-z0-9!#$&^_.+-]{1,127}\/[A-Za-z0-9!#$&^_.+-]{1,127})?(?:;[A-Za-z0-9!#$&^_.+=-]{1,127}){0,4},/

export const dataUrl: JsonCheck = (value, at) => {
  if (typeof value === 'string' && dataUrlHead.test(value)) return null
  return {
    reason: `${at} has to be a \`data:\` URL, which holds what it names`,
    remedy: 'send the bytes themselves, such as `data:image/png;base64,…`, and no address',
  }
}

function lengthOf(value: JsonValue): number | null {
  if (typeof value === 'string' || Array.isArray(value)) return value.length
  return value instanceof Map ? value.size : null
}

export function maxLength(most: number): JsonCheck {
  return (value, at) => {
    const length = lengthOf(value)
    if (length !== null && length <= most) return null
    const reason = `${at} has to be a text, an array or an object of length ${most} at most`
    return { reason, remedy: 'send less' }
  }
}
