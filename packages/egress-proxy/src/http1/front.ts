import type { Duplex } from 'node:stream'
import type { FrontEvents } from '../exchange.ts'
import type { ProxyLimits } from '../limits.ts'
import { LengthDecoder } from './body-decoder.ts'
import { ChunkedDecoder } from './chunked-decoder.ts'
import { cut } from './cut.ts'
import { Deadline } from './deadline.ts'
import { faultAnswer } from './fault-answer.ts'
import { FrontExchange, mostDiscarded } from './front-exchange.ts'
import type { ExchangeConnection } from './front-exchange.ts'
import { HeadBuffer } from './head-buffer.ts'
import { InboundBody } from './inbound-body.ts'
import type { BodyReader } from './inbound-body.ts'
import { MessageFault } from './message-fault.ts'
import { readRequestHead } from './request-head.ts'
import { UploadPace } from './upload-pace.ts'
import { WriteGather } from './write-gather.ts'

/** What a front is given beside its connection. */
export interface Http1FrontOptions {
  readonly events: FrontEvents
  readonly limits: ProxyLimits
  /** Bytes of the connection that were read before. */
  readonly first?: Buffer
  /** The proxy door: CONNECT and the absolute form are taken. Else the origin form and `*` only. */
  readonly allowConnect: boolean
  /** A connection on which nothing moves is ended after this many milliseconds. */
  readonly idleMs: number
}

/** A connection of a client that speaks HTTP/1. */
export interface Http1Front {
  /** Ends the connection after the exchange that is under way, if any. */
  close(): void
  /** Cuts the connection. */
  destroy(): void
}

/**
 * `head`: a request is awaited. `exchange`: one is under way. `discard`: it was answered, and its body
 * is read away. `linger`: the end was sent; what still comes is ignored, since closing on unread bytes
 * would reset the connection and take the answer from the client. `over`: closed or given away.
 */
type Phase = 'head' | 'exchange' | 'discard' | 'linger' | 'over'

const lingerMs = 1000
const checkMs = 5000

/** Serves HTTP/1 on `connection`: strictly read requests, one exchange at a time (RFC 9112). */
export function serveHttp1(connection: Duplex, options: Http1FrontOptions): Http1Front {
  const front = new Front(connection, options)
  front.begin()
  return front
}

class Front implements Http1Front, ExchangeConnection, BodyReader {
  readonly gather: WriteGather
  readonly #connection: Duplex
  readonly #options: Http1FrontOptions
  readonly #head: HeadBuffer
  readonly #deadline: Deadline
  #phase: Phase = 'head'
  #held: Buffer | null = null
  #isPumping = false
  #isPaused = false
  #isClosing = false
  #hasPeerEnded = false
  #exchange: FrontExchange | null = null
  #body: InboundBody | null = null
  #pace: UploadPace | null = null
  #wasReading = false
  #blockedAt = 0

  constructor(connection: Duplex, options: Http1FrontOptions) {
    this.#connection = connection
    this.#options = options
    this.#head = new HeadBuffer(options.limits)
    this.gather = new WriteGather(connection)
    this.#deadline = new Deadline(() => this.#late())
  }

  get isClosing(): boolean {
    return this.#isClosing || this.#hasPeerEnded
  }

  begin(): void {
    const connection = this.#connection
    // A client that ended its half still gets the answer that began.
    connection.allowHalfOpen = true
    connection.on('data', this.#onData)
    connection.on('end', this.#onEnd)
    connection.on('error', this.#onGone)
    connection.on('close', this.#onGone)
    connection.on('drain', this.#onDrain)
    this.#deadline.set(this.#options.idleMs)
    const { first } = this.#options
    if (first !== undefined && first.length > 0) process.nextTick(this.#onData, first)
    connection.resume()
  }

  close(): void {
    this.#isClosing = true
    if (this.#phase === 'head' && !this.#head.isPartial) this.#linger()
  }

  destroy(): void {
    this.cutOff()
  }

  answerBegan(): void {
    const body = this.#body
    if (body !== null && !body.isStarted && !body.isOver) body.cancel()
  }

  exchangeOver(keep: boolean): void {
    this.#exchange = null
    const body = this.#body
    const isRead = body === null || body.isOver
    if (!keep || this.isClosing) this.#linger()
    else if (isRead) this.#awaitHead()
    else {
      this.#phase = 'discard'
      this.#deadline.set(this.#options.limits.headersMs)
      body.cancel()
      this.#pump()
    }
  }

  cutOff(): void {
    if (this.#phase === 'over') return
    this.#release()
    this.gather.drop()
    cut(this.#connection)
    this.#giveUp(new Error('the connection of the client was cut'))
  }

  writeBlocked(): void {
    this.#blockedAt = performance.now()
    this.#deadline.set(Math.min(checkMs, this.#options.idleMs))
  }

  detach(): Duplex {
    const connection = this.#connection
    this.#release()
    connection.pause()
    connection.off('data', this.#onData)
    connection.off('end', this.#onEnd)
    connection.off('error', this.#onGone)
    connection.off('close', this.#onGone)
    connection.off('drain', this.#onDrain)
    if (this.#held !== null) connection.unshift(this.#held)
    this.#held = null
    return connection
  }

  bodyChanged(): void {
    if (this.#pace !== null) this.#pace.passed(performance.now(), this.#wasReading)
    else if (this.#body !== null && !this.#body.isDropped) this.#watchBody()
    this.#wasReading = this.#body?.isWanted ?? false
    this.#pump()
  }

  readonly #onData = (chunk: Buffer): void => {
    this.#held = this.#held === null ? chunk : Buffer.concat([this.#held, chunk])
    this.#pump()
  }

  readonly #onEnd = (): void => {
    if (this.#phase === 'over') return
    this.#hasPeerEnded = true
    // Whoever leaves before the answer began has abandoned the request; afterwards it is a half-close.
    const isAnswering = this.#exchange?.isAnswered ?? false
    const isBodyCut = this.#body !== null && !this.#body.isOver && !this.#body.isDropped
    if (this.#phase === 'exchange' && (!isAnswering || isBodyCut)) this.cutOff()
    else if (this.#phase !== 'exchange') this.#linger()
  }

  readonly #onGone = (): void => {
    if (this.#phase === 'over') return
    this.#release()
    this.#connection.destroy()
    this.#giveUp(new Error('the client is gone'))
  }

  readonly #onDrain = (): void => {
    this.gather.unblock()
    this.#exchange?.drained()
    if (this.#phase === 'head') this.#pump()
  }

  #pump(): void {
    if (this.#isPumping) return
    this.#isPumping = true
    try {
      while (this.#held !== null && this.#step(this.#held));
    } catch (error) {
      this.#refuse(error)
    } finally {
      this.#isPumping = false
    }
    if (this.#phase !== 'over') this.#pauseOrResume()
  }

  /** Reading is stopped only when there is something that nobody wants yet: most exchanges never do it. */
  #pauseOrResume(): void {
    const isFull = this.#held !== null
    if (isFull === this.#isPaused) return
    this.#isPaused = isFull
    if (isFull) this.#connection.pause()
    else this.#connection.resume()
  }

  /** Uses some of what is held; `false` when nothing more can be used now. */
  #step(chunk: Buffer): boolean {
    // Whoever asks on and on without reading the answers would fill the memory of the host with them.
    if (this.#phase === 'head') return !this.gather.isBlocked && this.#readHead(chunk)
    if (this.#phase === 'exchange' || this.#phase === 'discard') return this.#readBody(chunk)
    this.#held = null
    return false
  }

  #readHead(chunk: Buffer): boolean {
    const wasPartial = this.#head.isPartial
    const found = this.#head.take(chunk)
    if (found === null) {
      this.#held = null
      if (!wasPartial) this.#deadline.set(this.#options.limits.headersMs)
      return false
    }
    this.#held = found.end < chunk.length ? chunk.subarray(found.end) : null
    const message = readRequestHead(found.text, this.#options.allowConnect)
    this.#deadline.clear()
    this.#phase = 'exchange'
    this.#body = message.length === 0 ? null : this.#bodyOf(message.length)
    const exchange = new FrontExchange(this, message, this.#body)
    this.#exchange = exchange
    this.#options.events.onExchange(exchange)
    return true
  }

  #bodyOf(length: number | null): InboundBody {
    const decoder =
      length === null ? new ChunkedDecoder(this.#options.limits) : new LengthDecoder(length)
    return new InboundBody(this, decoder, length)
  }

  #readBody(chunk: Buffer): boolean {
    const body = this.#body
    if (body === null || body.isOver || !body.isWanted) return false
    if (body.isDropped && body.droppedBytes > mostDiscarded) {
      if (this.#phase === 'discard') this.#linger()
      return this.#phase !== 'exchange'
    }
    this.#pace?.moved(chunk.length)
    this.#held = null
    const end = body.take(chunk)
    this.#held = end < chunk.length ? chunk.subarray(end) : null
    if (body.isOver && this.#phase === 'discard') this.#awaitHead()
    return true
  }

  #awaitHead(): void {
    this.#phase = 'head'
    this.#body = null
    this.#pace = null
    this.#deadline.set(this.#options.idleMs)
    this.#pump()
  }

  #watchBody(): void {
    const { limits, idleMs } = this.#options
    const bounds = { bytesPerSecond: limits.uploadBytesPerSecond, idleMs }
    this.#pace = new UploadPace(bounds, performance.now())
    this.#deadline.set(Math.min(checkMs, idleMs))
  }

  #late(): void {
    if (this.#phase === 'linger') this.#connection.destroy()
    else if (this.#phase === 'discard') this.#linger()
    else if (this.#phase === 'exchange') this.#checkExchange()
    else if (this.#head.isPartial) {
      this.#refuse(new MessageFault('The header took too long.', 408))
    } else this.#linger()
  }

  #checkExchange(): void {
    const { idleMs } = this.#options
    const isReading = this.#body !== null && !this.#body.isOver && !this.#body.isDropped
    if (isReading && this.#isBodyLate()) {
      this.#refuse(new MessageFault('The body came too slowly.', 408))
    } else if (this.gather.isBlocked && performance.now() - this.#blockedAt >= idleMs) {
      this.#options.events.onFault({ code: 'timeout', message: 'The answer was not read.' })
      this.cutOff()
    } else if (isReading || this.gather.isBlocked) this.#deadline.set(Math.min(checkMs, idleMs))
  }

  #isBodyLate(): boolean {
    const isExpected = this.#exchange?.isBodyExpected ?? false
    this.#pace?.passed(performance.now(), this.#wasReading && isExpected)
    return this.#pace?.isTooSlow ?? false
  }

  #refuse(error: unknown): void {
    if (this.#phase === 'over' || this.#phase === 'linger') return
    if (!(error instanceof MessageFault)) {
      // Somebody above failed; what state the exchange is in nobody knows.
      this.#options.events.onFault({
        code: 'bad_request',
        message: 'The request could not be handled.',
      })
      this.cutOff()
      return
    }
    this.#options.events.onFault({ code: error.code, message: error.message })
    const isAnswering = this.#exchange?.isAnswered ?? false
    if (isAnswering) {
      this.cutOff()
      return
    }
    const isAnswered = this.#phase === 'discard'
    this.#phase = 'linger'
    this.#giveUp(error)
    if (!isAnswered) this.gather.add(faultAnswer(error))
    this.#linger()
  }

  #linger(): void {
    this.#phase = 'linger'
    this.#held = null
    this.#deadline.set(lingerMs)
    this.gather.flush()
    if (!this.#connection.writableEnded) this.#connection.end()
    if (!this.#isPumping) this.#pauseOrResume()
  }

  #release(): void {
    this.#phase = 'over'
    this.#deadline.stop()
  }

  #giveUp(error: Error): void {
    const body = this.#body
    const exchange = this.#exchange
    this.#body = null
    this.#exchange = null
    body?.fail(error)
    exchange?.settle(false)
  }
}
