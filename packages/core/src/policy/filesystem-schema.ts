import { z } from 'zod'
import { globFault } from '../plan/glob.ts'
import { closedObject } from './closed-object.ts'
import type { FilesystemPolicy, Mount } from './types.ts'
import { text, whole } from './values.ts'

/** Longest path that Linux takes, without its NUL (PATH_MAX in limits.h). */
const maxPathLength = 4095
const maxMounts = 512
const maxGlobs = 512
const maxMiB = 16 * 1024 * 1024

/** Says what is wrong with the path of a target, or nothing. */
function targetFault(path: string): string | undefined {
  if (!path.startsWith('/')) return 'must be an absolute path inside the sandbox'
  if (path === '/') return 'may not be `/`; name a folder below it'
  const odd = path
    .slice(1)
    .split('/')
    .find((one) => one === '' || one === '.' || one === '..')
  return odd === undefined ? undefined : 'must be written without `.`, `..`, `//` or a final `/`'
}

const source = text(maxPathLength).refine((path) => !path.startsWith('~'), {
  error: '`~` is not expanded; write the path out, for instance with os.homedir()',
})

const target = text(maxPathLength).superRefine((path, context) => {
  const fault = targetFault(path)
  if (fault !== undefined) context.addIssue(fault)
})

const glob = z.string().superRefine((value, context) => {
  const fault = globFault(value)
  if (fault !== undefined) context.addIssue(fault)
})

const mountSchema: z.ZodType<Mount> = closedObject({
  source,
  target: target.optional(),
  access: z.enum(['read', 'write', 'overlay']),
} satisfies Record<keyof Mount, z.ZodType>)

const systemSchema = z.union(
  [z.enum(['host', 'none']), closedObject({ image: text(1024) })],
  'must be `"host"`, `"none"` or `{ image }`',
)

/** Schema of `filesystem`. */
export const filesystemSchema: z.ZodType<FilesystemPolicy> = closedObject({
  system: systemSchema.optional(),
  mounts: z.array(mountSchema).max(maxMounts).optional(),
  deny: z.array(glob).max(maxGlobs).optional(),
  protect: z.array(glob).max(maxGlobs).optional(),
  protectDefaults: z.boolean().optional(),
  tmpMiB: whole(1, maxMiB).optional(),
} satisfies Record<keyof FilesystemPolicy, z.ZodType>)
