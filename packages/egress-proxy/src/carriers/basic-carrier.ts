import type { Carrier } from './carrier.ts'
import { withField } from './field-slot.ts'
import { distinct, readableText } from './secret-text.ts'

const field = 'authorization'

/** `Authorization: Basic` (RFC 7617, 2): user name and secret, joined by a colon, in base64. */
export function basicCarrier(user: string): Carrier {
  const coded = (secret: Buffer): string =>
    Buffer.from(`${user}:${readableText(secret)}`, 'utf8').toString('base64')
  return {
    slot: { kind: 'basic', user },
    needsBody: false,
    put: ({ head, body }, secret) => ({
      head: withField(head, field, `Basic ${coded(secret)}`),
      body,
    }),
    // Without the padding, so that it is found where somebody leaves that out.
    hidden: (secret) => distinct(readableText(secret), coded(secret).replace(/=+$/, '')),
  }
}
