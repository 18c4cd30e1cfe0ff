import type { DriverSession } from '../driver.ts'
import type { EgressPeer } from '../egress.ts'
import type { ProcessTable } from './process-table.ts'

/** A request waits for this answer, so it may not take long. */
const patienceMs = 250

async function ask(
  session: DriverSession,
  processes: ProcessTable,
  peer: EgressPeer,
): Promise<string | null> {
  const pid = await session.ownerOf(peer)
  if (pid === null) return null
  const known = processes.idOf(pid)
  if (known !== null) return known
  // A command may connect before its start was told; that news came with, or before, this answer.
  await new Promise<void>((resolve) => {
    setImmediate(resolve)
  })
  return processes.idOf(pid)
}

/**
 * Which command holds this end of a connection, whether it still runs or not; `null` when that cannot be
 * told soon. Never rejects.
 */
export async function ownerId(
  session: DriverSession,
  processes: ProcessTable,
  peer: EgressPeer,
): Promise<string | null> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<null>((resolve) => {
    timer = setTimeout(() => resolve(null), patienceMs)
  })
  try {
    return await Promise.race([ask(session, processes, peer), late])
  } catch {
    // A driver whose link is cut rejects, against its contract: then nobody knows.
    return null
  } finally {
    clearTimeout(timer)
  }
}
