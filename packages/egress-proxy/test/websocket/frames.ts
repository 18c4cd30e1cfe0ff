/** A frame as RFC 6455, 5.2 writes it; with `mask`, as a client does. */
export function frame(first: number, payload: Uint8Array, mask: readonly number[] = []): Buffer {
  const { length } = payload
  const extended = length < 126 ? 0 : length < 65_536 ? 2 : 8
  const header = Buffer.alloc(2 + extended)
  const mark = extended === 0 ? length : extended === 2 ? 126 : 127
  header[0] = first
  header[1] = mark | (mask.length > 0 ? 128 : 0)
  if (extended === 2) header.writeUInt16BE(length, 2)
  if (extended === 8) header.writeBigUInt64BE(BigInt(length), 2)
  return Buffer.concat([header, Buffer.from(mask), masked(payload, mask)])
}

function masked(payload: Uint8Array, mask: readonly number[]): Buffer {
  return Buffer.from(payload.map((byte, at) => byte ^ (mask[at & 3] ?? 0)))
}

export const opcode = Object.freeze({
  text: 0x81,
  binary: 0x82,
  firstText: 0x01,
  middle: 0x00,
  last: 0x80,
  close: 0x88,
  ping: 0x89,
  pong: 0x8a,
})
