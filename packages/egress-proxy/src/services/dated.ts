/**
 * When the rules of `services` were last held against what they are about: the libraries of vendors, and the
 * tools that ask registries. It stands in the `reason`
 * of every rule, so that a policy says by itself how old its knowledge is.
 */
export const servicesAsOf: string = '2026-11'

/** The `reason` of a rule. */
export function dated(what: string): string {
  return `${what} (as of ${servicesAsOf})`
}
