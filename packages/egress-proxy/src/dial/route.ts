import type { Destination } from './dial.ts'
import type { Endpoint } from './endpoint.ts'
import type { FixedEndpoints } from './hosts.ts'
import type { Parent } from './parent.ts'

/** How a destination is reached. */
export type Route =
  | { readonly kind: 'fixed'; readonly endpoint: Endpoint }
  | { readonly kind: 'parent'; readonly parent: Parent }
  | { readonly kind: 'direct' }

/** What routes are chosen from. */
export interface Routing {
  readonly fixed: FixedEndpoints
  readonly parent: Parent | null
}

/** The host application's exceptions first, then the parent proxy, unless it exempts the host. */
export function chooseRoute({ host, port }: Destination, { fixed, parent }: Routing): Route {
  const endpoint = fixed(host, port)
  if (endpoint !== null) return { kind: 'fixed', endpoint }
  if (parent !== null && !parent.isExempt(host)) return { kind: 'parent', parent }
  return { kind: 'direct' }
}
