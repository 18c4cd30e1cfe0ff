import { z } from 'zod'
import { closedObject } from './closed-object.ts'
import { oneKind } from './one-kind.ts'
import type { SecretReference } from './types.ts'
import { text, variableName, whole } from './values.ts'

/** Longest time that a timer of Node takes. */
const maxTimerMs = 2_147_483_647

/** Longest path that Linux takes (PATH_MAX), less its end. */
const maxPathLength = 4095

const ttlMs = whole(1, maxTimerMs).optional()

/** Schema of a text that is read on the host. */
export const secretSchema: z.ZodType<SecretReference> = oneKind<SecretReference>({
  env: closedObject({ env: variableName, ttlMs }),
  file: closedObject({ file: text(maxPathLength), ttlMs }),
  command: closedObject({
    command: z.array(text(4096)).min(1, 'must name a program').max(256),
    ttlMs,
  }),
  static: closedObject({ static: text(65_536), ttlMs }),
  provider: closedObject({ provider: text(128), ttlMs }),
})
