import { z } from 'zod'
import { closedObject } from './closed-object.ts'
import type { ProcessPolicy } from './types.ts'
import { whole } from './values.ts'

/** The last user id that is not reserved: 2^32 - 1 means "no change" to chown(2). */
const maxUserId = 4_294_967_294

/** Labels of letters, digits and inner hyphens, 64 bytes in all (HOST_NAME_MAX, sethostname(2)). */
const hostname = z
  .string()
  .max(64, 'must not be longer than 64 characters')
  .regex(
    /^[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?)*$/,
    {
      error: 'must be made of letters, digits, inner hyphens and dots',
    },
  )

/** Schema of `process`. */
export const processSchema: z.ZodType<ProcessPolicy> = closedObject({
  user: z
    .union([z.literal('caller'), whole(0, maxUserId)], 'must be `"caller"` or a user id')
    .optional(),
  hostname: hostname.optional(),
  unixSockets: z.boolean().optional(),
  allowNestedNamespaces: z
    .literal(false, { error: 'can only be `false`: nested user namespaces stay refused' })
    .optional(),
} satisfies Record<keyof ProcessPolicy, z.ZodType>)
