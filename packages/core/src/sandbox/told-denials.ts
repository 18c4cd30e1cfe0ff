import type { Denial, DenialSource } from '../denial.ts'

/** What is kept of one source: whoever is refused a thousand times must not crowd out the others. */
const mostOfSource = 64

/** Refusals that were told while a command ran: each act once, and a bounded number. */
export class ToldDenials {
  readonly #kept = new Map<string, Denial>()
  readonly #counts = new Map<DenialSource, number>()

  /** What was told, in order. */
  get list(): readonly Denial[] {
    return [...this.#kept.values()]
  }

  /** Keeps a refusal, unless it is known or there are too many. */
  add(denial: Denial): void {
    const { kind, target, rule, source } = denial
    const key = JSON.stringify([source, kind, target, rule])
    const count = this.#counts.get(source) ?? 0
    if (this.#kept.has(key) || count >= mostOfSource) return
    this.#kept.set(key, denial)
    this.#counts.set(source, count + 1)
  }
}
