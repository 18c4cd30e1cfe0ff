import { z } from 'zod'
import { closedObject } from './closed-object.ts'
import { credentialId, credentialSchema } from './credential-schema.ts'
import { filesystemSchema } from './filesystem-schema.ts'
import { networkSchema } from './network-schema.ts'
import { processSchema } from './process-schema.ts'
import { resourceSchema } from './resource-schema.ts'
import type { Policy } from './types.ts'
import { variableName } from './values.ts'

/** Longest single string that execve(2) takes (MAX_ARG_STRLEN), less the name. */
const maxValueLength = 65_536

const value = z
  .string()
  .max(maxValueLength, `must not be longer than ${maxValueLength} characters`)
  .refine((one) => !one.includes('\0'), 'may not contain NUL')

/** Every rule that speaks in somebody's name must name a credential that exists. */
function checkIdentities(policy: Policy, context: z.RefinementCtx<Policy>): void {
  const known = ['anonymous', 'guest', ...Object.keys(policy.credentials ?? {})]
  const message = `names no credential; known: ${known.join(', ')}`
  for (const list of ['allow', 'ask'] as const) {
    for (const [index, rule] of (policy.network?.[list] ?? []).entries()) {
      if (typeof rule === 'string' || rule.identity === undefined) continue
      if (known.includes(rule.identity)) continue
      context.addIssue({ code: 'custom', path: ['network', list, index, 'identity'], message })
    }
  }
}

/** Schema of a whole policy. */
export const policySchema: z.ZodType<Policy> = closedObject({
  filesystem: filesystemSchema.optional(),
  network: networkSchema.optional(),
  credentials: z.record(credentialId, credentialSchema).optional(),
  environment: z.record(variableName, value).optional(),
  resources: resourceSchema.optional(),
  process: processSchema.optional(),
} satisfies Record<keyof Policy, z.ZodType>).superRefine(checkIdentities)
