import type { DriverProcess } from '../driver.ts'
import { SandboxError } from '../errors.ts'
import type { CommandInput } from './command.ts'

/** Written at once; bounds what a single hand-over may hold. */
const sliceBytes = 64 * 1024

function* slices(chunk: unknown): Generator<Uint8Array> {
  const bytes = typeof chunk === 'string' ? new TextEncoder().encode(chunk) : chunk
  if (!(bytes instanceof Uint8Array)) throw new TypeError('stdin takes strings and Uint8Array')
  for (let at = 0; at < bytes.length; at += sliceBytes) yield bytes.subarray(at, at + sliceBytes)
}

function isClosedPipe(error: unknown): boolean {
  return SandboxError.is(error) && error.errno === 'EPIPE'
}

/** A command's stdin as a stream. */
export function inputStream(process: DriverProcess): WritableStream<Uint8Array | string> {
  return new WritableStream<Uint8Array | string>({
    async write(chunk) {
      for (const slice of slices(chunk)) await process.write(slice)
    },
    close: () => process.closeStdin(),
    abort: () => process.closeStdin(),
  })
}

async function* chunksOf(input: CommandInput): AsyncGenerator {
  if (typeof input === 'string' || input instanceof Uint8Array) yield input
  else yield* input as AsyncIterable<unknown>
}

/**
 * Writes all of an input and closes stdin. A command that stops reading is nothing unusual. Rejects
 * when the input itself fails.
 */
export async function feed(process: DriverProcess, input: CommandInput): Promise<void> {
  const chunks = chunksOf(input)
  const stop = (): void => {
    // Not waited for: a source that never yields would never let go.
    void chunks.return(undefined).catch(() => undefined)
  }
  void process.exited.then(stop, stop)
  try {
    for await (const chunk of chunks) for (const slice of slices(chunk)) await process.write(slice)
  } catch (error) {
    if (!isClosedPipe(error)) throw error
  } finally {
    process.closeStdin()
  }
}
