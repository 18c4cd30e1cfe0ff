import { bound } from './protocol.ts'

/** The fields of a frame's header. */
export interface FrameHeader {
  readonly type: number
  readonly flags: number
  readonly stream: number
}

/** The header of a frame, 10 bytes, for a payload of `length` bytes. */
export function encodeHeader(header: FrameHeader, length: number): Buffer {
  const bytes = Buffer.allocUnsafe(bound.FRAME_HEADER_BYTES)
  bytes.writeUInt32LE(length, 0)
  bytes[4] = header.type
  bytes[5] = header.flags
  bytes.writeUInt32LE(header.stream, 6)
  return bytes
}
