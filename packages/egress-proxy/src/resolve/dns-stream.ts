import type { Readable } from 'node:stream'

const longestQuery = 512

/** A message as it goes over TCP: its length in two bytes before it (RFC 1035, 4.2.2). */
export function frameDnsMessage(message: Buffer): Buffer {
  const length = Buffer.alloc(2)
  length.writeUInt16BE(message.length)
  return Buffer.concat([length, message])
}

/**
 * The messages of a stream, until it ends. Leaves the stream open, so that what was written is still sent.
 * Throws for a message that is longer than a query can be; a message that is cut by the end is dropped.
 */
export async function* readDnsMessages(stream: Readable): AsyncGenerator<Buffer> {
  let pending: Buffer = Buffer.alloc(0)
  const chunks: AsyncIterable<Buffer> = stream.iterator({ destroyOnReturn: false })
  for await (const chunk of chunks) {
    // Never more than one unfinished message is kept, so nothing large is copied again and again.
    pending = pending.length === 0 ? chunk : Buffer.concat([pending, chunk])
    for (;;) {
      const length = pending.length < 2 ? 0 : pending.readUInt16BE(0)
      if (length > longestQuery) throw new RangeError('a DNS query is too long')
      if (pending.length < 2 + length || pending.length < 2) break
      yield pending.subarray(2, 2 + length)
      pending = pending.subarray(2 + length)
    }
  }
}
