import type { CompiledAllow, CompiledDeny } from './compiled-rule.ts'
import type { Handling } from './decision.ts'
import { anyPort } from './host-rules.ts'
import { invalid } from './invalid.ts'

/** What a handling cannot stand beside: one of the two would be a promise that nobody keeps. */
const clashes: Readonly<Record<Handling, readonly Handling[]>> = {
  intercept: ['tls', 'opaque'],
  http: ['opaque'],
  tls: ['intercept'],
  opaque: ['intercept', 'http'],
}

const isTunnel = ({ handling }: CompiledAllow): boolean =>
  handling === 'tls' || handling === 'opaque'

/** The same pattern and port cannot be both read and tunnelled. */
function checkHandlings(rules: readonly CompiledAllow[]): void {
  const seen = new Map<string, string>()
  for (const rule of rules) {
    for (const port of rule.ports) {
      const other = clashes[rule.handling]
        .map((handling) => seen.get(`${rule.host}:${port}:${handling}`))
        .find((clause) => clause !== undefined)
      if (other !== undefined) {
        throw invalid(
          rule.clause,
          `one of this rule and ${other} tunnels ${rule.host}:${port}, the other reads it`,
          'keep one of them, or give them different ports',
        )
      }
      const key = `${rule.host}:${port}:${rule.handling}`
      if (!seen.has(key)) seen.set(key, rule.clause)
    }
  }
}

/** A name and every name above it, itself first: `a.b.c`, `b.c`, `c`. */
function* suffixes(name: string): Generator<string> {
  for (let at = 0; ;) {
    yield name.slice(at)
    const dot = name.indexOf('.', at)
    if (dot === -1) return
    at = dot + 1
  }
}

/** Clauses by what they cover, for looking up one that overlaps with a pattern. */
class Overlaps {
  /** Patterns as they stand. */
  readonly #patterns = new Map<string, string>()
  /** Names that stand somewhere below a name, or are a wildcard of it. */
  readonly #below = new Map<string, string>()

  add(rule: CompiledDeny): void {
    const isWild = rule.host.startsWith('*.')
    const base = isWild ? rule.host.slice(2) : rule.host
    for (const port of rule.ports ?? [anyPort]) {
      this.#keep(this.#patterns, `${rule.host}:${port}`, rule.clause)
      for (const suffix of suffixes(base)) {
        if (isWild || suffix !== base) this.#keep(this.#below, `${suffix}:${port}`, rule.clause)
      }
    }
  }

  #keep(map: Map<string, string>, key: string, clause: string): void {
    if (!map.has(key)) map.set(key, clause)
  }

  find(host: string, port: number): string | undefined {
    const isWild = host.startsWith('*.')
    const base = isWild ? host.slice(2) : host
    const exact = this.#patterns.get(`${host}:${port}`)
    if (exact !== undefined) return exact
    if (isWild) {
      const below = this.#below.get(`${base}:${port}`)
      if (below !== undefined) return below
    }
    for (const suffix of suffixes(base)) {
      const above = this.#patterns.get(`*.${suffix}:${port}`)
      if (above !== undefined && (isWild || suffix !== base)) return above
    }
    return undefined
  }
}

/** A refusal of requests cannot be kept where requests are not seen. */
function checkEnforceable(
  rules: readonly CompiledAllow[],
  refusals: readonly CompiledDeny[],
): void {
  const overlaps = new Overlaps()
  for (const rule of refusals) if (!rule.whole) overlaps.add(rule)
  for (const rule of rules.filter(isTunnel)) {
    for (const port of rule.ports) {
      const clause = overlaps.find(rule.host, port) ?? overlaps.find(rule.host, anyPort)
      if (clause === undefined) continue
      throw invalid(
        clause,
        `refuses requests that nobody sees, as ${rule.clause} tunnels ${rule.host}:${port}`,
        `leave \`methods\` and \`paths\` out of ${clause}, or the tunnel out of ${rule.clause}`,
      )
    }
  }
}

/**
 * Refuses rules that cannot all be kept. Takes time in proportion to the rules, their ports and labels.
 *
 * @throws SandboxError `POLICY_INVALID`
 */
export function checkContradictions(
  rules: readonly CompiledAllow[],
  refusals: readonly CompiledDeny[],
): void {
  checkHandlings(rules)
  checkEnforceable(rules, refusals)
}
