/** Questions to the other process that wait for their answers, each with a deadline. */
export class Pending<T> {
  readonly #waiting = new Map<number, Waiting<T>>()
  #next = 1

  get size(): number {
    return this.#waiting.size
  }

  /**
   * Waits for the answer to a question that is sent under a number of its own. Rejects with what `late` gives
   * when it does not come in time.
   */
  ask(send: (id: number) => void, ms: number, late: () => Error): Promise<T> {
    const id = this.#next
    this.#next += 1
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => this.fail(id, late()), ms)
      this.#waiting.set(id, { resolve, reject, timer })
      send(id)
    })
  }

  /** `false`: nothing waits for that. */
  answer(id: number, value: T): boolean {
    const waiting = this.#take(id)
    waiting?.resolve(value)
    return waiting !== undefined
  }

  /** `false`: nothing waits for that. */
  fail(id: number, error: Error): boolean {
    const waiting = this.#take(id)
    waiting?.reject(error)
    return waiting !== undefined
  }

  /** Nothing will be answered any more. */
  failAll(error: () => Error): void {
    for (const id of this.#waiting.keys()) this.fail(id, error())
  }

  #take(id: number): Waiting<T> | undefined {
    const waiting = this.#waiting.get(id)
    this.#waiting.delete(id)
    clearTimeout(waiting?.timer)
    return waiting
  }
}

interface Waiting<T> {
  readonly resolve: (value: T) => void
  readonly reject: (error: Error) => void
  readonly timer: NodeJS.Timeout
}
