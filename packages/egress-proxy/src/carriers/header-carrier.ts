import type { Carrier } from './carrier.ts'
import { withField } from './field-slot.ts'
import { distinct, visibleText } from './secret-text.ts'

/** A header of its own: `x-api-key: <secret>`, or with a scheme: `authorization: Bearer <secret>`. */
export function headerCarrier(name: string, scheme: string | null): Carrier {
  const start = scheme === null ? '' : `${scheme} `
  return {
    slot: { kind: 'header', name, scheme },
    needsBody: false,
    put: ({ head, body }, secret) => ({
      head: withField(head, name, `${start}${visibleText(secret)}`),
      body,
    }),
    hidden: (secret) => distinct(visibleText(secret)),
  }
}
