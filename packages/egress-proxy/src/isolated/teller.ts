import type { EgressUsage } from '@caisson/core'
import type { News, Report } from './messages.ts'

/** What a teller needs. */
export interface TellerParts {
  send(report: Report): void
  usage(): EgressUsage
  /** The host has stopped listening: too much waits. */
  onOverflow(): void
}

const mostAtOnce = 256
const mostWaiting = 65_536
/** A host that is slower to listen than this is not waited for: it hears of the refusal a little later. */
const patienceMs = 250
const usageEveryMs = 250

interface Waiter {
  readonly upTo: number
  readonly done: () => void
}

/**
 * Tells the host's process what happens, in pieces, the next when the last was heard: a flood inside costs
 * the host no more than it can take.
 */
export class Teller {
  readonly #parts: TellerParts
  readonly #waiting: News[] = []
  readonly #waiters = new Set<Waiter>()
  readonly #timer: NodeJS.Timeout
  #count = 0
  #sent = 0
  #heard = 0
  #scheduled = false
  /** A piece is on its way; another follows only when it was heard. */
  #underWay = false
  #lastUsage = ''

  constructor(parts: TellerParts) {
    this.#parts = parts
    this.#timer = setInterval(() => this.#tellUsage(), usageEveryMs).unref()
  }

  tell(news: News): void {
    this.#count += 1
    if (this.#waiting.push(news) > mostWaiting) return this.#parts.onOverflow()
    this.#schedule()
  }

  /** Resolves when the host heard what was told so far, or takes too long. */
  heard(): Promise<void> {
    if (this.#heard >= this.#count) return Promise.resolve()
    return new Promise((resolve) => {
      const waiter: Waiter = {
        upTo: this.#count,
        done: () => {
          clearTimeout(timer)
          this.#waiters.delete(waiter)
          resolve()
        },
      }
      const timer = setTimeout(waiter.done, patienceMs)
      this.#waiters.add(waiter)
    })
  }

  /** The host answered; `false` when it answers what it was not told. */
  onHeard(upTo: number): boolean {
    if (!this.#underWay || upTo !== this.#sent) return false
    this.#underWay = false
    this.#heard = upTo
    for (const waiter of this.#waiters) {
      // In the order in which they came.
      if (waiter.upTo > upTo) break
      waiter.done()
    }
    if (this.#waiting.length > 0) this.#flush()
    return true
  }

  close(): void {
    clearInterval(this.#timer)
  }

  #schedule(): void {
    if (this.#scheduled || this.#underWay) return
    this.#scheduled = true
    // What comes in the same turn goes in one piece.
    queueMicrotask(() => {
      this.#scheduled = false
      if (!this.#underWay) this.#flush()
    })
  }

  #flush(): void {
    const news = this.#waiting.splice(0, mostAtOnce)
    this.#sent += news.length
    this.#underWay = true
    const usage = this.#parts.usage()
    this.#lastUsage = JSON.stringify(usage)
    this.#parts.send({ kind: 'told', upTo: this.#sent, news, usage })
  }

  #tellUsage(): void {
    if (!this.#underWay && JSON.stringify(this.#parts.usage()) !== this.#lastUsage) this.#flush()
  }
}
