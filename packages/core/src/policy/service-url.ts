import type { z } from 'zod'
import { text } from './values.ts'

/** What only this machine can answer. `URL` has written every other form of these addresses like this. */
function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127(?:\.\d{1,3}){3}$/.test(hostname)
}

/** What is wrong with the URL of a service that gets secrets, without repeating it. */
function urlFault(value: string): string | undefined {
  // `URL` would take these away in silence.
  if (!/^[!-~]+$/.test(value) || value.includes('\\'))
    return 'must be a URL, in printable ASCII without blanks and `\\`'
  if (!URL.canParse(value)) return 'must be a URL, such as `https://auth.example/token`'
  const url = new URL(value)
  if (url.protocol !== 'https:' && !(url.protocol === 'http:' && isLoopback(url.hostname)))
    return 'must begin with `https://`: secrets are sent there; `http://` only on loopback'
  if (url.username !== '' || url.password !== '') return 'may not hold a user or a password'
  return value.includes('#') ? 'may not hold a fragment (`#`)' : undefined
}

/** Where secrets are sent: https, or http on loopback, without user and fragment. */
export const serviceUrl: z.ZodType<string> = text(2048).superRefine((value, context) => {
  const fault = urlFault(value)
  if (fault !== undefined) context.addIssue(fault)
})

/** The same, to which a path is added, so that no query can be there. */
export const baseUrl: z.ZodType<string> = serviceUrl.refine(
  (value) => !value.includes('?'),
  'may not hold a query (`?`)',
)
