import { z } from 'zod'
import { carrierSchema } from './carrier-schema.ts'
import { closedObject } from './closed-object.ts'
import { sourceSchema } from './source-schema.ts'
import type { Credential } from './types.ts'
import { text, variableName } from './values.ts'

/** Sources that give a token, and nothing else. */
const tokenSources: readonly string[] = ['oauth2', 'githubApp', 'gcp']

/** What is wrong with a secret in this place, and what to do instead. */
function mismatch({ source, carrier }: Credential): string | undefined {
  const from = Object.keys(source).find((key) => key !== 'ttlMs') ?? ''
  const isKeys = from === 'aws' || from === 'awsRole'
  if ('sigv4' in carrier && (tokenSources.includes(from) || from === 'vault'))
    return `cannot be \`sigv4\`: a source \`${from}\` gives no keys of AWS; use \`aws\` or \`awsRole\``
  if (!('sigv4' in carrier) && isKeys)
    return `must be \`sigv4\`: a source \`${from}\` gives keys that sign requests, not a text to send`
  if ('mtls' in carrier && tokenSources.includes(from))
    return `cannot be \`mtls\`: a source \`${from}\` gives no certificate; use \`file\` or \`command\``
  return undefined
}

type FieldFault = readonly [field: 'expose' | 'dummyPrefix', message: string]

/** A variable that would hold nothing that a program could use, or nothing at all. */
function exposeFault({ carrier, expose, dummyPrefix }: Credential): FieldFault | undefined {
  if (expose === undefined)
    return dummyPrefix === undefined
      ? undefined
      : ['dummyPrefix', 'has no dummy to begin: name a variable in `expose`']
  if ('mtls' in carrier)
    return [
      'expose',
      'has no use: the proxy shows the certificate, and no program needs a variable',
    ]
  if (!('sigv4' in carrier)) return undefined
  if (dummyPrefix !== undefined)
    return ['dummyPrefix', 'cannot be chosen: keys of AWS have a shape of their own']
  return expose === 'AWS_ACCESS_KEY_ID'
    ? undefined
    : ['expose', 'must be `AWS_ACCESS_KEY_ID` for `sigv4`; it sets `AWS_SECRET_ACCESS_KEY`, too']
}

/** Schema of one credential. */
export const credentialSchema: z.ZodType<Credential> = closedObject({
  source: sourceSchema,
  carrier: carrierSchema,
  expose: variableName.optional(),
  dummyPrefix: text(64)
    .regex(/^[!-~]+$/, 'must be printable ASCII without blanks')
    .optional(),
} satisfies Record<keyof Credential, z.ZodType>).superRefine((credential, context) => {
  const wrong = mismatch(credential)
  if (wrong !== undefined) context.addIssue({ code: 'custom', path: ['carrier'], message: wrong })
  const fault = exposeFault(credential)
  if (fault !== undefined) context.addIssue({ code: 'custom', path: [fault[0]], message: fault[1] })
})

/** A name that stands in events and in the audit trail. */
export const plainId: z.ZodString = z
  .string()
  .regex(
    /^[A-Za-z0-9][A-Za-z0-9_.-]{0,127}$/,
    'must be a name of letters, digits, `_`, `.` and `-`',
  )

/** The name by which rules call a credential; `anonymous` and `guest` mean something else there. */
export const credentialId: z.ZodType<string, string> = plainId.refine(
  (id) => id !== 'anonymous' && id !== 'guest',
  'may not be `anonymous` or `guest`',
)
