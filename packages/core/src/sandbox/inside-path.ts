import type { SandboxPlan } from '../plan/types.ts'

/** PATH_MAX of Linux without its final NUL. */
const longestPathBytes = 4095

/**
 * A path as the sandbox names it, made absolute. `..` is left to the sandbox's kernel, which knows
 * what is a link and what is not.
 */
export function resolveInside(plan: SandboxPlan, path: string): string {
  if (typeof path !== 'string' || path === '' || path.includes('\0'))
    throw new TypeError(`not a path: ${JSON.stringify(path)}`)
  const absolute = path.startsWith('/')
    ? path
    : `${plan.workingDirectory === '/' ? '' : plan.workingDirectory}/${path}`
  if (Buffer.byteLength(absolute) > longestPathBytes)
    throw new TypeError(`a path has at most ${longestPathBytes} bytes`)
  return absolute
}
