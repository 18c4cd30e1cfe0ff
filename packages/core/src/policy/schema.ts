import { z } from 'zod'
import { closedObject } from './closed-object.ts'
import { credentialId, credentialSchema } from './credential-schema.ts'
import { exposeFaults } from './exposed-variables.ts'
import { filesystemSchema } from './filesystem-schema.ts'
import { networkSchema } from './network-schema.ts'
import { processSchema } from './process-schema.ts'
import { resourceSchema } from './resource-schema.ts'
import type { AllowRule, Policy } from './types.ts'
import { variableName } from './values.ts'

/** Longest single string that execve(2) takes (MAX_ARG_STRLEN), less the name. */
const maxValueLength = 65_536

const value = z
  .string()
  .max(maxValueLength, `must not be longer than ${maxValueLength} characters`)
  .refine((one) => !one.includes('\0'), 'may not contain NUL')

/** Most ids that an error repeats. */
const maxToldIds = 16

/** Most credentials of one policy. */
const maxCredentials = 256

/** What is wrong with a rule in this name; a credential is only ever put into what the proxy reads. */
function identityFault(rule: AllowRule, ids: readonly string[]): string | undefined {
  const { identity, tunnel, protocol } = rule
  if (identity === undefined || identity === 'anonymous' || identity === 'guest') return undefined
  if (!ids.includes(identity)) {
    const told = ['anonymous', 'guest', ...ids.slice(0, maxToldIds)].join(', ')
    return `names no credential; known: ${told}${ids.length > maxToldIds ? ' …' : ''}`
  }
  return tunnel === true || (protocol !== undefined && protocol !== 'https')
    ? 'cannot be a credential where the proxy does not read HTTPS: nothing could be added'
    : undefined
}

/** Every rule that speaks in somebody's name must name a credential that exists. */
function checkIdentities(policy: Policy, context: z.RefinementCtx<Policy>): void {
  const ids = Object.keys(policy.credentials ?? {})
  for (const list of ['allow', 'ask'] as const) {
    for (const [index, rule] of (policy.network?.[list] ?? []).entries()) {
      const message = typeof rule === 'string' ? undefined : identityFault(rule, ids)
      if (message === undefined) continue
      context.addIssue({ code: 'custom', path: ['network', list, index, 'identity'], message })
    }
  }
}

function checkExposed(policy: Policy, context: z.RefinementCtx<Policy>): void {
  for (const fault of exposeFaults(policy)) context.addIssue({ code: 'custom', ...fault })
}

/** Schema of a whole policy. */
export const policySchema: z.ZodType<Policy> = closedObject({
  filesystem: filesystemSchema.optional(),
  network: networkSchema.optional(),
  credentials: z
    .record(credentialId, credentialSchema)
    .refine(
      (all) => Object.keys(all).length <= maxCredentials,
      `cannot be more than ${maxCredentials}`,
    )
    .optional(),
  environment: z.record(variableName, value).optional(),
  resources: resourceSchema.optional(),
  process: processSchema.optional(),
} satisfies Record<keyof Policy, z.ZodType>)
  .superRefine(checkIdentities)
  .superRefine(checkExposed)
