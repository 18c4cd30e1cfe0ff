import type { Handling, Needs } from './decision.ts'

/** A set of handlings as bits, so that the sets of many rules are joined without allocation. */
export type HandlingSet = number

/** In the order in which `Needs.handling` lists them. */
const order: readonly Handling[] = ['intercept', 'http', 'tls', 'opaque']

export const noHandling: HandlingSet = 0

export function handlingBit(handling: Handling): HandlingSet {
  return 1 << order.indexOf(handling)
}

/** Every set there is, made once and shared. */
const needs: readonly Needs[] = Array.from({ length: 1 << order.length }, (_none, set) => {
  const handling = Object.freeze(order.filter((_one, place) => (set & (1 << place)) !== 0))
  return Object.freeze({ handling, identity: 'anonymous' as const })
})

const nothing: Needs = Object.freeze({ handling: Object.freeze([]), identity: 'anonymous' })

export function needsOf(set: HandlingSet): Needs {
  return needs[set] ?? nothing
}
