import type { SessionNotice } from '@caisson/core'

const noticesMost = 1000

/**
 * What the inside has to tell, up to a bound, each thing once: something inside can make as many notices as it likes, and the
 * receiver may keep them.
 */
export class Notices {
  readonly #tell: (notice: SessionNotice) => void
  readonly #told = new Set<string>()

  constructor(tell: (notice: SessionNotice) => void) {
    this.#tell = tell
  }

  tell(notice: SessionNotice): void {
    if (this.#told.size > noticesMost) return
    const key = JSON.stringify(notice)
    if (this.#told.has(key)) return
    this.#told.add(key)
    const last = this.#told.size > noticesMost
    this.#tell(last ? { kind: 'log', message: 'too many notices: the rest is left out' } : notice)
  }
}
