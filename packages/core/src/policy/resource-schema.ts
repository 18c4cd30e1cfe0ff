import { z } from 'zod'
import { closedObject } from './closed-object.ts'
import type { ResourcePolicy } from './types.ts'
import { whole } from './values.ts'

const maxMiB = 16 * 1024 * 1024
/** The longest delay that a timer of Node takes. */
const maxTimerMs = 2_147_483_647
const cpuMessage = 'must be a number from 0.01 to 1024'

/** Schema of `resources`. The lower bounds are what a sandbox needs to start at all. */
export const resourceSchema: z.ZodType<ResourcePolicy> = closedObject({
  cpus: z.number(cpuMessage).min(0.01, cpuMessage).max(1024, cpuMessage).optional(),
  memoryMiB: whole(16, maxMiB).optional(),
  pids: whole(8, 4_194_304).optional(),
  diskMiB: whole(1, maxMiB).optional(),
  openFiles: whole(16, 1_048_576).optional(),
  wallTimeMs: whole(1, maxTimerMs).optional(),
  outputBytes: whole(1, Number.MAX_SAFE_INTEGER).optional(),
} satisfies Record<keyof ResourcePolicy, z.ZodType>)
