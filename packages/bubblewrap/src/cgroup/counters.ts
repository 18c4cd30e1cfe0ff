/** How often the limits of a cgroup were hit since it was made. */
export interface LimitCounters {
  readonly memory: number
  readonly pids: number
}

/** The number after a word in the text of `memory.events`, `memory.oom_control` or `pids.events`. */
export function counterIn(text: string, word: string): number {
  const [, digits] = new RegExp(`^${word} (\\d+)$`, 'm').exec(text) ?? []
  return digits === undefined ? 0 : Number(digits)
}

/** Limits that were hit between two looks. */
export function limitsBetween(before: LimitCounters, after: LimitCounters): ('memory' | 'pids')[] {
  const hit: ('memory' | 'pids')[] = []
  if (after.memory > before.memory) hit.push('memory')
  if (after.pids > before.pids) hit.push('pids')
  return hit
}
