/**
 * The few encodings of DER (X.690, section 10) that a certificate needs. A writer only: nothing here
 * reads bytes of anybody.
 */
const tag = {
  boolean: 0x01,
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  objectIdentifier: 0x06,
  utf8String: 0x0c,
  sequence: 0x30,
  set: 0x31,
  utcTime: 0x17,
  generalizedTime: 0x18,
} as const

const contextClass = 0x80
const constructedBit = 0x20

/** One value with its tag and its length in the shortest form. */
function tagged(tagByte: number, ...parts: readonly Uint8Array[]): Buffer {
  const content = parts.length === 1 && parts[0] !== undefined ? parts[0] : Buffer.concat(parts)
  return Buffer.concat([Buffer.from([tagByte, ...lengthBytes(content.length)]), content])
}

function lengthBytes(length: number): readonly number[] {
  if (length < 0x80) return [length]
  const bytes: number[] = []
  for (let rest = length; rest > 0; rest = Math.floor(rest / 256)) bytes.unshift(rest % 256)
  return [0x80 | bytes.length, ...bytes]
}

/** SEQUENCE. */
export function sequence(...parts: readonly Uint8Array[]): Buffer {
  return tagged(tag.sequence, ...parts)
}

/** SET of one value; more would have to be sorted. */
export function setOfOne(part: Uint8Array): Buffer {
  return tagged(tag.set, part)
}

/** A context-specific tag around whole values (`[n] EXPLICIT`), or in place of SEQUENCE (`[n] IMPLICIT`). */
export function contextConstructed(number: number, ...parts: readonly Uint8Array[]): Buffer {
  return tagged(contextClass | constructedBit | number, ...parts)
}

/** A context-specific tag in place of that of a primitive type. */
export function contextPrimitive(number: number, content: Uint8Array): Buffer {
  return tagged(contextClass | number, content)
}

/** BOOLEAN. DER has one spelling of true. */
export function boolean(value: boolean): Buffer {
  return tagged(tag.boolean, Buffer.from([value ? 0xff : 0x00]))
}

/** INTEGER of an unsigned number in big-endian bytes. */
export function unsignedInteger(bytes: Uint8Array): Buffer {
  let start = 0
  while (start < bytes.length - 1 && bytes[start] === 0) start += 1
  const shortest = bytes.subarray(start)
  // A first bit of one would make the number negative.
  const isHigh = ((shortest[0] ?? 0) & 0x80) !== 0
  const content = isHigh || shortest.length === 0 ? [Buffer.from([0]), shortest] : [shortest]
  return tagged(tag.integer, ...content)
}

/** OCTET STRING. */
export function octetString(content: Uint8Array): Buffer {
  return tagged(tag.octetString, content)
}

/** BIT STRING of whole bytes. */
export function bitString(content: Uint8Array): Buffer {
  return tagged(tag.bitString, Buffer.from([0]), content)
}

/** BIT STRING of named bits (`KeyUsage`): trailing zeros are left out, as DER wants. */
export function namedBits(...numbers: readonly number[]): Buffer {
  const last = Math.max(...numbers)
  const bytes = Buffer.alloc((last >> 3) + 1)
  for (const number of numbers)
    bytes[number >> 3] = (bytes[number >> 3] ?? 0) | (0x80 >> (number & 7))
  return tagged(tag.bitString, Buffer.from([7 - (last & 7)]), bytes)
}

/** UTF8String. */
export function utf8String(text: string): Buffer {
  return tagged(tag.utf8String, Buffer.from(text, 'utf8'))
}

/** OBJECT IDENTIFIER in dotted decimal. */
export function objectIdentifier(dotted: string): Buffer {
  const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number)
  return tagged(tag.objectIdentifier, Buffer.from([first * 40 + second, ...rest.flatMap(base128)]))
}

function base128(value: number): readonly number[] {
  const bytes = [value & 0x7f]
  for (let rest = value >> 7; rest > 0; rest >>= 7) bytes.unshift(0x80 | (rest & 0x7f))
  return bytes
}

/** UTCTime up to 2049, GeneralizedTime after (RFC 5280, section 4.1.2.5), to the second. */
export function time(at: number): Buffer {
  const digits = new Date(at).toISOString().replaceAll(/[-:T]|\.\d+/g, '')
  if (Number(digits.slice(0, 4)) < 2050) return tagged(tag.utcTime, Buffer.from(digits.slice(2)))
  return tagged(tag.generalizedTime, Buffer.from(digits))
}
