import type { SessionEnd } from '../driver.ts'
import { SandboxError } from '../errors.ts'

/** Whether a sandbox still lives. Everything that waits for it waits for its end as well. */
export class Lifeline {
  readonly #driver: string
  // A set, not one promise to race against: reactions on a long-lived promise are never freed.
  readonly #waiting = new Set<(error: SandboxError) => void>()
  #end: SessionEnd | null = null

  constructor(driver: string) {
    this.#driver = driver
  }

  /** How the sandbox ended; `null` while it lives. */
  get end(): SessionEnd | null {
    return this.#end
  }

  /** Marks the sandbox as ended; the first reason stays. Says whether it was the first. */
  cut(end: SessionEnd): boolean {
    if (this.#end !== null) return false
    this.#end = end
    for (const fail of this.#waiting) fail(this.#error(end))
    this.#waiting.clear()
    return true
  }

  /** Throws `SANDBOX_ENDED` when the sandbox is over. */
  check(): void {
    if (this.#end !== null) throw this.#error(this.#end)
  }

  /** Does something with the living sandbox; rejects with `SANDBOX_ENDED` when it ends first. */
  async during<T>(work: () => Promise<T>): Promise<T> {
    this.check()
    let fail: (error: Error) => void = () => undefined
    try {
      return await new Promise<T>((resolve, reject) => {
        fail = reject
        this.#waiting.add(fail)
        work().then(resolve, reject)
      })
    } catch (error) {
      // A driver tells of a cut link in words of its own; why the sandbox ended is ours to tell.
      if (!SandboxError.is(error) || error.code !== 'PROTOCOL') this.check()
      throw error
    } finally {
      this.#waiting.delete(fail)
    }
  }

  #error(end: SessionEnd): SandboxError {
    return new SandboxError(
      'SANDBOX_ENDED',
      `the sandbox has ended (${end.reason}): ${end.detail}`,
      {
        driver: this.#driver,
        hint: 'create a new one',
      },
    )
  }
}
