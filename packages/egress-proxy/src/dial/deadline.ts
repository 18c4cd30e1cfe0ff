import { dialRefusal, type DialFailure } from './dial-refusal.ts'

/**
 * One end for everything that a dial waits for: the caller's signal, the dialer's closing, and a time-out.
 * Listeners and timer go with `dispose`, so that nothing piles up on a signal that lives long, which
 * `AbortSignal.any` does not promise.
 */
export class Deadline {
  readonly signal: AbortSignal
  readonly #controller = new AbortController()
  readonly #sources: readonly AbortSignal[]
  readonly #timer: NodeJS.Timeout
  readonly #giveUp = (): void => this.#controller.abort(dialRefusal('closed'))

  constructor(sources: readonly AbortSignal[], timeoutMs: number, onTimeout: DialFailure) {
    this.signal = this.#controller.signal
    this.#sources = sources
    this.#timer = setTimeout(
      () => this.#controller.abort(dialRefusal(onTimeout, 'time-out')),
      timeoutMs,
    )
    for (const source of sources) source.addEventListener('abort', this.#giveUp)
    if (sources.some((source) => source.aborted)) this.#giveUp()
  }

  dispose(): void {
    clearTimeout(this.#timer)
    for (const source of this.#sources) source.removeEventListener('abort', this.#giveUp)
  }
}

/**
 * Runs a step that ends with the deadline at the latest, and gives the deadline's reason when it does.
 * `run` itself has to end, in whatever way, when its signal aborts.
 */
export async function within<Result>(
  deadline: Deadline,
  run: (signal: AbortSignal) => Promise<Result>,
): Promise<Result> {
  try {
    deadline.signal.throwIfAborted()
    return await run(deadline.signal)
  } catch (error) {
    deadline.signal.throwIfAborted()
    throw error
  } finally {
    deadline.dispose()
  }
}
