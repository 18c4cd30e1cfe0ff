import { z } from 'zod'
import { closedObject } from './closed-object.ts'
import { setHeader } from './header-name.ts'
import { oneKind } from './one-kind.ts'
import type { CredentialCarrier } from './types.ts'
import { text, whole } from './values.ts'

/** A token of HTTP (RFC 9110, 5.6.2), which a scheme and the name of a cookie are. */
const token = z
  .string()
  .regex(/^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,256}$/, 'must be letters, digits and `-`, without blanks')

/** A user name ends at the first colon (RFC 7617, 2). */
const userName = text(256)
  .regex(/^[!-~]+$/, 'must be printable ASCII without blanks')
  .refine((name) => !name.includes(':'), 'may not hold a colon')

/** RFC 3986, 2.3: what is the same in every spelling of a URL. */
const unreserved = z
  .string()
  .max(256, 'must not be longer than 256 characters')
  .regex(/^[A-Za-z0-9._~-]+$/, 'must be letters, digits and `-._~`')

/** RFC 6901, 3: each reference token begins with `/`; `~` is written `~0` and `/` is `~1`. */
const pointer = text(1024).regex(
  /^(?:\/(?:[^~/]|~[01])*)+$/,
  'must be a JSON pointer, such as `/auth/key`',
)

const sigv4 = closedObject({
  service: z.string().regex(/^[a-z0-9-]{1,64}$/, 'must be the name of a service, such as `s3`'),
  region: z.string().regex(/^[a-z0-9-]{1,64}$/, 'must be the name of a region'),
  bucketOwner: z
    .string()
    .regex(/^\d{12}$/, 'must be the id of an account: twelve digits')
    .optional(),
}).refine(
  ({ service, bucketOwner }) => bucketOwner === undefined || service === 's3',
  'can hold `bucketOwner` for the service `s3` only: no other looks at it',
)

/** Schema of where in a request a secret goes. */
export const carrierSchema: z.ZodType<CredentialCarrier> = oneKind<CredentialCarrier>({
  header: closedObject({ header: setHeader, scheme: token.optional() }),
  basic: closedObject({ basic: userName }),
  query: closedObject({ query: unreserved }),
  cookie: closedObject({ cookie: token }),
  sigv4: closedObject({ sigv4 }),
  mtls: closedObject({ mtls: z.literal(true) }),
  path: closedObject({
    path: closedObject({ segment: whole(0, 63), prefix: unreserved.optional() }),
  }),
  json: closedObject({ json: pointer }),
})
