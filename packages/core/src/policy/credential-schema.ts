import { z } from 'zod'
import { closedObject } from './closed-object.ts'
import type { Credential, CredentialCarrier, CredentialSource } from './types.ts'
import { text, variableName } from './values.ts'

/** A field name of HTTP: a token (RFC 9110, 5.6.2), in the lower case that HTTP/2 sends. */
const headerName = z
  .string()
  .max(256)
  .regex(/^[!#$%&'*+.^_`|~0-9a-z-]+$/, 'must be a header name in lower case')

const printable = (maxLength: number) =>
  text(maxLength).regex(/^[!-~]+$/, 'must be printable ASCII without blanks')

const sourceSchema: z.ZodType<CredentialSource> = z.custom<CredentialSource>().or(z.union([
  closedObject({ env: variableName }),
  closedObject({ file: text(4095) }),
  closedObject({ command: z.array(text(4096)).min(1, 'must name a program').max(256) }),
  closedObject({ static: text(65_536) }),
]))

const carrierSchema: z.ZodType<CredentialCarrier> = z.custom<CredentialCarrier>().or(z.union([
  closedObject({ header: headerName, scheme: printable(64).optional() }),
  closedObject({ basic: printable(256) }),
  closedObject({ query: printable(256) }),
  closedObject({ cookie: printable(256) }),
]))

/** Schema of one credential. */
export const credentialSchema: z.ZodType<Credential> = closedObject({
  source: sourceSchema,
  carrier: carrierSchema,
  expose: variableName.optional(),
  dummyPrefix: printable(64).optional(),
} satisfies Record<keyof Credential, z.ZodType>)

/** The name by which rules call a credential; `anonymous` and `guest` mean something else there. */
export const credentialId: z.ZodType<string, string> = z
  .string()
  .regex(
    /^[A-Za-z0-9][A-Za-z0-9_.-]{0,127}$/,
    'must be a name of letters, digits, `_`, `.` and `-`',
  )
  .refine((id) => id !== 'anonymous' && id !== 'guest', 'may not be `anonymous` or `guest`')
