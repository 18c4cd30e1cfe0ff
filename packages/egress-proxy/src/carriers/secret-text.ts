import { isUtf8 } from 'node:buffer'
import { CarrierFault } from './carrier.ts'

const firstVisible = 0x21
const lastVisible = 0x7e
const blank = 0x20
const del = 0x7f

/**
 * The secret as it can stand in a header: printable ASCII, blanks only within. Anything else would be cut,
 * folded or read as another field somewhere.
 *
 * @throws CarrierFault
 */
export function visibleText(secret: Buffer, refused = ''): string {
  if (secret.length === 0) throw new CarrierFault('the secret is empty')
  const last = secret.length - 1
  for (let at = 0; at <= last; at += 1) {
    const byte = secret[at] ?? 0
    const isInnerBlank = byte === blank && at > 0 && at < last
    if (!isInnerBlank && (byte < firstVisible || byte > lastVisible))
      throw new CarrierFault('the secret holds a character that cannot stand there')
  }
  const text = secret.toString('latin1')
  for (const character of refused)
    if (text.includes(character))
      throw new CarrierFault(`the secret holds \`${character}\`, which cannot stand there`)
  return text
}

/**
 * The secret as a text that is escaped before it is sent: UTF-8 without control characters.
 *
 * @throws CarrierFault
 */
export function readableText(secret: Buffer): string {
  if (secret.length === 0) throw new CarrierFault('the secret is empty')
  if (!isUtf8(secret)) throw new CarrierFault('the secret is no UTF-8')
  for (const byte of secret)
    if (byte < blank || byte === del) throw new CarrierFault('the secret holds a control character')
  return secret.toString('utf8')
}

/** Texts, each once, in the order given: what must not be seen. */
export function distinct(...texts: readonly (string | Buffer)[]): readonly Buffer[] {
  const found: Buffer[] = []
  for (const text of texts) {
    const bytes = Buffer.from(text)
    if (bytes.length > 0 && !found.some((known) => known.equals(bytes))) found.push(bytes)
  }
  return found
}

/** Escapes every byte that is not plain, as RFC 3986, 2.1 does. */
export function percentEncoded(secret: Buffer, plain: ReadonlySet<number>): string {
  let text = ''
  for (const byte of secret)
    text += plain.has(byte)
      ? String.fromCharCode(byte)
      : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`
  return text
}

/** The characters of a text, for {@link percentEncoded}. */
export function charactersOf(text: string): ReadonlySet<number> {
  return new Set(Buffer.from(text, 'latin1'))
}

/** RFC 3986, 2.3: what means the same everywhere. */
export const unreserved: string =
  'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~'
