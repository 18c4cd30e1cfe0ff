import { randomBytes } from 'node:crypto'

const digits = '0123456789'
const capitals = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ'

/** Letters and digits. */
export const base62: string = `${capitals}${capitals.toLowerCase()}${digits}`
/** RFC 4648, 6 */
export const base32: string = `${capitals}234567`

/** Random characters of an alphabet (256 at most), each as likely as every other. */
export function randomText(length: number, alphabet: string): string {
  const fair = 256 - (256 % alphabet.length)
  let text = ''
  while (text.length < length)
    for (const byte of randomBytes(length))
      if (byte < fair && text.length < length) text += alphabet.charAt(byte % alphabet.length)
  return text
}
