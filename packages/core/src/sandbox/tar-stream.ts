import type { TarInput } from './file-system.ts'
import type { Lifeline } from './lifeline.ts'

/** The chunks of a tar, wherever they come from. */
export async function* tarChunks(tar: TarInput): AsyncGenerator<Uint8Array, void, undefined> {
  if (tar instanceof Uint8Array) yield tar
  else yield* tar as AsyncIterable<Uint8Array>
}

/** A driver's tar as a Web stream, at the pace of its reader. */
export function tarStream(
  chunks: AsyncIterable<Uint8Array>,
  lifeline: Lifeline,
  explain: (error: unknown) => unknown,
): ReadableStream<Uint8Array> {
  const iterator = chunks[Symbol.asyncIterator]()
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        try {
          const next = await lifeline.during(() => iterator.next())
          if (next.done === true) controller.close()
          else controller.enqueue(next.value)
        } catch (error) {
          controller.error(explain(error))
        }
      },
      async cancel() {
        await iterator.return?.()
      },
    },
    { highWaterMark: 0 },
  )
}
