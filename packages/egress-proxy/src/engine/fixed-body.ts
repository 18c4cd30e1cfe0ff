import type { Body } from '../http-message.ts'

/** A body that is there already. */
export function fixedBody(bytes: Uint8Array): Body {
  let cancelled = false
  return {
    length: bytes.length,
    start: (sink) => {
      // The contract of a body: nothing is called from within `start`.
      queueMicrotask(() => {
        if (!cancelled && bytes.length > 0) sink.data(bytes)
        if (!cancelled) sink.end([])
      })
    },
    pause: () => undefined,
    resume: () => undefined,
    cancel: () => {
      cancelled = true
    },
  }
}
