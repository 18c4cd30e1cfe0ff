import { SandboxError } from '@caisson/core'
import type { ChildProcess, SendHandle } from 'node:child_process'
import { fromFailure } from './failure.ts'
import { reportSchema } from './message-schemas.ts'
import type { Order, Report } from './messages.ts'
import { Pending } from './pending.ts'

/** An order that is answered, before it has a number. */
export type Question = Order extends infer Each
  ? Each extends { readonly kind: 'heard' | 'answer' | 'unanswered' }
    ? never
    : Omit<Each, 'id'>
  : never

/** How an order is sent. */
export interface AskOptions {
  readonly ms: number
  /** A socket that goes along. */
  readonly handle?: SendHandle | undefined
}

/** What the other process says by itself. */
export type Said = Extract<Report, { kind: 'told' | 'call' | 'abort' }>

/**
 * The host's end of the channel to a proxy's process. Whatever is out of order there (a message that is
 * none, a handle, an answer to nothing, an answer that does not come in time) ends that process: without
 * it there is no way out.
 */
export class ChildLink {
  /** Resolves, with how it ended, when the process is no more. */
  readonly gone: Promise<string>
  readonly #child: ChildProcess
  readonly #pending = new Pending<unknown>()
  readonly #onSaid: (said: Said) => void
  #why: string | null = null
  #isGone = false

  constructor(child: ChildProcess, onSaid: (said: Said) => void) {
    this.#child = child
    this.#onSaid = onSaid
    child.on('message', (message: unknown, handle: unknown) => this.#take(message, handle))
    this.gone = new Promise((resolve) => {
      const finish = (how: string): void => {
        if (this.#isGone) return
        this.#isGone = true
        const detail = this.#why ?? how
        this.#pending.failAll(() => ended(detail))
        resolve(detail)
      }
      child.once('exit', (code, signal) => finish(`its process ended (${signal ?? String(code)})`))
      child.on('error', (error) => {
        // One that could not be started never exits.
        if (child.pid === undefined) finish(`its process could not be started: ${error.message}`)
      })
    })
    // The process is gone, or nobody can tell it anything any more; how it ends says which.
    child.once('disconnect', () => child.kill('SIGKILL'))
  }

  /** Asks for something. Rejects with what the other side threw, or because there is none any more. */
  async ask(question: Question, { ms, handle }: AskOptions): Promise<unknown> {
    if (this.#isGone || this.#why !== null) throw ended(this.#why ?? 'its process ended')
    const late = (): Error => {
      this.kill(`its process did not answer to ${question.kind} in time`)
      return ended(this.#why ?? '')
    }
    return this.#pending.ask((id) => this.#send({ ...question, id }, handle), ms, late)
  }

  /** Says something that is not answered. */
  say(order: Extract<Order, { kind: 'heard' | 'answer' | 'unanswered' }>): void {
    this.#send(order, undefined)
  }

  /** Ends the process at once. The first reason is the one that is told. */
  kill(why: string): void {
    this.#why ??= why
    this.#child.kill('SIGKILL')
  }

  #send(order: Order, handle: SendHandle | undefined): void {
    if (!this.#child.connected) return this.kill('its process closed the channel')
    this.#child.send(order, handle, {}, (error) => {
      if (error !== null) this.kill(`its process could not be told (${error.message})`)
    })
  }

  #take(message: unknown, handle: unknown): void {
    if (this.#why !== null) return
    const { success, data } = reportSchema.safeParse(message)
    if (!success || handle !== undefined) {
      release(handle)
      return this.kill('its process said something that it may not')
    }
    if (data.kind === 'done' || data.kind === 'failed') this.#answer(data)
    else this.#onSaid(data)
  }

  #answer(report: Extract<Report, { kind: 'done' | 'failed' }>): void {
    const isAwaited =
      report.kind === 'done'
        ? this.#pending.answer(report.id, report.value)
        : this.#pending.fail(report.id, fromFailure(report.failure))
    if (!isAwaited) this.kill('its process answered what it was not asked')
  }
}

/** A handle that nobody wants is closed, not kept. */
function release(handle: unknown): void {
  if (typeof handle !== 'object' || handle === null) return
  if ('destroy' in handle && typeof handle.destroy === 'function') handle.destroy()
  else if ('close' in handle && typeof handle.close === 'function') handle.close()
}

function ended(detail: string): SandboxError {
  return new SandboxError('SANDBOX_ENDED', `the egress proxy is gone: ${detail}`)
}
