import type { Duplex } from 'node:stream'

/** What a connection begins with, by its first bytes. */
export type Opening = 'tls' | 'socks5' | 'http' | 'unknown'

/** RFC 4253, 4.2. It begins as a method may, and would be waited for as a request that does not come. */
const ssh = Buffer.from('SSH-')

/** RFC 8446, 5.1: a handshake record; RFC 1928, 3: the version; RFC 9112, 3: a method in upper case. */
export function openingOf(first: Uint8Array): Opening {
  const byte = first[0]
  if (ssh.equals(first.subarray(0, ssh.length))) return 'unknown'
  if (byte === 0x16) return 'tls'
  if (byte === 0x05) return 'socks5'
  return byte !== undefined && byte >= 0x41 && byte <= 0x5a ? 'http' : 'unknown'
}

/**
 * Reads until `take` has what it wants, and stops reading then. Resolves with `null` when the connection
 * ends first, or after `ms`: an opening that never comes is none.
 */
export function readUntil<T>(
  stream: Duplex,
  ms: number,
  take: (chunk: Buffer) => T | null,
): Promise<T | null> {
  return new Promise((resolve) => {
    const finish = (result: T | null): void => {
      clearTimeout(timer)
      stream.off('data', onData)
      stream.off('end', onOver)
      stream.off('close', onOver)
      stream.pause()
      resolve(result)
    }
    const onData = (chunk: Buffer): void => {
      const result = take(chunk)
      if (result !== null) finish(result)
    }
    const onOver = (): void => finish(null)
    const timer = setTimeout(onOver, ms)
    stream.on('data', onData)
    stream.once('end', onOver)
    stream.once('close', onOver)
    if (stream.destroyed || stream.readableEnded) finish(null)
    // A stream that was paused once does not begin to flow for a listener alone.
    else stream.resume()
  })
}

/** The first bytes of a connection. */
export function readFirst(stream: Duplex, ms: number): Promise<Buffer | null> {
  return readUntil(stream, ms, (chunk) => (chunk.length > 0 ? chunk : null))
}
