import { isReservedVariable } from '../plan/reserved-variables.ts'
import type { Policy } from './types.ts'

/** A variable that the policy has made up inside. */
export interface ExposedVariable {
  readonly name: string
  /** The clause that names it. */
  readonly path: readonly string[]
}

/** Every variable that gets a dummy or a canary, in the order of the policy. */
function exposedVariables({ credentials = {}, network = {} }: Policy): readonly ExposedVariable[] {
  const dummies = Object.entries(credentials).flatMap(([id, { carrier, expose }]) => {
    const path = ['credentials', id, 'expose']
    if (expose === undefined) return []
    const named = [{ name: expose, path }]
    return 'sigv4' in carrier ? [...named, { name: 'AWS_SECRET_ACCESS_KEY', path }] : named
  })
  const canaries = Object.entries(network.canaries ?? {}).flatMap(([id, { expose }]) =>
    expose === undefined ? [] : [{ name: expose, path: ['network', 'canaries', id, 'expose'] }],
  )
  return [...dummies, ...canaries]
}

/** A fault of a policy that is not of one clause alone. */
export interface ClauseFault {
  readonly path: (string | number)[]
  readonly message: string
}

/** Variables that are set twice, or that mean something to the sandbox itself. */
export function exposeFaults(policy: Policy): readonly ClauseFault[] {
  const explicit = policy.environment ?? {}
  const taken = new Set<string>()
  return exposedVariables(policy).flatMap(({ name, path }): readonly ClauseFault[] => {
    const isTwice = taken.has(name)
    taken.add(name)
    if (isReservedVariable(name))
      return [
        {
          path: [...path],
          message: `\`${name}\` means something to programs; choose another name`,
        },
      ]
    if (Object.hasOwn(explicit, name))
      return [
        { path: [...path], message: `\`${name}\` is set in \`environment\` as well; set it once` },
      ]
    return isTwice
      ? [{ path: [...path], message: `\`${name}\` is exposed by another clause as well` }]
      : []
  })
}
