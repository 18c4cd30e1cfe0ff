import type { EgressAlarm, EgressDecision } from '@caisson/core'

/** Whom the host application wants told, while the proxy runs. */
export class Listeners {
  readonly decision: Set<(decision: EgressDecision) => void> = new Set()
  readonly alarm: Set<(alarm: EgressAlarm) => void> = new Set()

  /** Returns what takes the listener away again. One that is added twice is told twice. */
  add(name: 'decision' | 'alarm', listener: (told: never) => void): () => void {
    return name === 'decision' ? added(this.decision, listener) : added(this.alarm, listener)
  }

  clear(): void {
    this.decision.clear()
    this.alarm.clear()
  }
}

function added<T>(to: Set<(told: T) => void>, listener: (told: T) => void): () => void {
  const entry = (told: T): void => listener(told)
  to.add(entry)
  return () => void to.delete(entry)
}
