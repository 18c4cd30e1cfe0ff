import { catalogue } from './catalogue/catalogue.ts'
import type { CatalogueRow } from './catalogue/row.ts'
import { isOneCustomer, overlap } from './host-overlap.ts'
import { type RegistryHosts, registryKinds } from './registry-kind.ts'

interface Place {
  readonly pattern: string
  readonly row: CatalogueRow
  readonly isShared: boolean
}

/** A row that is about a rule's host, and names that both hold. */
export interface RowMatch {
  readonly row: CatalogueRow
  readonly hosts: readonly string[]
}

/** What of a rule says which rows are about it. */
export interface RuleHost {
  readonly host: string
  /** Nothing in the connection is seen, so that a front-end of many customers may be asked for another one. */
  readonly isOpaque: boolean
}

/** More names of one row than these say nothing more. */
const mostHosts = 4

/** The last two labels: no pattern has fewer. */
function keyOf(pattern: string): string {
  const last = pattern.lastIndexOf('.')
  const second = pattern.lastIndexOf('.', last - 1)
  return pattern.slice(second + 1)
}

function placesOf(row: CatalogueRow, registries: RegistryHosts): readonly Place[] {
  const mirrors = registryKinds
    .filter((kind) => row.kinds?.includes(kind) === true)
    .flatMap((kind) => registries[kind] ?? [])
  return [
    ...[...row.hosts, ...mirrors].map((pattern) => ({ pattern, row, isShared: false })),
    ...(row.shared ?? []).map((pattern) => ({ pattern, row, isShared: true })),
  ]
}

/** Finds the rows of the catalogue that are about a host of a rule. */
export class RowIndex {
  readonly #places = new Map<string, Place[]>()
  readonly #labels = new Map<string, CatalogueRow[]>()

  constructor(registries: RegistryHosts) {
    for (const row of catalogue) {
      for (const place of placesOf(row, registries)) this.#add(place)
      for (const label of row.labels ?? []) {
        this.#labels.set(label, [...(this.#labels.get(label) ?? []), row])
      }
    }
  }

  #add(place: Place): void {
    const key = keyOf(place.pattern)
    const known = this.#places.get(key)
    if (known === undefined) this.#places.set(key, [place])
    else known.push(place)
  }

  /** In the order of the catalogue. */
  find(rule: RuleHost): readonly RowMatch[] {
    const found = new Map<CatalogueRow, string[]>()
    for (const place of this.#places.get(keyOf(rule.host)) ?? []) {
      const name = nameIn(place, rule)
      const names = found.get(place.row) ?? []
      if (name === null || names.length >= mostHosts || names.includes(name)) continue
      found.set(place.row, [...names, name])
    }
    for (const row of this.#labels.get(firstLabel(rule.host)) ?? []) {
      if (!found.has(row)) found.set(row, [rule.host])
    }
    return [...found].map(([row, hosts]) => ({ row, hosts })).sort((a, b) => a.row.row - b.row.row)
  }
}

function nameIn({ pattern, row, isShared }: Place, { host, isOpaque }: RuleHost): string | null {
  const isWild = host.startsWith('*.')
  if (isShared && !isWild && (!isOpaque || row.id === 'shared-suffix')) return null
  if (isShared && isWild && isOneCustomer(host, pattern)) return null
  return overlap(host, pattern)
}

function firstLabel(host: string): string {
  return host.split('.', 1)[0] ?? host
}
