/**
 * Calls listeners of the host application. An error of theirs is thrown where it cannot stop a refusal, and
 * where the host application sees it.
 */
export function tellAll<T>(what: T, listeners: Iterable<((what: T) => void) | undefined>): void {
  for (const listener of listeners) {
    try {
      listener?.(what)
    } catch (error) {
      queueMicrotask(() => {
        throw error
      })
    }
  }
}
