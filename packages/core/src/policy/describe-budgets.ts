import type { Budgets } from './types.ts'

/** What may leave in all, in words; the proxy's own bounds hold where nothing is said. */
export function describeBudgets(budgets: Budgets): readonly string[] {
  const window = budgets.windowMs === undefined ? 'window' : `${budgets.windowMs} ms`
  const words: readonly (readonly [number | undefined, string])[] = [
    [budgets.bytesPerRequest, 'bytes for each request'],
    [budgets.bytesPerWindow, `bytes in each ${window}`],
    [budgets.bytesTotal, 'bytes in all'],
    [budgets.urlBytesPerWindow, `bytes of paths and queries for each host in each ${window}`],
    [budgets.requestsPerSecond, 'requests a second'],
    [budgets.openTunnels, 'open tunnels'],
    [budgets.distinctNames, 'different host names'],
  ]
  const told = words.flatMap(([bound, text]) => (bound === undefined ? [] : `${bound} ${text}`))
  return told.length === 0 ? [] : [`At most this may leave: ${told.join('; ')}.`]
}
