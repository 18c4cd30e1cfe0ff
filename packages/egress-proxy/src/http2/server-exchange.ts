import type { ServerHttp2Stream } from 'node:http2'
import type { Duplex } from 'node:stream'
import type { Exchange } from '../exchange.ts'
import type { Body, IncomingHead, ResponseHead } from '../http-message.ts'
import { BodySender, answerFailCode } from './body-sender.ts'
import { errorCode } from './error-code.ts'
import { addFields, emptySection, mayHaveTrailers, type Section } from './field-section.ts'
import type { StallWatch } from './stall.ts'
import type { StreamBody } from './stream-body.ts'

/** What an exchange is made of. */
export interface ExchangeParts {
  readonly stream: ServerHttp2Stream
  readonly head: IncomingHead
  readonly body: StreamBody | null
  readonly watch: StallWatch
}

/** One request that came over HTTP/2, and the way to answer it. */
export class ServerExchange implements Exchange {
  readonly head: IncomingHead
  readonly body: StreamBody | null
  readonly #stream: ServerHttp2Stream
  readonly #watch: StallWatch
  #sender: BodySender | null = null
  #answered = false
  #continued = false
  #complete = false
  #closed = false
  #weReset = false
  readonly #listeners: ((complete: boolean) => void)[] = []

  constructor(parts: ExchangeParts) {
    this.head = parts.head
    this.body = parts.body
    this.#stream = parts.stream
    this.#watch = parts.watch
    // A client that resets with NO_ERROR leaves the stream waiting for a reader; nobody is answered there.
    parts.stream.on('aborted', () => process.nextTick(() => parts.stream.destroy()))
    parts.stream.on('close', () => this.#onClose())
  }

  /** Whether the client, and not we, ended the stream early. For the flood gauge. */
  get wasReset(): boolean {
    return !this.#complete && !this.#weReset
  }

  /** Bytes of the two bodies so far. */
  get moved(): { received: number; sent: number } {
    return { received: this.body?.received ?? 0, sent: this.#sender?.sent ?? 0 }
  }

  continue(): void {
    if (!this.head.expectsContinue || this.#continued || this.#answered || !this.#open) return
    this.#continued = true
    this.#stream.additionalHeaders({ ':status': 100 })
  }

  respond(head: ResponseHead, body: Body | null): void {
    if (this.#answered) throw new Error('an exchange is answered once')
    this.#answered = true
    if (!this.#open) {
      body?.cancel()
      return
    }
    const hasBody = body !== null && mayHaveBody(this.head.method, head.status)
    if (!hasBody) body?.cancel()
    try {
      this.#start(head, hasBody ? body : null)
    } catch {
      // A field or status that HTTP/2 cannot say. Leaving it out would change what was answered.
      body?.cancel()
      this.#reset(answerFailCode)
    }
  }

  switchTo(): Duplex {
    throw new Error('HTTP/2 has no change of protocol')
  }

  abort(): void {
    this.#reset(errorCode.cancel)
  }

  onClose(listener: (complete: boolean) => void): void {
    if (this.#closed) process.nextTick(listener, this.#complete)
    else this.#listeners.push(listener)
  }

  /** Resets the stream when its client holds it up. Whether it did. */
  sweep(now: number, tickMs: number): boolean {
    this.#refuseRest()
    if (!this.#watch.sweep({ body: this.body, sender: this.#sender }, now, tickMs)) return false
    this.#reset(errorCode.cancel)
    return true
  }

  get #open(): boolean {
    return !this.#stream.closed && !this.#stream.destroyed
  }

  #start(head: ResponseHead, body: Body | null): void {
    const section = answerSection(head, body)
    if (body === null) {
      this.#stream.respond(section, headerOnly)
      this.#onSent()
      return
    }
    const trailers = mayHaveTrailers(head.headers, body.length)
    this.#stream.respond(section, { ...headerFirst, waitForTrailers: trailers })
    this.#sender = new BodySender(this.#stream, body, { trailers, failCode: answerFailCode })
    this.#sender.start(() => this.#onSent())
  }

  /** The answer is out. A request body that nobody reads is refused (RFC 9113, 8.1). */
  #onSent(): void {
    if (!this.#weReset) this.#complete = true
    if (this.body !== null) setImmediate(() => this.#refuseRest())
  }

  /** A reset overtakes what is not yet on its way: it waits until the end of the answer has gone. */
  #refuseRest(): void {
    if (!this.#complete || this.body?.abandoned !== true || !this.#open) return
    if (this.#stream.state.localClose === 1) this.#stream.close(errorCode.none)
  }

  #reset(code: number): void {
    if (!this.#open) return
    this.#weReset = true
    this.#stream.close(code)
    // What the client had sent may still wait for a reader, and would keep the stream alive.
    process.nextTick(() => this.#stream.destroy())
  }

  #onClose(): void {
    this.#closed = true
    for (const listener of this.#listeners.splice(0)) listener(this.#complete)
  }
}

/** A date is the upstream's to give: Node would add one, and its types do not know how to say no. */
const headerFirst: { readonly sendDate: boolean } = { sendDate: false }

/** An answer that ends with its header. */
export const headerOnly: { readonly sendDate: boolean; readonly endStream: boolean } = {
  sendDate: false,
  endStream: true,
}

function answerSection(head: ResponseHead, body: Body | null): Section {
  const section = emptySection()
  if (!Number.isInteger(head.status) || head.status < 200 || head.status > 599) {
    throw new TypeError('cannot send the status')
  }
  section[':status'] = String(head.status)
  addFields(section, head.headers)
  if (body !== null && body.length !== null) section['content-length'] = String(body.length)
  return section
}

/** RFC 9110, 6.4.1: these answers end with their header. */
function mayHaveBody(method: string, status: number): boolean {
  return method !== 'HEAD' && status !== 204 && status !== 205 && status !== 304
}
