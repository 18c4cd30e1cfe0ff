import { SandboxError, type SessionEnd } from '@caisson/core'
import debug from 'debug'
import type { Duplex } from 'node:stream'
import { deferred } from './deferred.ts'
import { encodeHeader, type FrameHeader } from './frame.ts'
import { FrameParser } from './frame-parser.ts'
import { bound } from './protocol.ts'
import { endedError } from './protocol-error.ts'
import { StreamTable, type StreamReceiver } from './stream-table.ts'

const log = debug('caisson:guest')

/** Called when the bytes were written, or with the error that prevented it. */
export type Written = (error?: Error) => void

/** Something that waits for the link to take bytes again. */
export interface Flushable {
  flush(): void
}

/**
 * The byte stream to init: frames out, frames in, and one end. Everything that arrives is handled while it is read; when the
 * handling throws, the session is over.
 */
export class GuestLink {
  readonly ended: Promise<SessionEnd>
  readonly #duplex: Duplex
  readonly #control: StreamReceiver
  readonly #streams = new StreamTable()
  readonly #parser: FrameParser
  readonly #deferred = new Set<Flushable>()
  readonly #waitingForDrain: (() => void)[] = []
  readonly #resolveEnded: (end: SessionEnd) => void
  #ending: { readonly end: SessionEnd; readonly error: SandboxError } | undefined
  #corked = false
  #closing = false

  constructor(duplex: Duplex, control: StreamReceiver) {
    const { promise, resolve } = deferred<SessionEnd>()
    this.ended = promise
    this.#resolveEnded = resolve
    this.#duplex = duplex
    this.#control = control
    this.#parser = new FrameParser({
      frame: (header, payload) => this.#dispatch(header).frame(header, payload),
      data: (header, piece) => this.#streams.data(header, piece),
    })
    duplex.on('data', (chunk: Buffer) => this.#receive(chunk))
    duplex.on('error', (error: Error) => this.#lose(error.message))
    duplex.on('end', () => this.#lose('init closed the link'))
    duplex.on('close', () => this.#lose('the link was closed'))
    duplex.on('drain', () => this.#drained())
  }

  /** Why the session is over, or `undefined` while it lives. */
  get over(): SandboxError | undefined {
    return this.#ending?.error
  }

  /** Whether the host has begun to close the session. */
  get closing(): boolean {
    return this.#closing
  }

  /** Whether bytes wait that the kernel has not taken. */
  get backedUp(): boolean {
    return this.#duplex.writableNeedDrain
  }

  /** Opens a stream and sends its first frame. Throws when the session is over. */
  open(receiver: StreamReceiver): number {
    this.assertLive()
    return this.#streams.add(receiver)
  }

  assertLive(): void {
    if (this.#ending !== undefined) throw endedError(this.#ending.end.detail, this.#ending.error)
    if (this.#closing) throw endedError('it was closed')
  }

  isOpenStream(id: number): boolean {
    return this.#ending === undefined && this.#streams.has(id)
  }

  /** Who holds an open stream. */
  receiver(id: number): StreamReceiver | undefined {
    return this.#streams.receiver(id)
  }

  remove(id: number): void {
    this.#streams.remove(id)
  }

  retire(id: number, credit: number): void {
    this.#streams.retire(id, credit)
  }

  /** Queues one frame. `parts` must stay as they are until `written`. Nothing happens once the session is over. */
  send(header: FrameHeader, parts: readonly Uint8Array[], written?: Written): void {
    if (this.#ending !== undefined) {
      written?.(this.#ending.error)
      return
    }
    const length = parts.reduce((sum, part) => sum + part.length, 0)
    if (length > bound.FRAME_PAYLOAD_MAX) throw new RangeError(`a frame of ${length} bytes`)
    this.#cork()
    const filled = parts.filter((part) => part.length > 0)
    const last = filled.pop()
    const done =
      written === undefined
        ? undefined
        : (error?: Error | null) => (error ? written(this.over ?? error) : written())
    const head = encodeHeader(header, length)
    if (last === undefined) return void this.#duplex.write(head, done)
    this.#duplex.write(head)
    for (const part of filled) this.#duplex.write(part)
    this.#duplex.write(last, done)
  }

  /** Calls `flush` once when the link takes bytes again. */
  flushOnDrain(waiting: Flushable): void {
    this.#deferred.add(waiting)
  }

  /** Resolves when the link takes bytes; rejects when the session is over. */
  async ready(): Promise<void> {
    this.assertLive()
    if (this.backedUp) await new Promise<void>((resolve) => this.#waitingForDrain.push(resolve))
    this.assertLive()
  }

  /** Ends the session because of what the inside, or a listener, did. */
  fail(error: unknown): void {
    const known = SandboxError.is(error) ? error : endedError('the host failed', error)
    const reason = known.code === 'PROTOCOL' ? 'protocol' : 'killed'
    this.#finish({ reason, detail: known.message }, known)
  }

  /** From here on, the end of the link is what was asked for. */
  beginClose(): void {
    this.#closing = true
  }

  /** Ends the session at once. */
  destroy(): void {
    this.#lose('the link was closed')
  }

  #dispatch(header: FrameHeader): Pick<StreamReceiver, 'frame'> {
    return header.stream === 0 ? this.#control : this.#streams
  }

  #receive(chunk: Buffer): void {
    if (this.#ending !== undefined) return
    try {
      this.#parser.push(chunk)
    } catch (error) {
      this.fail(error)
    }
  }

  #lose(detail: string): void {
    const end: SessionEnd = this.#closing
      ? { reason: 'closed', detail: 'the sandbox was closed' }
      : { reason: 'link-lost', detail }
    this.#finish(end, endedError(end.detail))
  }

  #finish(end: SessionEnd, error: SandboxError): void {
    if (this.#ending !== undefined) return
    this.#ending = { end, error }
    log('the session ended (%s): %s', end.reason, end.detail)
    this.#duplex.destroy()
    this.#deferred.clear()
    this.#streams.clear(error)
    this.#control.lost(error)
    for (const resolve of this.#waitingForDrain.splice(0)) resolve()
    this.#resolveEnded(end)
  }

  #cork(): void {
    // Frames of one turn leave in one system call.
    if (this.#corked) return
    this.#corked = true
    this.#duplex.cork()
    process.nextTick(() => {
      this.#corked = false
      this.#duplex.uncork()
    })
  }

  #drained(): void {
    const deferred = Array.from(this.#deferred)
    // Emptied first: a flush that backs the link up again puts the rest back.
    this.#deferred.clear()
    for (const waiting of deferred) waiting.flush()
    for (const resolve of this.#waitingForDrain.splice(0)) resolve()
  }
}
