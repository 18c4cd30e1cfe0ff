import type { LineSink } from './line-sink-source.ts'

/** Lines for a function of the host application, which is called again only when it is done. */
export function callbackSink(
  write: (lines: string) => void | Promise<void>,
  pendingBytes: number,
): LineSink {
  let waiting: string[] = []
  let waitingBytes = 0
  let works = true
  let running: Promise<void> | null = null

  const run = async (): Promise<void> => {
    // What comes in the same turn goes in one piece.
    await Promise.resolve()
    while (waiting.length > 0 && works) {
      const lines = waiting.join('')
      waiting = []
      try {
        await write(lines)
      } catch {
        // Lines are missing now: nothing may look as if it were complete.
        works = false
      }
      waitingBytes = waiting.reduce((sum, line) => sum + line.length, 0)
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
      waitingBytes += line.length
      running ??= run()
      return true
    },
    close: async () => {
      await running
    },
  }
}
