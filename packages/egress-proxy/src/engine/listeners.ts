import type { EgressAlarm, EgressDecision } from '@caisson/core'

/** Whom the host application wants told, while the proxy runs. */
export class Listeners {
  readonly decision: Set<(decision: EgressDecision) => void> = new Set()
  readonly alarm: Set<(alarm: EgressAlarm) => void> = new Set()

  /** Returns what takes the listener away again. One that is added twice is told twice. */
  add(name: 'decision' | 'alarm', listener: (told: never) => void): () => void {
    const entry = (told: unknown): void => listener(told as never)
    this[name].add(entry)
    return () => void this[name].delete(entry)
  }

  clear(): void {
    this.decision.clear()
    this.alarm.clear()
  }
}
