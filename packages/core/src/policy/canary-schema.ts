import { z } from 'zod'
import { closedObject } from './closed-object.ts'
import type { Canary } from './types.ts'
import { variableName } from './values.ts'

/** What a canary lacks to be found, or holds in vain. */
function canaryFault({ value, expose, like }: Canary): string | undefined {
  if (value === undefined && expose === undefined)
    return 'must hold `value`, which the host application plants, or `expose`, a variable that gets one'
  if (value !== undefined && like !== undefined)
    return 'can hold only one of `value` and `like`: what is given need not be made up'
  return undefined
}

/** Schema of one canary. */
export const canarySchema: z.ZodType<Canary> = closedObject({
  // Shorter ones would be found in what is innocent.
  value: z
    .string()
    .regex(/^[ -~]{12,4096}$/, 'must be 12 to 4096 printable ASCII characters')
    .optional(),
  expose: variableName.optional(),
  like: z.enum(['token', 'aws-access-key', 'github-token', 'anthropic-key']).optional(),
} satisfies Record<keyof Canary, z.ZodType>).superRefine((canary, context) => {
  const fault = canaryFault(canary)
  if (fault !== undefined) context.addIssue(fault)
})
