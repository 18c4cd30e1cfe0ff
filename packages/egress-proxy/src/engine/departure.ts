import type { Duplex } from 'node:stream'

/**
 * Notices that a client leaves while it waits to be let in: nobody reads from it then, and an end that is
 * not read is not heard of. Whoever ends its side before it was let in has given up. Returns what stops
 * that; bytes that came early are put back.
 */
export function endOnDeparture(stream: Duplex, mostKept: number): () => void {
  const early: Buffer[] = []
  let bytes = 0
  const onData = (chunk: Buffer): void => {
    early.push(chunk)
    bytes += chunk.length
    if (bytes >= mostKept) stream.pause()
  }
  const onEnd = (): void => void stream.destroy()
  stream.on('data', onData)
  stream.once('end', onEnd)
  if (stream.readableEnded) onEnd()
  else stream.resume()
  let watching = true
  return () => {
    if (!watching) return
    watching = false
    stream.off('data', onData)
    stream.off('end', onEnd)
    stream.pause()
    if (early.length > 0 && !stream.destroyed) stream.unshift(Buffer.concat(early))
  }
}
