import type { EgressPeer } from '@caisson/core'

/** Finds the command behind a connection. */
export type Locate = (peer: EgressPeer) => Promise<string | null>

const mostAtOnce = 16
const longestMs = 250

/**
 * Bounds on looking for who asked, because the client waits for it: what takes too long, fails, or comes
 * in a flood of its own making is attributed to nobody.
 */
export function boundedLocate(locate: Locate): Locate {
  let running = 0
  return async (peer) => {
    if (running >= mostAtOnce) return null
    running += 1
    let timer: NodeJS.Timeout | undefined
    const late = new Promise<null>((resolve) => {
      timer = setTimeout(() => resolve(null), longestMs)
    })
    try {
      return await Promise.race([locate(peer), late])
    } catch {
      return null
    } finally {
      clearTimeout(timer)
      running -= 1
    }
  }
}
