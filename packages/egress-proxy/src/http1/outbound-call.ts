import type { Duplex } from 'node:stream'
import type { Call, CallEvents } from '../exchange.ts'
import type { Body, OutgoingHead } from '../http-message.ts'
import { AnnouncedBody } from './announced-body.ts'
import { LengthDecoder, UntilCloseDecoder } from './body-decoder.ts'
import type { BodyDecoder } from './body-decoder.ts'
import { BodyWriter } from './body-writer.ts'
import type { BodyWriterOwner } from './body-writer.ts'
import { ChunkedDecoder } from './chunked-decoder.ts'
import type { HeadBounds } from './head-buffer.ts'
import { framingOf, requestText } from './head-text.ts'
import type { HeadFraming } from './head-text.ts'
import { InboundBody } from './inbound-body.ts'
import type { BodyReader } from './inbound-body.ts'
import { MessageFault } from './message-fault.ts'
import type { ResponseMessage } from './response-head.ts'
import type { WriteGather } from './write-gather.ts'

/** What a call needs of its connection. */
export interface CallConnection extends BodyReader {
  readonly gather: WriteGather
  readonly bounds: HeadBounds
  /** The whole request was handed to the connection. */
  requestSent(): void
  /** The connection takes no more for now. */
  writeBlocked(): void
  /** Cuts the connection; the call hears nothing of it. */
  cutOff(): void
  detach(): Duplex
}

const mostInterims = 32

/** Methods of which RFC 9110, 9.2.2 lets a proxy send a request again by itself. */
const repeatable: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE'])

/** Methods that mean a body, so that the lack of one is said. */
const withBody: ReadonlySet<string> = new Set(['POST', 'PUT', 'PATCH'])

/** One request on its way, and its answer. */
export class OutboundCall implements Call, BodyWriterOwner {
  readonly #connection: CallConnection
  readonly #head: OutgoingHead
  readonly #events: CallEvents
  #writer: BodyWriter | null = null
  #hasBody = false
  #answer: InboundBody | null = null
  #isSent = false
  #isAnswered = false
  #isOver = false
  #interims = 0

  constructor(connection: CallConnection, head: OutgoingHead, events: CallEvents) {
    this.#connection = connection
    this.#head = head
    this.#events = events
  }

  /** The body of the answer that is under way. */
  get answer(): InboundBody | null {
    return this.#answer
  }

  get isSent(): boolean {
    return this.#isSent
  }

  /** The answer began. */
  get isAnswered(): boolean {
    return this.#isAnswered
  }

  /** The same request can be sent on another connection when this one ended before any answer. */
  get isRepeatable(): boolean {
    return !this.#hasBody && repeatable.has(this.#head.method)
  }

  /** @throws TypeError when the head is none. */
  send(body: Body | null): void {
    const framing = this.#framingOf(body)
    const gather = this.#connection.gather
    gather.add(requestText(this.#head, framing))
    if (body === null) {
      gather.flush()
      this.bodyWritten()
      return
    }
    this.#hasBody = true
    const way = { gather, owner: this }
    this.#writer = new BodyWriter(way, body, framing)
    body.start(this.#writer)
    gather.flushSoon()
  }

  abort(): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#writer?.stop()
    this.#answer?.cancel()
    this.#connection.cutOff()
  }

  bodyWritten(): void {
    this.#isSent = true
    this.#connection.requestSent()
  }

  bodyBroken(error: Error): void {
    this.#connection.cutOff()
    this.fail(error, false)
  }

  writeBlocked(): void {
    this.#connection.writeBlocked()
  }

  drained(): void {
    this.#writer?.drained()
  }

  /** What was begun cannot be completed. */
  fail(error: Error, unsent: boolean): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#writer?.stop()
    if (this.#isAnswered) this.#answer?.fail(error)
    else this.#events.failed(error, unsent)
  }

  /**
   * Takes the head of an answer. `complete`: nothing follows the head; `body`: `answer` is to be read.
   * @throws MessageFault when this is no answer to the request.
   */
  take(message: ResponseMessage): 'interim' | 'body' | 'complete' | 'switched' {
    const { status } = message.head
    if (status === 101) {
      this.#switch(message)
      return 'switched'
    }
    if (status < 200) {
      if (++this.#interims > mostInterims)
        throw new MessageFault('There are too many interim answers.')
      this.#events.informed(status)
      return 'interim'
    }
    this.#isAnswered = true
    // Whoever refuses does not want the rest; whoever accepts may answer while it reads.
    if (status >= 300) this.stopSending()
    const body = this.#bodyOf(message)
    this.#answer = body instanceof InboundBody ? body : null
    if (this.#answer === null) this.finishAnswer()
    this.#events.responded(message.head, body)
    return this.#answer === null ? 'complete' : 'body'
  }

  /** The answer was read to its end. */
  finishAnswer(): void {
    this.#isOver = true
    this.stopSending()
  }

  stopSending(): void {
    if (!this.#isSent) this.#writer?.stop()
  }

  #switch(message: ResponseMessage): void {
    if (this.#head.upgrade === null || !message.isUpgrade) {
      throw new MessageFault('The upstream changed its protocol unasked.')
    }
    this.#isOver = true
    this.#isAnswered = true
  }

  /** The upstream changed to WebSocket, and the connection is given on. */
  switched(message: ResponseMessage): void {
    this.#events.switched(message.head, this.#connection.detach())
  }

  #bodyOf(message: ResponseMessage): Body | null {
    const { head, length } = message
    if (this.#head.method === 'HEAD') return length === null ? null : new AnnouncedBody(length)
    if (head.status === 204 || head.status === 304 || length === 0) return null
    return new InboundBody(this.#connection, this.#decoderOf(message), length)
  }

  #decoderOf({ chunked, length }: ResponseMessage): BodyDecoder {
    if (chunked) return new ChunkedDecoder(this.#connection.bounds)
    return length === null ? new UntilCloseDecoder() : new LengthDecoder(length)
  }

  #framingOf(body: Body | null): HeadFraming {
    const upgrade = this.#head.upgrade !== null
    if (body === null) {
      const length = withBody.has(this.#head.method) ? 0 : null
      return framingOf('none', length, upgrade)
    }
    return framingOf(body.length === null ? 'chunked' : 'length', body.length)
  }
}
