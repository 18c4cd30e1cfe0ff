import type { Duplex } from 'node:stream'
import type { Call, CallEvents, UpstreamConnection } from '../exchange.ts'
import type { Body, OutgoingHead } from '../http-message.ts'
import type { ProxyLimits } from '../limits.ts'
import { cut } from './cut.ts'
import { Deadline } from './deadline.ts'
import { HeadBuffer } from './head-buffer.ts'
import { OutboundCall } from './outbound-call.ts'
import type { CallConnection } from './outbound-call.ts'
import { readResponseHead } from './response-head.ts'
import { WriteGather } from './write-gather.ts'

/** What an upstream is given beside its connection. */
export interface Http1UpstreamOptions {
  readonly limits: ProxyLimits
}

/**
 * Speaks HTTP/1.1 on a connection to an upstream: one request at a time, framed by our own account,
 * answers read as strictly as requests. Bytes that no request asked for end the connection: they would
 * be taken for the answer to the next one.
 */
export function connectHttp1(
  connection: Duplex,
  options: Http1UpstreamOptions,
): UpstreamConnection {
  const upstream = new Http1Upstream(connection, options.limits)
  upstream.begin()
  return upstream
}

class Http1Upstream implements UpstreamConnection, CallConnection {
  readonly gather: WriteGather
  readonly bounds: ProxyLimits
  readonly #connection: Duplex
  readonly #head: HeadBuffer
  readonly #deadline: Deadline
  #call: OutboundCall | null = null
  #held: Buffer | null = null
  #isPumping = false
  #isPaused = false
  #isEnded = false
  #isReused = false
  #canReuse = true
  #hasAnswerBytes = false
  #endListeners: (() => void)[] = []
  readonly #idleListeners: (() => void)[] = []

  constructor(connection: Duplex, limits: ProxyLimits) {
    this.#connection = connection
    this.bounds = limits
    this.#head = new HeadBuffer(limits)
    this.gather = new WriteGather(connection)
    this.#deadline = new Deadline(() => this.#late())
  }

  get canTake(): boolean {
    return !this.#isEnded && this.#call === null
  }

  begin(): void {
    const connection = this.#connection
    connection.on('data', this.#onData)
    connection.on('end', this.#onEnd)
    connection.on('error', this.#onGone)
    connection.on('close', this.#onClosed)
    connection.on('drain', this.#onDrain)
    connection.resume()
  }

  request(head: OutgoingHead, body: Body | null, events: CallEvents): Call {
    const call = new OutboundCall(this, head, events)
    if (!this.canTake || !this.#connection.writable) {
      const isBusy = this.#call !== null
      if (!isBusy) this.#end()
      process.nextTick(() => call.fail(new Error('the connection takes no request'), true))
      return call
    }
    this.#call = call
    this.#hasAnswerBytes = false
    this.#canReuse = true
    try {
      call.send(body)
    } catch (error) {
      this.#call = null
      body?.cancel()
      const cause = error instanceof Error ? error : new Error('the request cannot be sent')
      process.nextTick(() => call.fail(cause, false))
    }
    return call
  }

  onEnd(listener: () => void): void {
    if (this.#isEnded) listener()
    else this.#endListeners.push(listener)
  }

  onIdle(listener: () => void): void {
    this.#idleListeners.push(listener)
  }

  destroy(): void {
    const call = this.#call
    this.cutOff()
    call?.fail(new Error('the connection was given up'), false)
  }

  requestSent(): void {
    this.#deadline.set(this.bounds.responseMs)
  }

  writeBlocked(): void {
    this.#deadline.set(this.bounds.idleMs)
  }

  cutOff(): void {
    this.#call = null
    this.#held = null
    this.gather.drop()
    this.#end()
    cut(this.#connection)
  }

  detach(): Duplex {
    const connection = this.#connection
    this.#call = null
    connection.pause()
    connection.off('data', this.#onData)
    connection.off('end', this.#onEnd)
    connection.off('error', this.#onGone)
    connection.off('close', this.#onClosed)
    connection.off('drain', this.#onDrain)
    connection.allowHalfOpen = true
    if (this.#held !== null) connection.unshift(this.#held)
    this.#held = null
    this.#end()
    return connection
  }

  bodyChanged(): void {
    const call = this.#call
    if (call?.answer?.isDropped === true) {
      // Reading away what nobody wants can take for ever.
      call.stopSending()
      this.cutOff()
    } else this.#pump()
  }

  readonly #onData = (chunk: Buffer): void => {
    this.#held = this.#held === null ? chunk : Buffer.concat([this.#held, chunk])
    this.#pump()
  }

  readonly #onEnd = (): void => {
    const answer = this.#call?.answer ?? null
    if (answer === null) {
      this.#lose(new Error('the upstream ended the connection before its answer'))
      return
    }
    this.#canReuse = false
    try {
      answer.close()
      this.#answerOver()
    } catch {
      this.#lose(new Error('the upstream ended the connection within its answer'))
    }
  }

  readonly #onGone = (error: Error): void => {
    this.#lose(error)
  }

  readonly #onClosed = (): void => {
    this.#lose(new Error('the upstream closed the connection'))
  }

  readonly #onDrain = (): void => {
    this.gather.unblock()
    this.#call?.drained()
  }

  #lose(error: Error): void {
    const call = this.#call
    const isUntouched = this.#isReused && !this.#hasAnswerBytes
    this.cutOff()
    call?.fail(error, isUntouched && call.isRepeatable)
  }

  #end(): void {
    if (this.#isEnded) return
    this.#isEnded = true
    this.#deadline.stop()
    const listeners = this.#endListeners
    this.#endListeners = []
    for (const listener of listeners) listener()
  }

  #pump(): void {
    if (this.#isPumping) return
    this.#isPumping = true
    try {
      while (this.#held !== null && this.#step(this.#held));
    } catch (error) {
      this.#lose(error instanceof Error ? error : new Error('the answer is malformed'))
    } finally {
      this.#isPumping = false
    }
    if (!this.#isEnded) this.#pauseOrResume()
  }

  #pauseOrResume(): void {
    const isFull = this.#held !== null
    if (isFull === this.#isPaused) return
    this.#isPaused = isFull
    if (isFull) this.#connection.pause()
    else this.#connection.resume()
  }

  #step(chunk: Buffer): boolean {
    const call = this.#call
    if (call === null) {
      // Nothing was asked: an answer in advance is an answer to somebody else's question.
      this.cutOff()
      return false
    }
    return call.answer === null ? this.#readHead(chunk, call) : this.#readBody(chunk, call)
  }

  #readHead(chunk: Buffer, call: OutboundCall): boolean {
    this.#hasAnswerBytes = true
    const found = this.#head.take(chunk)
    if (found === null) {
      this.#held = null
      return false
    }
    this.#held = found.end < chunk.length ? chunk.subarray(found.end) : null
    const message = readResponseHead(found.text)
    if (message.close) this.#canReuse = false
    if (message.head.status >= 200) this.#deadline.set(this.bounds.idleMs)
    const next = call.take(message)
    if (next === 'switched') call.switched(message)
    else if (next === 'complete') this.#answerOver()
    return true
  }

  #readBody(chunk: Buffer, call: OutboundCall): boolean {
    const body = call.answer
    if (body === null || body.isOver || !body.isWanted) return false
    this.#deadline.set(this.bounds.idleMs)
    this.#held = null
    const end = body.take(chunk)
    if (this.#call !== call) return false
    this.#held = end < chunk.length ? chunk.subarray(end) : null
    if (body.isOver) this.#answerOver()
    return true
  }

  #answerOver(): void {
    const call = this.#call
    if (call === null) return
    call.finishAnswer()
    // Bytes after an answer are the beginning of one that nobody asked for.
    if (!this.#canReuse || this.#held !== null || !call.isSent) {
      this.cutOff()
      return
    }
    this.#call = null
    this.#isReused = true
    this.#deadline.clear()
    for (const listener of this.#idleListeners) listener()
  }

  #late(): void {
    const call = this.#call
    if (call === null) return
    const isPaused = call.answer !== null && !call.answer.isWanted
    const isWaitingForUs = !this.gather.isBlocked && (!call.isSent || isPaused)
    if (isWaitingForUs) this.#deadline.set(this.bounds.idleMs)
    else this.#lose(new Error('the upstream took too long'))
  }
}
