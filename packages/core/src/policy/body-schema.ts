import { z } from 'zod'
import { closedObject } from './closed-object.ts'
import { canonicalHost, hostPatternFault } from './host-pattern.ts'
import type { BodyRule, JsonCondition, PartRule } from './types.ts'
import { text, whole } from './values.ts'

const longestPattern = 512
const mostSegments = 32
const mostConditions = 256
const mostListed = 1024

/** Why a pattern finds nothing that it seems to mean, or `undefined`. */
function patternFault(pattern: string): string | undefined {
  if (pattern === '') return undefined
  if (!pattern.startsWith('/')) return 'must be a JSON pointer, such as `/messages/*/role`'
  const segments = pattern.slice(1).split('/')
  if (segments.length > mostSegments) return `must not have more than ${mostSegments} parts`
  if (segments.some((one) => /~(?![01])/.test(one)))
    return 'must write `~` as `~0` and `/` as `~1` (RFC 6901)'
  if (segments.some((one) => one.length > 2 && /^\*+$/.test(one)))
    return 'may hold `*` for one key or index, and `**` for any number of them'
  if (segments.some((one, index) => one === '**' && segments[index - 1] === '**'))
    return 'may not hold `**` twice in a row'
  return undefined
}

const pattern = z
  .string()
  .max(longestPattern, `must not be longer than ${longestPattern} characters`)
  .superRefine((value, context) => {
    const fault = patternFault(value)
    if (fault !== undefined) context.addIssue(fault)
  })

const host = z
  .string()
  .overwrite(canonicalHost)
  .superRefine((value, context) => {
    const fault = hostPatternFault(value)
    if (fault !== undefined) context.addIssue(fault)
  })

const keys = z.array(z.string().max(256)).max(mostListed)
const scalar = z.union(
  [z.string().max(8192), z.number(), z.boolean(), z.null()],
  'must be a string, a number, a boolean or null',
)
const conditions = ['absent', 'oneOf', 'keys', 'urlHosts', 'dataUrl', 'maxLength'] as const
const known = conditions.map((one) => `\`${one}\``).join(', ')

const condition: z.ZodType<JsonCondition> = closedObject({
  at: pattern,
  absent: z.literal(true, 'may only be `true`').optional(),
  oneOf: z.array(scalar).min(1, 'must name a value').max(mostListed).optional(),
  keys: keys.optional(),
  urlHosts: z.array(host).min(1, 'must name a host').max(mostListed).optional(),
  dataUrl: z.literal(true, 'may only be `true`').optional(),
  maxLength: whole(0, Number.MAX_SAFE_INTEGER).optional(),
  required: z.boolean().optional(),
} satisfies Record<keyof JsonCondition, z.ZodType>).superRefine((given, context) => {
  const count = conditions.filter((one) => given[one] !== undefined).length
  if (count === 0) context.addIssue(`must hold one of ${known}`)
  if (count > 1) context.addIssue(`may hold only one of ${known}; write one entry for each`)
  if (given.absent === true && given.required === true)
    context.addIssue('cannot be `absent` and `required` at once')
})

const json = closedObject({
  keys: keys.optional(),
  where: z.array(condition).max(mostConditions).optional(),
})

const values = z.union(
  [z.string().max(8192), z.array(z.string().max(8192)).min(1, 'must name a value').max(mostListed)],
  'must be `"*"`, a value, or a list of values',
)

/** Type and subtype are tokens (RFC 9110, 8.3.1); they are compared in lower case. */
const mediaType = z
  .string()
  .max(256)
  .regex(
    /^[a-z0-9!#$%&'+.^_`|~-]+\/[a-z0-9!#$%&'+.^_`|~-]+$/,
    'must be a media type in lower case, without parameters',
  )

/** A name of a part as it can be written without an escape, which servers read in different ways. */
const partName = text(256).regex(/^[^\p{Cc}"\\]*$/u, 'may not hold quotes, `\\` or line breaks')

const part: z.ZodType<PartRule> = closedObject({
  max: whole(1, 1000).optional(),
  types: z.array(mediaType).min(1, 'must name a media type').max(256).optional(),
  file: z.boolean().optional(),
  maxBytes: whole(0, Number.MAX_SAFE_INTEGER).optional(),
  oneOf: z.array(z.string().max(8192)).min(1, 'must name a value').max(mostListed).optional(),
} satisfies Record<keyof PartRule, z.ZodType>)

/** Name of the GraphQL specification (October 2021, 2.1.9). */
const fields = z
  .array(
    z
      .string()
      .max(256)
      .regex(/^[A-Za-z_][A-Za-z0-9_]*$/, 'must be the name of a field'),
  )
  .max(mostListed)

const graphql = closedObject({
  queries: fields.optional(),
  mutations: fields.optional(),
  subscriptions: fields.optional(),
})

const grpcMethod = z
  .string()
  .max(512)
  .regex(
    /^[A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z_][A-Za-z0-9_]*)*\/(?:\*|[A-Za-z_][A-Za-z0-9_]*)$/,
    'must be `package.Service/Method` or `package.Service/*`',
  )

const kinds = ['json', 'form', 'multipart', 'graphql', 'grpc'] as const

/** Schema of `AllowRule.body`. */
export const bodySchema: z.ZodType<BodyRule> = closedObject({
  json: json.optional(),
  form: z.record(text(256), values).optional(),
  multipart: z.record(partName, part).optional(),
  graphql: graphql.optional(),
  grpc: z.array(grpcMethod).min(1, 'must name a method').max(mostListed).optional(),
  maxBytes: whole(0, Number.MAX_SAFE_INTEGER).optional(),
} satisfies Record<keyof BodyRule, z.ZodType>).superRefine((rule, context) => {
  if (kinds.every((kind) => rule[kind] === undefined))
    context.addIssue(`must name a kind of body: ${kinds.map((kind) => `\`${kind}\``).join(', ')}`)
})
