import { checkedDuration } from './command.ts'

/** Why the library ended a command. */
export type StopCause = 'timeout' | 'time' | 'output' | 'abort' | 'input'

/** What a command may use before the library ends it. */
export interface RunBounds {
  /** The caller's bound. */
  readonly timeoutMs: number | undefined
  /** The policy's bound. */
  readonly wallTimeMs: number | null
  readonly signal: AbortSignal | undefined
}

/** Watches time and the caller's signal; calls back once at most for each. Returns how to stop. */
export function watchBounds(bounds: RunBounds, stop: (cause: StopCause) => void): () => void {
  const timers: NodeJS.Timeout[] = []
  const after = (cause: StopCause, delayMs: number): void => {
    timers.push(setTimeout(() => stop(cause), delayMs))
  }
  if (bounds.timeoutMs !== undefined)
    after('timeout', checkedDuration('timeoutMs', bounds.timeoutMs))
  if (bounds.wallTimeMs !== null) after('time', Math.min(bounds.wallTimeMs, 2 ** 31 - 1))
  const onAbort = (): void => stop('abort')
  if (bounds.signal?.aborted === true) onAbort()
  bounds.signal?.addEventListener('abort', onAbort, { once: true })
  return () => {
    for (const timer of timers) clearTimeout(timer)
    bounds.signal?.removeEventListener('abort', onAbort)
  }
}
