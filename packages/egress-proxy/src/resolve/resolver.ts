import { dialRefusal, errorWord } from '../dial/dial-refusal.ts'
import type { ProxyLimits } from '../limits.ts'
import type { LookupAnswer, LookupSource } from './lookup-source.ts'

/** What the resolver keeps to. */
export type ResolverLimits = Pick<ProxyLimits, 'resolveMs' | 'addresses' | 'minTtlMs' | 'maxTtlMs'>

/** What a resolver is made of. */
export interface ResolverParts {
  readonly lookup: LookupSource
  readonly limits: ResolverLimits
  /** A clock in milliseconds that never goes back. */
  readonly now?: () => number
}

type Outcome = { readonly addresses: readonly string[] } | { readonly failure: string }

interface Entry {
  readonly until: number
  readonly outcome: Outcome
}

/** How long an answer is believed whose source told no TTL. */
const unknownTtlMs = 5_000
const cachedNames = 512
/**
 * A lookup that takes too long still holds a thread of the process, which nothing can take back. So what
 * is under way is bounded, and the sandbox that waits for a slow name server does not stop the host.
 */
const lookupsAtOnce = 64

/**
 * Resolves names for one sandbox: one lookup for all who ask at the same time, believed for a while, so
 * that a name cannot lead elsewhere from one moment to the next. It judges no address; whoever dials does.
 */
export class Resolver {
  readonly #lookup: LookupSource
  readonly #limits: ResolverLimits
  readonly #now: () => number
  readonly #known = new Map<string, Entry>()
  readonly #pending = new Map<string, Promise<Outcome>>()
  #running = 0

  constructor({ lookup, limits, now = () => performance.now() }: ResolverParts) {
    this.#lookup = lookup
    this.#limits = limits
    this.#now = now
  }

  /**
   * Addresses of a canonical name, at least one, in the order in which to try them.
   *
   * @throws RefusalError `resolve_failed`; `rate_limited` with too many lookups under way; `closed` when
   * the signal aborts, while the lookup goes on for others who wait for it.
   */
  async resolve(host: string, signal: AbortSignal): Promise<readonly string[]> {
    if (signal.aborted) throw dialRefusal('closed')
    const outcome = this.#remembered(host) ?? (await abortable(this.#ask(host), signal))
    if ('failure' in outcome) throw dialRefusal('resolve_failed', outcome.failure)
    return outcome.addresses
  }

  #remembered(host: string): Outcome | null {
    const entry = this.#known.get(host)
    if (entry === undefined) return null
    if (entry.until > this.#now()) return entry.outcome
    this.#known.delete(host)
    return null
  }

  #ask(host: string): Promise<Outcome> {
    const pending = this.#pending.get(host)
    if (pending !== undefined) return pending
    if (this.#running >= lookupsAtOnce) return Promise.reject(dialRefusal('rate_limited'))
    const asked = this.#timed(host).finally(() => this.#pending.delete(host))
    this.#pending.set(host, asked)
    return asked
  }

  #timed(host: string): Promise<Outcome> {
    return new Promise((resolve) => {
      let settled = false
      const settle = (outcome: Outcome, ttlMs: number): void => {
        if (settled) return
        settled = true
        clearTimeout(timer)
        this.#remember(host, { until: this.#now() + ttlMs, outcome })
        resolve(outcome)
      }
      const fail = (word: string) => settle({ failure: word }, this.#limits.minTtlMs)
      // A lookup cannot be called off, and must not keep the host process for that.
      const timer = setTimeout(() => fail('time-out'), this.#limits.resolveMs).unref()
      this.#run(host).then(
        (answer) => {
          const addresses = answer.addresses.slice(0, this.#limits.addresses)
          if (addresses.length === 0) fail('no address')
          else settle({ addresses }, this.#ttl(answer.ttlMs))
        },
        (error: unknown) => fail(errorWord(error)),
      )
    })
  }

  async #run(host: string): Promise<LookupAnswer> {
    this.#running += 1
    try {
      return await this.#lookup(host)
    } finally {
      this.#running -= 1
    }
  }

  #ttl(ttlMs: number | null): number {
    const wanted = ttlMs !== null && Number.isFinite(ttlMs) ? ttlMs : unknownTtlMs
    return Math.min(Math.max(wanted, this.#limits.minTtlMs), this.#limits.maxTtlMs)
  }

  #remember(host: string, entry: Entry): void {
    this.#known.delete(host)
    this.#known.set(host, entry)
    if (this.#known.size <= cachedNames) return
    const { value: oldest } = this.#known.keys().next()
    if (oldest !== undefined) this.#known.delete(oldest)
  }
}

function abortable(outcome: Promise<Outcome>, signal: AbortSignal): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    const giveUp = () => reject(dialRefusal('closed'))
    signal.addEventListener('abort', giveUp, { once: true })
    outcome
      .then(resolve, reject)
      .finally(() => signal.removeEventListener('abort', giveUp))
      .catch(() => undefined)
  })
}
