import { type Policy, SandboxError } from '@caisson/core'
import { exposedBy } from './dummy.ts'

/**
 * Holds each variable inside to one meaning: the last to set it would win, and a program would send one
 * credential's dummy where another's belongs.
 *
 * @throws SandboxError `POLICY_INVALID`
 */
export function checkExposed({ environment = {}, credentials = {}, network }: Policy): void {
  const owners = new Map(Object.keys(environment).map((name) => [name, 'environment']))
  const claim = (name: string, owner: string): void => {
    const other = owners.get(name)
    if (other !== undefined)
      throw new SandboxError('POLICY_INVALID', `${owner}.expose: ${name} is set by ${other} too`, {
        hint: 'expose each under a variable of its own',
      })
    owners.set(name, owner)
  }
  for (const [id, credential] of Object.entries(credentials))
    for (const name of exposedBy(credential)) claim(name, `credentials.${id}`)
  for (const [name, { expose }] of Object.entries(network?.canaries ?? {}))
    if (expose !== undefined) claim(expose, `network.canaries.${name}`)
}
