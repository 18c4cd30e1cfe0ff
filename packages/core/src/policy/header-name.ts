import { z } from 'zod'

/** Fields that say how a message is sent, where to, or what else is in it: never one that policy sets. */
const steering: readonly string[] = [
  'connection',
  'content-encoding',
  'content-length',
  'content-type',
  'cookie',
  'expect',
  'host',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]

/** A field that the proxy sets: a token (RFC 9110, 5.6.2), in the lower case that HTTP/2 sends. */
export const setHeader: z.ZodType<string, string> = z
  .string()
  .max(256, 'must not be longer than 256 characters')
  .regex(/^[!#$%&'*+.^_`|~0-9a-z-]+$/, 'must be the name of a header, in lower case')
  .refine(
    (name) => !steering.includes(name),
    `may not be one of the headers that say how a message is sent: ${steering.join(', ')}`,
  )
