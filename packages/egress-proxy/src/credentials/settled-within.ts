/** Thrown in place of an answer for which nobody waits any more. */
class GivenUp extends Error {
  constructor() {
    super('it was given up')
    this.name = 'GivenUp'
  }
}

/**
 * Waits for an answer until the signal aborts; then rejects with `GivenUp`, and the answer, whatever
 * it becomes, is nobody's.
 */
export function settledWithin<Answer>(
  answer: Promise<Answer>,
  signal: AbortSignal,
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const leave = (): void => signal.removeEventListener('abort', onAbort)
    const onAbort = (): void => {
      leave()
      reject(new GivenUp())
    }
    signal.addEventListener('abort', onAbort, { once: true })
    if (signal.aborted) onAbort()
    answer.then(
      (value) => {
        leave()
        resolve(value)
      },
      (error: unknown) => {
        leave()
        reject(error instanceof Error ? error : new Error('it failed'))
      },
    )
  })
}
