import type { Handling, Needs } from './decision.ts'

/** A set of handlings as bits, so that the sets of many rules are joined without allocation. */
export type HandlingSet = number

/** In the order in which `Needs.handling` lists them. */
const order: readonly Handling[] = ['intercept', 'http', 'tls', 'opaque']

/** The set of handlings in a list. */
export function handlingSet(handlings: readonly Handling[]): HandlingSet {
  return handlings.reduce((set, one) => set | handlingBit(one), 0)
}

export const noHandling: HandlingSet = 0

export function handlingBit(handling: Handling): HandlingSet {
  return 1 << order.indexOf(handling)
}

/** Every set there is, made once and shared. */
const needs: readonly Needs[] = Array.from({ length: 1 << order.length }, (_none, set) => {
  const handling = Object.freeze(order.filter((_one, place) => (set & (1 << place)) !== 0))
  return needing(handling)
})

function needing(handling: readonly Handling[]): Needs {
  const tenant = Object.freeze([])
  return Object.freeze({ handling, identity: 'anonymous', body: false, headers: null, tenant })
}

const nothing: Needs = needing(Object.freeze([]))

export function needsOf(set: HandlingSet): Needs {
  return needs[set] ?? nothing
}
