import { createHash } from 'node:crypto'

/** One value of DER: its tag, what is in it, and where the next one starts. */
interface Value {
  readonly tag: number
  readonly content: Buffer
  readonly end: number
}

const sequenceTag = 0x30
const versionTag = 0xa0
const utf8Tag = 0x0c
/** How the bytes of a text are read: UTF8String, PrintableString, T61String (which OpenSSL takes for Latin-1), IA5String. */
const encodings: Readonly<Record<number, 'utf8' | 'latin1'>> = {
  [utf8Tag]: 'utf8',
  0x13: 'utf8',
  0x14: 'latin1',
  0x16: 'utf8',
}

/**
 * The name that OpenSSL looks for in a folder of certificates, without the `.0`: eight hexadecimal digits of
 * SHA-1 over the subject in canonical form (`X509_NAME_hash`; openssl-rehash(1)).
 *
 * @throws TypeError when this is no certificate, or its subject is in an encoding that authorities do not use
 */
export function subjectHash(certificate: Uint8Array): string {
  const digest = createHash('sha1').update(canonicalSubject(certificate)).digest()
  return digest.readUInt32LE(0).toString(16).padStart(8, '0')
}

/** Certificate, then what is signed, then version, serial number, algorithm, issuer, validity, subject. */
function canonicalSubject(certificate: Uint8Array): Buffer {
  const [whole] = valuesOf(Buffer.from(certificate))
  const [signed] = valuesOf(contentOf(whole))
  const fields = valuesOf(contentOf(signed))
  const first = fields[0]?.tag === versionTag ? 1 : 0
  const subject = fields[first + 4]
  return Buffer.concat(valuesOf(contentOf(subject)).map(canonicalPart))
}

/** A set of attributes; the sequence around all sets is not part of what is hashed. */
function canonicalPart({ tag, content }: Value): Buffer {
  const attributes = valuesOf(content).map((attribute) => {
    const [type, value] = valuesOf(attribute.content)
    if (type === undefined || value === undefined) throw notReadable()
    return encode(
      sequenceTag,
      Buffer.concat([encode(type.tag, type.content), canonicalText(value)]),
    )
  })
  return encode(tag, Buffer.concat(attributes.toSorted((one, other) => one.compare(other))))
}

/** Trimmed, single spaces, lower case, in ASCII only: so does OpenSSL. */
function canonicalText({ tag, content }: Value): Buffer {
  const encoding = encodings[tag]
  if (encoding === undefined) throw notReadable()
  const words = Buffer.from(content.toString(encoding), 'utf8')
    .toString('latin1')
    .split(/[ \t\n\v\f\r]+/)
    .filter((word) => word !== '')
  const lower = words.join(' ').replaceAll(/[A-Z]+/g, (capitals) => capitals.toLowerCase())
  return encode(utf8Tag, Buffer.from(lower, 'latin1'))
}

function contentOf(value: Value | undefined): Buffer {
  if (value?.tag !== sequenceTag) throw notReadable()
  return value.content
}

function valuesOf(bytes: Buffer): readonly Value[] {
  const values: Value[] = []
  for (let at = 0; at < bytes.length; at = values.at(-1)?.end ?? bytes.length) {
    values.push(valueAt(bytes, at))
  }
  return values
}

function valueAt(bytes: Buffer, at: number): Value {
  const tag = bytes[at]
  const short = bytes[at + 1]
  if (tag === undefined || short === undefined) throw notReadable()
  const digits = short < 0x80 ? 0 : short & 0x7f
  // No certificate is longer than what three bytes can say.
  if (digits > 3 || short === 0x80 || at + 2 + digits > bytes.length) throw notReadable()
  const length = digits === 0 ? short : bytes.readUIntBE(at + 2, digits)
  const start = at + 2 + digits
  const end = start + length
  if (end > bytes.length) throw notReadable()
  return { tag, content: bytes.subarray(start, end), end }
}

function encode(tag: number, content: Buffer): Buffer {
  const { length } = content
  if (length < 0x80) return Buffer.concat([Buffer.from([tag, length]), content])
  const digits = length < 0x100 ? [length] : [length >> 16, (length >> 8) & 0xff, length & 0xff]
  const shortest = digits[0] === 0 ? digits.slice(1) : digits
  return Buffer.concat([Buffer.from([tag, 0x80 | shortest.length, ...shortest]), content])
}

function notReadable(): TypeError {
  return new TypeError('a certificate of the way out cannot be read')
}
