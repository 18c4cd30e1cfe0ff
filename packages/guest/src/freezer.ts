import { SandboxError } from '@caisson/core'
import { Reader } from './decode.ts'
import { deferred, type Deferred } from './deferred.ts'
import { Writer } from './encode.ts'
import { errno, errnoName } from './errno.ts'
import type { GuestLink } from './link.ts'
import { frameType } from './protocol.ts'
import { fileError, protocolError } from './protocol-error.ts'

// init gives up after 2 s by itself; an init that does not answer at all is not an honest one.
const answerMs = 15_000

/** Stops and continues every process inside. One at a time: a second caller waits for the first. */
export class Freezer {
  readonly #link: GuestLink
  #last: Promise<unknown> = Promise.resolve()
  #token = 0
  #awaited: { readonly token: number; readonly answer: Deferred<number> } | undefined

  constructor(link: GuestLink) {
    this.#link = link
  }

  /** Does `work` while nothing inside runs. */
  async frozen<T>(work: () => Promise<T>): Promise<T> {
    const before = this.#last
    const turn = deferred<void>()
    this.#last = turn.promise
    await before
    try {
      return await this.#whileFrozen(work)
    } finally {
      turn.resolve()
    }
  }

  /** The payload of FROZEN. */
  answered(payload: Buffer): void {
    const reader = new Reader(payload)
    const awaited = this.#awaited
    if (awaited === undefined || reader.u32() !== awaited.token) {
      throw protocolError('FROZEN that answers no FREEZE')
    }
    this.#awaited = undefined
    awaited.answer.resolve(reader.u32())
  }

  lost(error: SandboxError): void {
    this.#awaited?.answer.reject(error)
  }

  async #whileFrozen<T>(work: () => Promise<T>): Promise<T> {
    this.#link.assertLive()
    this.#token = (this.#token + 1) % 0x1_0000_0000
    const token = this.#token
    const number = await this.#freeze(token)
    if (number === errno.ETIMEDOUT) throw notAll()
    if (number !== 0) throw fileError(errnoName(number), 'stopping every process')
    try {
      return await work()
    } finally {
      this.#send(frameType.THAW, token)
    }
  }

  async #freeze(token: number): Promise<number> {
    const answer = deferred<number>()
    this.#awaited = { token, answer }
    const timer = setTimeout(
      () => this.#link.fail(protocolError(`no answer to FREEZE in ${answerMs} ms`)),
      answerMs,
    )
    this.#send(frameType.FREEZE, token)
    try {
      return await answer.promise
    } finally {
      clearTimeout(timer)
    }
  }

  #send(type: number, token: number): void {
    this.#link.send({ type, flags: 0, stream: 0 }, [new Writer(4).u32(token).finish()])
  }
}

function notAll(): SandboxError {
  return new SandboxError('TIMEOUT', 'not every process inside could be stopped', {
    retryable: true,
    hint: 'a process may be waiting in the kernel; try again, or end it',
  })
}
