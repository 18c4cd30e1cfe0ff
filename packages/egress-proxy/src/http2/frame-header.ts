import { errorCode } from './error-code.ts'

/** The types of RFC 9113, 6 that are let through or refused by name. */
export const frameType: {
  readonly data: number
  readonly headers: number
  readonly priority: number
  readonly reset: number
  readonly settings: number
  readonly push: number
  readonly ping: number
  readonly goaway: number
  readonly window: number
  readonly continuation: number
} = Object.freeze({
  data: 0,
  headers: 1,
  priority: 2,
  reset: 3,
  settings: 4,
  push: 5,
  ping: 6,
  goaway: 7,
  window: 8,
  continuation: 9,
})

/** Flags by the types that have them. */
export const frameFlag: {
  readonly ack: number
  readonly endHeaders: number
  readonly padded: number
  readonly priority: number
} = Object.freeze({ ack: 0x1, endHeaders: 0x4, padded: 0x8, priority: 0x20 })

/** Bytes before the payload (RFC 9113, 4.1). */
export const headerBytes = 9

/** The largest payload: we never announce another SETTINGS_MAX_FRAME_SIZE. */
const maxPayload = 16_384

/** What stands before a payload. */
export interface FrameHeader {
  readonly length: number
  readonly type: number
  readonly flags: number
  readonly stream: number
}

/** Why frames are refused: the connection ends with GOAWAY and this code. */
export interface FrameFault {
  readonly code: number
  readonly message: string
}

export function readFrameHeader(bytes: Buffer, at: number): FrameHeader {
  return {
    length: bytes.readUIntBE(at, 3),
    type: bytes.readUInt8(at + 3),
    flags: bytes.readUInt8(at + 4),
    stream: bytes.readUInt32BE(at + 5) & 0x7fffffff,
  }
}

/** What a type wants of its length, and whether it belongs to a stream. */
interface Shape {
  readonly onStream: boolean | null
  readonly least: number
  readonly most: number
}

const shapes: readonly Shape[] = [
  { onStream: true, least: 0, most: maxPayload },
  { onStream: true, least: 1, most: maxPayload },
  { onStream: true, least: 5, most: 5 },
  { onStream: true, least: 4, most: 4 },
  // More settings than there are kinds, five times over, are of no use to anybody.
  { onStream: false, least: 0, most: 6 * 32 },
  { onStream: true, least: 4, most: maxPayload },
  { onStream: false, least: 8, most: 8 },
  { onStream: false, least: 8, most: maxPayload },
  { onStream: null, least: 4, most: 4 },
  { onStream: true, least: 0, most: maxPayload },
]

/** Whether a frame is of a kind that exists. Others are to be ignored (RFC 9113, 5.5). */
export function isKnown(header: FrameHeader): boolean {
  return header.type < shapes.length
}

/** What is wrong with a frame by its header alone. */
export function headerFault(header: FrameHeader): FrameFault | null {
  if (header.length > maxPayload) return frameSize('a frame larger than announced')
  const shape = shapes[header.type]
  if (shape === undefined) return null
  if (shape.onStream !== null && shape.onStream !== (header.stream !== 0)) {
    return protocol('a frame on a stream where it does not belong')
  }
  if (header.length < shape.least || header.length > shape.most) {
    return frameSize('a frame of a length that its type does not have')
  }
  // Push is off on both sides, and clients never push.
  if (header.type === frameType.push) return protocol('a pushed stream')
  return null
}

/** What is wrong with a whole frame, header included, of which {@link headerFault} found nothing. */
export function payloadFault(header: FrameHeader, frame: Buffer): FrameFault | null {
  if (header.type === frameType.headers) return paddingFault(header, frame)
  if (header.type === frameType.settings) return settingsFault(header, frame)
  return null
}

function paddingFault(header: FrameHeader, frame: Buffer): FrameFault | null {
  const padded = (header.flags & frameFlag.padded) !== 0
  const fixed = (padded ? 1 : 0) + ((header.flags & frameFlag.priority) === 0 ? 0 : 5)
  if (header.length < fixed) return frameSize('a header shorter than its flags say')
  const padding = padded ? frame.readUInt8(headerBytes) : 0
  return padding > header.length - fixed ? protocol('a padding longer than its frame') : null
}

function settingsFault(header: FrameHeader, frame: Buffer): FrameFault | null {
  if ((header.flags & frameFlag.ack) !== 0) {
    return header.length === 0 ? null : frameSize('settings in an acknowledgement')
  }
  if (header.length % 6 !== 0) return frameSize('settings of a broken length')
  for (let at = headerBytes; at < frame.length; at += 6) {
    const fault = settingFault(frame.readUInt16BE(at), frame.readUInt32BE(at + 2))
    if (fault !== null) return fault
  }
  return null
}

/** The bounds of RFC 9113, 6.5.2. */
function settingFault(name: number, value: number): FrameFault | null {
  const ok =
    (name !== 2 || value <= 1) &&
    (name !== 4 || value <= 0x7fffffff) &&
    (name !== 5 || (value >= 16_384 && value <= 0xffffff))
  return ok ? null : protocol('a setting out of its bounds')
}

export function protocol(message: string): FrameFault {
  return { code: errorCode.protocol, message }
}

function frameSize(message: string): FrameFault {
  return { code: errorCode.frameSize, message }
}
