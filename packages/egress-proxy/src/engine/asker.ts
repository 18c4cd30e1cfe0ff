import { createHash } from 'node:crypto'
import type { ReasonCode } from '../decide/reason.ts'
import type { ConnectionRequest, HttpRequest } from '../decide/request.ts'
import type { Refusal } from '../refusal.ts'

/** What `onAsk` is asked. */
export interface Question {
  readonly host: string
  readonly port: number
  /** `null`: a tunnel, in which nothing can be seen. */
  readonly method: string | null
  /** Canonical path, without query; `null` for a tunnel. */
  readonly path: string | null
  /** Decoded, in order; empty for a tunnel. */
  readonly query: readonly (readonly [key: string, value: string])[]
  /** The clause that lets it be asked: `network.ask[0]`. */
  readonly rule: string | null
  /** Aborted when nobody waits for the answer any more. */
  readonly signal: AbortSignal
}

/** Decides about what `network.ask` lets be asked. `true` grants; anything else, throwing too, refuses. */
export type OnAsk = (question: Question) => boolean | Promise<boolean>

/** How long, and how many. */
export interface AskBounds {
  readonly pendingAsks: number
  readonly askMs: number
  readonly askTtlMs: number
}

interface Pending {
  readonly answer: Promise<ReasonCode | null>
  readonly abort: AbortController
  waiting: number
}

const maxKept = 4096

/**
 * Asks the host application about requests, each once: equal requests that come meanwhile wait for the
 * same answer, and those that come later get it too, for a while.
 */
export class Asker {
  readonly #onAsk: OnAsk | undefined
  readonly #bounds: AskBounds
  readonly #pending = new Map<string, Pending>()
  readonly #kept = new Map<string, { readonly code: ReasonCode | null; readonly until: number }>()

  constructor(onAsk: OnAsk | undefined, bounds: AskBounds) {
    this.#onAsk = onAsk
    this.#bounds = bounds
  }

  /** `null` when granted, else why not. */
  async ask(
    request: HttpRequest | ConnectionRequest,
    rule: string | null,
    signal: AbortSignal,
  ): Promise<ReasonCode | null> {
    if (this.#onAsk === undefined) return 'ask_missing'
    const key = keyOf(request)
    const kept = this.#kept.get(key)
    if (kept !== undefined && kept.until > performance.now()) return kept.code
    const pending = this.#pending.get(key) ?? this.#begin(key, request, rule)
    return pending === null ? 'ask_failed' : this.#wait(pending, signal)
  }

  /** A newer policy may no longer let this be asked. */
  forget(): void {
    this.#kept.clear()
    for (const { abort } of this.#pending.values()) abort.abort()
    this.#pending.clear()
  }

  async #wait(pending: Pending, signal: AbortSignal): Promise<ReasonCode | null> {
    pending.waiting += 1
    const leave = (): void => {
      pending.waiting -= 1
      if (pending.waiting === 0) pending.abort.abort()
    }
    if (signal.aborted) leave()
    signal.addEventListener('abort', leave, { once: true })
    try {
      return await pending.answer
    } finally {
      signal.removeEventListener('abort', leave)
    }
  }

  #begin(
    key: string,
    request: HttpRequest | ConnectionRequest,
    rule: string | null,
  ): Pending | null {
    if (this.#pending.size >= this.#bounds.pendingAsks) return null
    const abort = new AbortController()
    const http = request.kind === 'http' ? request : null
    const question: Question = {
      host: request.host,
      port: request.port,
      method: http?.method ?? null,
      path: http?.path ?? null,
      // A copy: what is judged again after the answer is what was asked.
      query: http?.query.map(([key, value]) => [key, value] as const) ?? [],
      rule,
      signal: abort.signal,
    }
    const answer = this.#decide(question, abort).then((code) => {
      // An answer that came too late, or to nobody, is not one to keep.
      if (this.#pending.get(key) === pending) this.#pending.delete(key)
      if ((code === null || code === 'ask_denied') && !abort.signal.aborted) this.#keep(key, code)
      return code
    })
    const pending: Pending = { answer, abort, waiting: 0 }
    this.#pending.set(key, pending)
    return pending
  }

  async #decide(question: Question, abort: AbortController): Promise<ReasonCode | null> {
    let timer: NodeJS.Timeout | undefined
    const late = new Promise<'ask_timeout'>((resolve) => {
      timer = setTimeout(() => {
        resolve('ask_timeout')
        abort.abort()
      }, this.#bounds.askMs)
      abort.signal.addEventListener('abort', () => {
        clearTimeout(timer)
        resolve('ask_timeout')
      })
    })
    const asked = async (): Promise<ReasonCode | null> =>
      (await this.#onAsk?.(question)) === true ? null : 'ask_denied'
    try {
      return await Promise.race([asked(), late])
    } catch {
      return 'ask_failed'
    } finally {
      clearTimeout(timer)
    }
  }

  #keep(key: string, code: ReasonCode | null): void {
    if (this.#kept.size >= maxKept) this.#kept.clear()
    this.#kept.set(key, { code, until: performance.now() + this.#bounds.askTtlMs })
  }
}

function keyOf(request: HttpRequest | ConnectionRequest): string {
  const { host, port } = request
  // What was granted is this request: another query is another question.
  const asked =
    request.kind === 'http'
      ? JSON.stringify([host, port, request.method, request.path, request.query])
      : JSON.stringify([host, port])
  // Kept by the thousand, and as long as whoever asks likes.
  return createHash('sha256').update(asked).digest('base64')
}

const reasons: Partial<Record<ReasonCode, string>> = {
  ask_missing: 'this needs a grant, and nobody is there to give one',
  ask_denied: 'this needed a grant, and it was not given',
  ask_timeout: 'this needed a grant, and none came in time',
  ask_failed: 'this needs a grant, and it could not be asked for',
}

/** The refusal that belongs to a code of the asker. */
export function askRefusal(code: ReasonCode, rule: string | null): Refusal {
  const reason = reasons[code] ?? 'this needed a grant'
  return { code, rule, reason, remedy: 'do without, or ask the owner of the sandbox' }
}
