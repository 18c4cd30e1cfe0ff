import type { LineSink } from './line-sink-source.ts'
import { within } from './within.ts'

/** How a callback sink is bounded. */
export interface CallbackBounds {
  /** Lines that wait, in bytes. */
  readonly pendingBytes: number
  /** How long `close` waits for what is left. */
  readonly closeMs: number
  /** Called once, when nothing more can be written. */
  readonly onBroken: (what: string) => void
}

/** Lines for a function of the host application, which is called again only when it is done. */
export function callbackSink(
  write: (lines: string) => void | Promise<void>,
  { pendingBytes, closeMs, onBroken }: CallbackBounds,
): LineSink {
  let waiting: string[] = []
  let waitingBytes = 0
  let works = true
  let running: Promise<void> | null = null

  const fail = (what: string): void => {
    works = false
    waiting = []
    onBroken(what)
  }
  const run = async (): Promise<void> => {
    // What comes in the same turn goes in one piece.
    await Promise.resolve()
    while (waiting.length > 0) {
      const lines = waiting.join('')
      waiting = []
      try {
        await write(lines)
      } catch {
        // Lines are missing now: nothing may look as if it were complete.
        fail('audit.write failed')
      }
      waitingBytes -= lines.length
    }
    running = null
  }
  return {
    get hasRoom() {
      return works && waitingBytes < pendingBytes
    },
    take: (line) => {
      if (!works || waitingBytes >= pendingBytes) return false
      waiting.push(line)
      // Lines are ASCII: as many bytes as characters.
      waitingBytes += line.length
      running ??= run()
      return true
    },
    persist: () => undefined,
    close: async () => {
      const isDone = await within(closeMs, running ?? Promise.resolve())
      if (!isDone) fail('audit.write was still at work when the trail was closed')
      works = false
    },
  }
}
