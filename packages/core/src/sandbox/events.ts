import type { SandboxEvent, SandboxEventOf } from '../event.ts'

type Listener = (event: SandboxEvent) => void

/** Events that a reader of `events()` may be behind before the oldest are dropped. */
const longestQueue = 4096

/** Tells listeners and readers what happens, never waiting for any of them. */
export class EventHub {
  readonly #listeners = new Set<Listener>()
  #over = false

  /** Tells everybody. Nothing is told after `end`. */
  emit(event: SandboxEvent): void {
    if (this.#over) return
    this.#over = event.type === 'end'
    for (const listener of this.#listeners) listener(event)
    if (this.#over) this.#listeners.clear()
  }

  /** Calls back for each event of a name until the returned function is called. */
  on<Name extends SandboxEvent['type']>(
    name: Name,
    listener: (event: SandboxEventOf<Name>) => void,
  ): () => void {
    const matches = (event: SandboxEvent): event is SandboxEventOf<Name> => event.type === name
    return this.#listen((event) => {
      if (matches(event)) callOut(() => listener(event))
    })
  }

  /** Every event from now on, up to and including `end`. */
  async *read(signal?: AbortSignal): AsyncGenerator<SandboxEvent, void, undefined> {
    const queue: SandboxEvent[] = []
    let wake: () => void = () => undefined
    const stop = this.#listen((event) => {
      if (queue.length === longestQueue) queue.shift()
      queue.push(event)
      wake()
    })
    const onAbort = (): void => wake()
    signal?.addEventListener('abort', onAbort)
    try {
      for (;;) {
        const event = queue.shift()
        if (signal?.aborted === true) return
        if (event !== undefined) yield event
        else if (this.#over) return
        else
          await new Promise<void>((resolve) => {
            wake = resolve
          })
      }
    } finally {
      stop()
      signal?.removeEventListener('abort', onAbort)
    }
  }

  #listen(listener: Listener): () => void {
    if (!this.#over) this.#listeners.add(listener)
    return () => {
      this.#listeners.delete(listener)
    }
  }
}

/** A listener's own error is the host application's: it is thrown where it cannot break the sandbox. */
function callOut(call: () => void): void {
  try {
    call()
  } catch (error) {
    queueMicrotask(() => {
      throw error
    })
  }
}
