import { type Carrier, CarrierFault } from '../carriers/carrier.ts'

/** Text that is shorter turns up by itself, and its written forms are too short to be looked for. */
const shortest = 8
/** Longer ones in all the forms that they are looked for in would be more than can be looked for. */
const longest = 65_536

/**
 * The same carrier, for secrets that can be kept outside: what cannot be found in answers and in what leaves
 * is not sent either.
 */
export function hideable(carrier: Carrier): Carrier {
  return {
    ...carrier,
    hidden: (secret) => {
      const texts = carrier.hidden(secret)
      for (const { length } of texts) check(length)
      return texts
    },
  }
}

function check(length: number): void {
  if (length < shortest)
    throw new CarrierFault(
      'the secret is shorter than 8 bytes: in answers it could not be told from other text; use a longer one',
    )
  if (length > longest)
    throw new CarrierFault('the secret is longer than 64 KiB, which is more than can be looked for')
}
