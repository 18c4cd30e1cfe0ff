import { spawnSync } from 'node:child_process'

/** Where programs are found inside: what is installed elsewhere, below a home for instance, is not shown. */
const sandboxPath = '/usr/local/bin:/usr/bin:/bin'

/**
 * A clause for the title of a suite that cannot run here, or nothing. Programs are asked themselves, as a
 * name on PATH may lead to what is not there.
 */
export function whyNot(program: string, ...args: string[]): string {
  if (process.platform !== 'linux') return ' (skipped: bubblewrap needs Linux)'
  const env = { PATH: sandboxPath, HOME: '/nonexistent' }
  const { status } = spawnSync(program, args, { env, cwd: '/', stdio: 'ignore' })
  return status === 0 ? '' : ` (skipped: ${[program, ...args].join(' ')} does not run here)`
}
