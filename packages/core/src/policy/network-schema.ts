import { z } from 'zod'
import { bodySchema } from './body-schema.ts'
import { canarySchema } from './canary-schema.ts'
import { closedObject } from './closed-object.ts'
import { plainId } from './credential-schema.ts'
import { setHeader } from './header-name.ts'
import { canonicalHost, hostPatternFault, isAddressRange } from './host-pattern.ts'
import type { AllowRule, Budgets, DenyRule, NetworkPolicy } from './types.ts'
import { text, whole } from './values.ts'

const maxRules = 20_000
const maxCanaries = 256
const maxTimerMs = 2_147_483_647

const host: z.ZodType<string> = z
  .string()
  .overwrite(canonicalHost)
  .superRefine((value, context) => {
    const fault = hostPatternFault(value)
    if (fault !== undefined) context.addIssue(fault)
  })

const ports = z.array(whole(1, 65_535)).min(1, 'must name a port').max(64)

/** A method is a token (RFC 9110, 5.6.2); the known ones are upper case, and case counts. */
const methods = z
  .array(z.string().regex(/^[A-Z][A-Z-]{0,31}$/, 'must be a method in upper case, such as `GET`'))
  .min(1, 'must name a method')
  .max(64)

/** Printable, without the characters that start a query or a fragment, or that are read as `/`. */
const paths = z
  .array(
    text(2048).regex(/^\/[^\s?#\\]*$/, 'must begin with `/` and hold no blank, `?`, `#` or `\\`'),
  )
  .min(1, 'must name a path')
  .max(256)

const values = z.union(
  [z.string().max(8192), z.array(z.string().max(8192)).min(1, 'must name a value').max(256)],
  'must be `"*"`, a value, or a list of values',
)

const query = z.record(text(256), values)

/** A header name is a token (RFC 9110, 5.1); it is compared in lower case. */
const headers = z.record(
  z
    .string()
    .max(256, 'must not be longer than 256 characters')
    .regex(/^[a-z0-9!#$%&'*+.^_`|~-]+$/, 'must be the name of a header, in lower case'),
  values,
)

/** Visible characters, and blanks between them (RFC 9110, 5.5). */
const tenant = z.record(
  setHeader,
  z.string().regex(/^[!-~](?:[ -~]{0,4094}[!-~])?$/, 'must be printable ASCII'),
)

const denyRule: z.ZodType<DenyRule> = closedObject({
  host,
  ports: ports.optional(),
  methods: methods.optional(),
  paths: paths.optional(),
  reason: text(1024).optional(),
} satisfies Record<keyof DenyRule, z.ZodType>)

/** What says something of requests, or of what is put into them. */
const unseenKeys = [
  'methods',
  'paths',
  'query',
  'headers',
  'body',
  'profile',
  'tenant',
  'websocket',
] as const

const allowRule: z.ZodType<AllowRule> = closedObject({
  host,
  ports: ports.optional(),
  protocol: z.enum(['https', 'http-plain', 'tcp']).optional(),
  methods: methods.optional(),
  paths: paths.optional(),
  query: query.optional(),
  headers: headers.optional(),
  body: bodySchema.optional(),
  identity: text(128).optional(),
  profile: plainId.optional(),
  tenant: tenant.optional(),
  tunnel: z.boolean().optional(),
  websocket: z.boolean().optional(),
  reason: text(1024).optional(),
} satisfies Record<keyof AllowRule, z.ZodType>).superRefine((rule, context) => {
  if (rule.tunnel !== true && rule.protocol !== 'tcp') return
  const unseen = unseenKeys.find((key) => rule[key] !== undefined)
  if (unseen !== undefined)
    context.addIssue(`cannot hold \`${unseen}\`: nothing inside a tunnel can be seen`)
})

const budgets: z.ZodType<Budgets> = closedObject({
  bytesPerRequest: whole(0, Number.MAX_SAFE_INTEGER).optional(),
  bytesPerWindow: whole(0, Number.MAX_SAFE_INTEGER).optional(),
  windowMs: whole(1, maxTimerMs).optional(),
  bytesTotal: whole(0, Number.MAX_SAFE_INTEGER).optional(),
  urlBytesPerWindow: whole(0, Number.MAX_SAFE_INTEGER).optional(),
  requestsPerSecond: whole(1, 1_000_000).optional(),
  openTunnels: whole(0, 1_000_000).optional(),
  distinctNames: whole(0, 1_000_000).optional(),
} satisfies Record<keyof Budgets, z.ZodType>)

const ranges = z
  .array(z.string().refine(isAddressRange, 'must be a range such as `10.0.0.0/8` or `fd00::/8`'))
  .max(4096)

/** Schema of `network`. */
export const networkSchema: z.ZodType<NetworkPolicy> = closedObject({
  allow: z
    .array(z.union([host, allowRule], 'must be a host name or a rule'))
    .max(maxRules)
    .optional(),
  deny: z
    .array(z.union([host, denyRule], 'must be a host name or a rule'))
    .max(maxRules)
    .optional(),
  ask: z
    .array(z.union([host, allowRule], 'must be a host name or a rule'))
    .max(maxRules)
    .optional(),
  mode: z.enum(['enforce', 'observe']).optional(),
  transparent: z.boolean().optional(),
  budgets: budgets.optional(),
  canaries: z
    .record(plainId, canarySchema)
    .refine((all) => Object.keys(all).length <= maxCanaries, `cannot be more than ${maxCanaries}`)
    .optional(),
  addresses: closedObject({ allow: ranges.optional(), deny: ranges.optional() }).optional(),
} satisfies Record<keyof NetworkPolicy, z.ZodType>)
