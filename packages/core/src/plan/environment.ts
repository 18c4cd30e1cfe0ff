import type { HostFacts } from './host-facts.ts'

/** Who the environment is for. */
export interface EnvironmentOf {
  readonly userName: string
  readonly home: string
  /** How programs find the way out, and trust it; dummies and canaries. Empty without one. */
  readonly wayOut: Readonly<Record<string, string>>
}

/** Programs of the system view only; nothing that the sandbox can write comes first. */
const sandboxPath = '/usr/local/bin:/usr/bin:/bin:/usr/local/sbin:/usr/sbin:/sbin'

/** A locale or terminal name; anything odd in the host's variables stays outside. */
function plainName(value: string | undefined, otherwise: string): string {
  return value !== undefined && /^[A-Za-z0-9._@+-]{1,64}$/.test(value) ? value : otherwise
}

/**
 * The variables of a sandbox: a fixed few, `LANG` and `TERM` of the host, those that lead to the way out,
 * and those of the policy, which win over all of them.
 */
export function planEnvironment(
  of: EnvironmentOf,
  facts: HostFacts,
  explicit: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> {
  return {
    HOME: of.home,
    LANG: plainName(facts.environment.LANG, 'C.UTF-8'),
    LOGNAME: of.userName,
    PATH: sandboxPath,
    SHELL: '/bin/sh',
    TERM: plainName(facts.environment.TERM, 'dumb'),
    TMPDIR: '/tmp',
    USER: of.userName,
    ...of.wayOut,
    ...explicit,
  }
}
