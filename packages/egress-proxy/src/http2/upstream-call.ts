import type { ClientHttp2Stream } from 'node:http2'
import type { Call, CallEvents } from '../exchange.ts'
import type { Body, OutgoingHead } from '../http-message.ts'
import type { ProxyLimits } from '../limits.ts'
import { BodySender, requestFailCode } from './body-sender.ts'
import { Http2Error, errorCode } from './error-code.ts'
import { addFields, emptySection, isGrpc, type Section } from './field-section.ts'
import { readResponseHead } from './response-head.ts'
import { StallWatch } from './stall.ts'
import { StreamBody } from './stream-body.ts'

/** What a call is made of. */
export interface CallParts {
  readonly stream: ClientHttp2Stream
  readonly body: Body | null
  /** The stream was opened with `waitForTrailers`. */
  readonly trailers: boolean
  readonly events: CallEvents
  readonly limits: ProxyLimits
  /** Whether the peer said that it will never handle the stream. */
  readonly isRefused: (id: number) => boolean
}

/** Interim answers that are borne; more of them is a flood. */
const interimAnswers = 32

/** END_STREAM, as node:http2 tells it with a header. */
const endStreamFlag = 0x1

/** One request on its way over an HTTP/2 connection. */
export class UpstreamCall implements Call {
  readonly #parts: CallParts
  readonly #watch: StallWatch
  #sender: BodySender | null = null
  #answer: StreamBody | null = null
  #settled = false
  #sentAt: number | null = null
  #interim = 0
  #failure: Http2Error | null = null
  #closed = false

  constructor(parts: CallParts) {
    this.#parts = parts
    this.#watch = new StallWatch({ idleMs: parts.limits.idleMs, bytesPerSecond: 0 })
    const { stream } = parts
    // The reset itself is told by `close`; without a listener the error would end the process.
    stream.on('error', () => undefined)
    stream.on('headers', (headers: { ':status'?: unknown }) =>
      this.#onInterim(Number(headers[':status'])),
    )
    stream.on('response', (_headers: unknown, ...told: [number, string[]]) => {
      this.#onResponse(told[0], told[1])
    })
    stream.on('close', () => this.#onClose())
    if (parts.body === null) this.#sentAt = performance.now()
    else if (stream.pending) stream.once('ready', () => this.#send(parts.body))
    else this.#send(parts.body)
  }

  /** Bytes of the two bodies so far. */
  get moved(): { received: number; sent: number } {
    return { received: this.#answer?.received ?? 0, sent: this.#sender?.sent ?? 0 }
  }

  abort(): void {
    this.#reset(new Http2Error('closed', 'the request was given up'), errorCode.cancel)
  }

  /** Resets the stream when the upstream holds it up. */
  sweep(now: number, tickMs: number): void {
    const { limits } = this.#parts
    const late = !this.#settled && this.#sentAt !== null && now - this.#sentAt > limits.responseMs
    const stalled = this.#watch.sweep({ body: this.#answer, sender: this.#sender }, now, tickMs)
    if (late || stalled) {
      this.#reset(new Http2Error('timeout', 'the upstream took too long'), errorCode.cancel)
    }
  }

  #send(body: Body | null): void {
    const { stream, trailers } = this.#parts
    if (body === null || this.#closed || stream.closed || stream.destroyed) return
    this.#sender = new BodySender(stream, body, { trailers, failCode: requestFailCode })
    this.#sender.start(() => {
      this.#sentAt = performance.now()
    })
  }

  #onInterim(status: number): void {
    if (this.#settled) return
    this.#interim += 1
    if (status === 101 || this.#interim > interimAnswers) {
      this.#reset(new Http2Error('malformed', 'an interim answer out of place'), errorCode.protocol)
      return
    }
    this.#parts.events.informed(status)
  }

  #onResponse(flags: number, raw: readonly string[]): void {
    const { stream, events, limits } = this.#parts
    if (this.#settled || this.#failure !== null) return
    const read = readResponseHead(raw, limits)
    if (typeof read === 'string') {
      this.#reset(new Http2Error('malformed', `the answer has ${read}`), errorCode.protocol)
      return
    }
    this.#settled = true
    if ((flags & endStreamFlag) !== 0) {
      events.responded(read.head, null)
      return
    }
    this.#answer = new StreamBody(stream, { length: read.length, bounds: limits })
    events.responded(read.head, this.#answer)
  }

  #reset(error: Http2Error, code: number): void {
    const { stream } = this.#parts
    if (this.#closed || stream.destroyed) return
    this.#failure ??= error
    stream.close(code)
    // What was read and not yet taken would keep a stream alive that nobody reads.
    process.nextTick(() => stream.destroy())
  }

  #onClose(): void {
    this.#closed = true
    const { stream, body, events } = this.#parts
    // Before the first byte was asked of it a body can still go another way; the caller has it back.
    const untouched = body === null || this.#sender === null
    if (this.#settled) return
    this.#settled = true
    const refused =
      stream.id === undefined ||
      stream.rstCode === errorCode.refusedStream ||
      this.#parts.isRefused(stream.id)
    const failure = this.#failure ?? new Http2Error('reset', 'the upstream reset the stream')
    const unsent = refused && untouched && this.#failure === null
    if (!unsent) body?.cancel()
    events.failed(failure, unsent)
  }
}

/**
 * The header of a request as node:http2 takes it.
 *
 * @throws TypeError when HTTP/2 cannot say it
 */
export function requestSection(head: OutgoingHead, body: Body | null): Section {
  if (head.upgrade !== null || head.method === 'CONNECT') {
    throw new TypeError('cannot change the protocol over HTTP/2')
  }
  const section = emptySection()
  section[':method'] = plain(head.method)
  section[':scheme'] = head.scheme
  section[':authority'] = plain(head.authority)
  section[':path'] = plain(head.target)
  addFields(section, head.headers)
  // Servers of gRPC insist on it, and it was dropped with the fields of the client's connection.
  if (isGrpc(head.headers)) section['te'] ??= 'trailers'
  if (body !== null && body.length !== null) section['content-length'] = String(body.length)
  return section
}

function plain(text: string): string {
  if (!/^[\x21-\x7e]+$/.test(text)) throw new TypeError('cannot send a request line like this')
  return text
}
