import type { Policy } from '../policy/types.ts'
import { planFault } from './plan-fault.ts'
import { isReservedVariable } from './reserved-variables.ts'

/**
 * Refuses variables of the way out that would hide another one, or be hidden. `parsePolicy` has looked at
 * the names of the policy; a gateway may make others of them, and answers to nobody else.
 *
 * @throws SandboxError `POLICY_INVALID`
 */
export function checkPlanted(
  planted: Readonly<Record<string, string>>,
  environment: Policy['environment'] = {},
): void {
  for (const name of Object.keys(planted)) {
    if (isReservedVariable(name) || !/^[A-Za-z_][A-Za-z0-9_]*$/.test(name))
      throw planFault(
        'credentials',
        `the way out sets a variable ${JSON.stringify(name.slice(0, 64))}, which means something else`,
        'expose the credential or the canary by another name',
      )
    if (Object.hasOwn(environment, name))
      throw planFault(
        `environment.${name}`,
        'a credential or a canary is exposed by this name as well',
        'set it once',
      )
  }
}
