import { performServerHandshake } from 'node:http2'
import type { ServerHttp2Session, ServerHttp2Stream } from 'node:http2'
import type { Duplex } from 'node:stream'
import type { FrontEvents, ProtocolFault } from '../exchange.ts'
import type { ProxyLimits } from '../limits.ts'
import { errorCode } from './error-code.ts'
import { isGrpc } from './field-section.ts'
import { FrameGate } from './frame-gate.ts'
import type { FrameFault } from './frame-header.ts'
import { GatedConnection } from './gated-connection.ts'
import { readRequestHead, type HeadFault, type ReadHead } from './request-head.ts'
import { ServerExchange, headerOnly } from './server-exchange.ts'
import { SessionGuard } from './session-guard.ts'
import { StallWatch } from './stall.ts'
import { StreamBody } from './stream-body.ts'

/** How a connection of a client is served. */
export interface Http2FrontOptions {
  readonly events: FrontEvents
  readonly limits: ProxyLimits
  /** How long the connection may be without a request. Milliseconds. */
  readonly idleMs: number
}

/** A connection of a client that speaks HTTP/2. */
export interface Http2Front {
  /** No new requests; the connection ends when those there are were answered. */
  close(): void
  /** Ends now. */
  destroy(): void
}

/** END_STREAM, as node:http2 tells it with a header. */
const endStreamFlag = 0x1

/** Streams after which a connection is closed in good order: nothing grows with its age. */
const streamsPerConnection = 100_000

/**
 * What a stream may hold unread. The client is on this machine, so a window needs no room for distance;
 * times `http2Streams` this is the most that a connection can make us keep.
 */
const streamWindow = 131_072
const connectionWindow = 1_048_576

/**
 * Speaks HTTP/2 with a client. Malformed requests are refused by reset (by nghttp2, silently) or with a
 * status (by us, told as a fault); floods end the connection with ENHANCE_YOUR_CALM.
 *
 * @param connection a connection on which `h2` was agreed, of which nothing was read
 */
export function serveHttp2(connection: Duplex, options: Http2FrontOptions): Http2Front {
  return new Front(connection, options)
}

class Front implements Http2Front {
  readonly #connection: Duplex
  readonly #options: Http2FrontOptions
  readonly #session: ServerHttp2Session
  readonly #guard: SessionGuard
  readonly #exchanges = new Set<ServerExchange>()
  #streams = 0
  #useful = 0
  #sent = 0
  #usedAt: number = performance.now()

  constructor(connection: Duplex, options: Http2FrontOptions) {
    this.#connection = connection
    this.#options = options
    connection.on('error', () => this.destroy())
    // The socket may be half-open, and HTTP/2 never is (RFC 9113, 5.4.1): the client has left.
    connection.once('end', () => this.destroy())
    const gate = new FrameGate({
      peer: 'client',
      blockBytes: options.limits.headerBytes * 2,
      control: () => this.#guard.control(),
    })
    const gated = new GatedConnection(connection, gate, {
      isOpen: () => !this.#session.destroyed,
      refused: (fault) => this.#onRefused(fault),
    })
    this.#session = performServerHandshake(gated, sessionOptions(options.limits))
    this.#guard = new SessionGuard(this.#session, connection, {
      moved: () => this.#moved(),
      isBusy: () => this.#exchanges.size > 0,
      sweep: (now, tickMs) => this.#sweep(now, tickMs),
      flooded: () => this.#fault({ code: 'limit', message: 'a flood of frames or resets' }),
    })
    if (!this.#guard.isSafe) throw new Error('HTTP/2 is not safe with this version of Node')
    this.#session.setLocalWindowSize(connectionWindow)
    this.#session.on(
      'stream',
      (stream: ServerHttp2Stream, ...told: [unknown, number, string[]]) => {
        this.#onStream(stream, told[1], told[2])
      },
    )
    this.#session.on('error', (error: NodeJS.ErrnoException) => this.#onError(error))
    this.#session.once('close', () => connection.destroy())
  }

  close(): void {
    this.#session.close()
  }

  destroy(): void {
    if (!this.#session.destroyed) this.#session.destroy()
    this.#connection.destroy()
  }

  #onStream(stream: ServerHttp2Stream, flags: number, raw: readonly string[]): void {
    // Without a listener, a stream that is reset would end the process.
    stream.on('error', () => undefined)
    this.#guard.tie(stream)
    this.#streams += 1
    this.#useful += weigh(raw)
    this.#usedAt = performance.now()
    if (this.#streams >= streamsPerConnection) this.#session.close()
    if (stream.closed || stream.destroyed) {
      this.#guard.check(this.#guard.gauge.reset(this.#usedAt))
      return
    }
    if (this.#exchanges.size >= this.#options.limits.http2Streams) {
      stream.close(errorCode.refusedStream)
      return
    }
    const read = readRequestHead(raw, this.#options.limits)
    if ('status' in read) this.#refuse(stream, read)
    else this.#accept(stream, read, (flags & endStreamFlag) !== 0)
  }

  #refuse(stream: ServerHttp2Stream, fault: HeadFault): void {
    stream.respond({ ':status': fault.status }, headerOnly)
    this.#fault({ code: fault.status === 431 ? 'limit' : 'bad_request', message: fault.message })
  }

  #accept(stream: ServerHttp2Stream, read: ReadHead, ended: boolean): void {
    if (ended && read.length !== null && read.length > 0) {
      this.#refuse(stream, { status: 400, message: 'a length without a body' })
      return
    }
    const { limits } = this.#options
    const { head, length } = read
    const rate = isGrpc(head.headers) ? 0 : limits.uploadBytesPerSecond
    const exchange = new ServerExchange({
      stream,
      head,
      body: ended ? null : new StreamBody(stream, { length, bounds: limits }),
      watch: new StallWatch({ idleMs: limits.idleMs, bytesPerSecond: rate }),
    })
    this.#exchanges.add(exchange)
    stream.on('close', () => this.#onStreamClose(exchange))
    this.#options.events.onExchange(exchange)
  }

  #onStreamClose(exchange: ServerExchange): void {
    this.#exchanges.delete(exchange)
    const now = performance.now()
    this.#usedAt = now
    this.#useful += exchange.moved.received
    this.#sent += exchange.moved.sent
    if (exchange.wasReset) this.#guard.check(this.#guard.gauge.reset(now))
    else this.#guard.gauge.complete(now)
  }

  #moved(): { useful: number; sent: number } {
    let useful = this.#useful
    let sent = this.#sent
    for (const { moved } of this.#exchanges) {
      useful += moved.received
      sent += moved.sent
    }
    return { useful, sent }
  }

  #sweep(now: number, tickMs: number): void {
    for (const exchange of this.#exchanges) {
      if (exchange.sweep(now, tickMs)) this.#fault({ code: 'timeout', message: 'a stalled stream' })
    }
    if (this.#exchanges.size > 0) return
    // Nothing that begins without ending a header counts as use, so a slow header ends here too.
    if (this.#session.closed || now - this.#usedAt > this.#options.idleMs) {
      this.#guard.end(errorCode.none)
    }
  }

  #onError(error: NodeJS.ErrnoException): void {
    const code = error.code ?? ''
    if (!code.startsWith('ERR_HTTP2')) return
    if (code === 'ERR_HTTP2_SESSION_ERROR') return
    this.#fault({
      code: code.startsWith('ERR_HTTP2_TOO_MANY') ? 'limit' : 'bad_request',
      message: 'a connection that does not keep to HTTP/2',
    })
  }

  #onRefused(fault: FrameFault): void {
    const code = fault.code === errorCode.enhanceYourCalm ? 'limit' : 'bad_request'
    this.#fault({ code, message: fault.message })
    this.#guard.end(fault.code)
  }

  #fault(fault: ProtocolFault): void {
    this.#options.events.onFault(fault)
  }
}

function sessionOptions(limits: ProxyLimits): Parameters<typeof performServerHandshake>[1] {
  return {
    settings: {
      enablePush: false,
      initialWindowSize: streamWindow,
      maxConcurrentStreams: limits.http2Streams,
      maxHeaderListSize: limits.headerBytes,
    },
    // Beyond our own bound by the pseudo fields, so that nghttp2 resets only what is far off.
    maxHeaderListPairs: limits.headerLines * 2 + 8,
    maxSessionInvalidFrames: 100,
    maxSessionRejectedStreams: 100,
    maxSessionMemory: 16,
    maxSettings: 32,
    maxOutstandingPings: 4,
    unknownProtocolTimeout: 1_000,
  }
}

function weigh(raw: readonly string[]): number {
  let bytes = 0
  for (const text of raw) bytes += text.length
  return bytes
}
