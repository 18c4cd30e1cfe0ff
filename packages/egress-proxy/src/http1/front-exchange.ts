import type { Duplex } from 'node:stream'
import type { Exchange } from '../exchange.ts'
import type { Body, IncomingHead, ResponseHead } from '../http-message.ts'
import { BodyWriter } from './body-writer.ts'
import type { BodyWriterOwner } from './body-writer.ts'
import { framingOf, responseText } from './head-text.ts'
import type { HeadFraming, OutboundFraming } from './head-text.ts'
import type { InboundBody } from './inbound-body.ts'
import type { RequestMessage } from './request-head.ts'
import type { WriteGather } from './write-gather.ts'

/** An unread request body up to here is read away, so that the connection can go on. */
export const mostDiscarded = 65_536

/** What an exchange needs of its connection. */
export interface ExchangeConnection {
  readonly gather: WriteGather
  readonly isClosing: boolean
  /** The answer began: an unread body can be read away. */
  answerBegan(): void
  /** The answer is out; `keep` when the connection can carry another. */
  exchangeOver(keep: boolean): void
  /** Cuts the connection. */
  cutOff(): void
  writeBlocked(): void
  /** Gives the connection away, with what was read and not used. */
  detach(): Duplex
}

/** The one exchange that a connection carries at a time. */
export class FrontExchange implements Exchange, BodyWriterOwner {
  readonly head: IncomingHead
  readonly body: InboundBody | null
  readonly #connection: ExchangeConnection
  readonly #message: RequestMessage
  #listeners: ((complete: boolean) => void)[] = []
  #writer: BodyWriter | null = null
  #isAnswered = false
  #isContinued = false
  #isKept = false
  #outcome: boolean | null = null

  constructor(connection: ExchangeConnection, message: RequestMessage, body: InboundBody | null) {
    this.#connection = connection
    this.#message = message
    this.head = message.head
    this.body = body
  }

  get isAnswered(): boolean {
    return this.#isAnswered
  }

  /** Whether the client has reason to be sending its body. */
  get isBodyExpected(): boolean {
    return !this.head.expectsContinue || this.#isContinued
  }

  continue(): void {
    if (!this.head.expectsContinue || this.#isContinued) return
    if (this.#isAnswered || this.#outcome !== null) return
    this.#isContinued = true
    this.#connection.gather.add('HTTP/1.1 100 Continue\r\n\r\n')
    this.#connection.gather.flush()
  }

  respond(head: ResponseHead, body: Body | null): void {
    if (this.#isAnswered || this.#outcome !== null) {
      body?.cancel()
      return
    }
    this.#isAnswered = true
    this.#isKept = this.#canKeep()
    const framing = this.#framingOf(head.status, body)
    let text: string
    try {
      text = responseText(head, framing)
    } catch {
      // A field that would break the framing: the client gets a cut, not another message.
      body?.cancel()
      this.abort()
      return
    }
    this.#connection.gather.add(text)
    this.#connection.answerBegan()
    this.#sendBody(body, framing)
  }

  switchTo(head: ResponseHead): Duplex {
    const isTunnel = this.head.method === 'CONNECT' && head.status >= 200 && head.status < 300
    const isUpgrade = this.head.upgrade !== null && head.status === 101
    if (this.#isAnswered || this.#outcome !== null || !(isTunnel || isUpgrade)) {
      throw new TypeError('this exchange cannot change its protocol')
    }
    const framing = framingOf('none', null, isUpgrade)
    const text = responseText(head, framing)
    this.#isAnswered = true
    this.#connection.gather.add(text)
    this.#connection.gather.flush()
    const connection = this.#connection.detach()
    this.settle(true)
    return connection
  }

  abort(): void {
    if (this.#outcome !== null) return
    this.#connection.cutOff()
  }

  onClose(listener: (complete: boolean) => void): void {
    if (this.#outcome === null) this.#listeners.push(listener)
    else listener(this.#outcome)
  }

  bodyWritten(): void {
    if (this.#outcome !== null) return
    this.settle(true)
    this.#connection.exchangeOver(this.#isKept)
  }

  bodyBroken(): void {
    this.abort()
  }

  writeBlocked(): void {
    this.#connection.writeBlocked()
  }

  drained(): void {
    this.#writer?.drained()
  }

  /** Tells the outcome, once; an answer that was not complete is given up. */
  settle(complete: boolean): void {
    if (this.#outcome !== null) return
    this.#outcome = complete
    if (!complete) this.#writer?.stop()
    const listeners = this.#listeners
    this.#listeners = []
    for (const listener of listeners) listener(complete)
  }

  #sendBody(body: Body | null, framing: HeadFraming): void {
    if (body === null || framing.framing === 'none') {
      body?.cancel()
      this.#connection.gather.flush()
      this.bodyWritten()
      return
    }
    const way = { gather: this.#connection.gather, owner: this }
    this.#writer = new BodyWriter(way, body, framing)
    body.start(this.#writer)
    // After `start`, so that a body which is there already goes out together with the head.
    this.#connection.gather.flushSoon()
  }

  #canKeep(): boolean {
    const { close, head } = this.#message
    if (close || this.#connection.isClosing || head.method === 'CONNECT') return false
    if (this.body === null || this.body.isOver) return true
    // Whether a client that was told to wait sends its body after a final answer is anybody's guess.
    if (!this.isBodyExpected) return false
    const isRead = this.body.isStarted && !this.body.isDropped
    return isRead || (this.body.length ?? 0) <= mostDiscarded
  }

  #framingOf(status: number, body: Body | null): HeadFraming {
    const isHead = this.head.method === 'HEAD'
    const isBare = isHead || status < 200 || status === 204 || status === 304
    const delivery = isBare ? 'none' : this.#deliveryOf(body)
    if (delivery === 'close') this.#isKept = false
    const told = body === null && !isBare ? 0 : (body?.length ?? null)
    return {
      framing: delivery,
      length: isBare && !isHead ? null : told,
      close: !this.#isKept,
      upgrade: false,
      trailers: this.#message.takesTrailers,
    }
  }

  #deliveryOf(body: Body | null): OutboundFraming {
    if (body === null) return 'none'
    if (body.length !== null) return 'length'
    return this.head.version === '1.1' ? 'chunked' : 'close'
  }
}
