import type { EgressProxyOptions } from '../options.ts'
import type { Call } from './messages.ts'
import type { HostSecrets } from './host-secrets.ts'

/** How a call of the other process is answered. */
export interface CallAnswers {
  readonly secrets: HostSecrets
  answer(id: number, value: unknown): void
  fail(id: number): void
}

/** The proxy bounds its own calls well below; more are those of a process that is not ours any more. */
const mostAtOnce = 4096

/**
 * Calls the functions of the host application for the proxy's process. What they throw stays here: that
 * process hears only that they failed, and refuses.
 */
export class FunctionCalls {
  readonly #options: EgressProxyOptions
  readonly #answers: CallAnswers
  readonly #running = new Map<number, AbortController>()

  constructor(options: EgressProxyOptions, answers: CallAnswers) {
    this.#options = options
    this.#answers = answers
  }

  start(id: number, call: Call): void {
    if (this.#running.size >= mostAtOnce || this.#running.has(id)) return this.#answers.fail(id)
    const abort = new AbortController()
    this.#running.set(id, abort)
    void this.#run(id, call, abort.signal)
  }

  /** Nobody waits for the answer any more. */
  abort(id: number): void {
    this.#running.get(id)?.abort()
  }

  abortAll(): void {
    for (const abort of this.#running.values()) abort.abort()
  }

  async #run(id: number, call: Call, signal: AbortSignal): Promise<void> {
    try {
      this.#answers.answer(id, await this.#call(call, signal))
    } catch {
      this.#answers.fail(id)
    } finally {
      this.#running.delete(id)
    }
  }

  async #call(call: Call, signal: AbortSignal): Promise<unknown> {
    const { locate, onAsk, audit } = this.#options
    if (call.name === 'locate') return (await locate?.(call.peer)) ?? null
    if (call.name === 'onAsk') return (await onAsk?.({ ...call.question, signal })) === true
    if (call.name === 'secret') return this.#answers.secrets.read(call, signal)
    if (call.name !== 'write') return this.#hook(call)
    await audit?.write?.(call.lines)
    return null
  }

  async #hook(call: Extract<Call, { name: 'onRequest' | 'onResponse' }>): Promise<unknown> {
    const { hooks } = this.#options
    if (call.name === 'onRequest') return plainAnswer(await hooks?.onRequest?.(call.request))
    return plainAnswer(await hooks?.onResponse?.(call.request, call.response))
  }
}

/** What a hook may answer, and nothing else that it has: the rest would not survive the way. */
function plainAnswer(answer: { readonly deny: string } | undefined): unknown {
  if (answer === undefined) return undefined
  if (typeof answer === 'object' && answer !== null && typeof answer.deny === 'string')
    return { deny: answer.deny }
  throw new TypeError('a hook answered something that it may not')
}
