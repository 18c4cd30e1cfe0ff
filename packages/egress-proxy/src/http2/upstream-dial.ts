import { connect } from 'node:http2'
import type { ClientHttp2Session, ClientSessionOptions, ServerOptions } from 'node:http2'
import type { Duplex } from 'node:stream'
import type { Call, CallEvents, UpstreamConnection } from '../exchange.ts'
import type { Body, OutgoingHead } from '../http-message.ts'
import type { ProxyLimits } from '../limits.ts'
import { Http2Error, errorCode } from './error-code.ts'
import { mayHaveTrailers, type Section } from './field-section.ts'
import { FrameGate } from './frame-gate.ts'
import { GatedConnection } from './gated-connection.ts'
import { SessionGuard } from './session-guard.ts'
import { UpstreamCall, requestSection } from './upstream-call.ts'

/** How a connection to an upstream is used. */
export interface Http2UpstreamOptions {
  readonly limits: ProxyLimits
  /** Name, and port when it is not the scheme's own. Each request names its own authority beside. */
  readonly authority: string
}

/**
 * What a stream may hold unread: room for distance, as upstreams are far away. A slow reader holds back
 * its own stream only, for Node gives the window of the connection back at once; so this times
 * `http2Streams` is the most that a connection can make us keep.
 */
const streamWindow = 262_144
const connectionWindow = 8_388_608

/** Requests after which a connection takes no more. */
const requestsPerConnection = 1_000_000

/**
 * Speaks HTTP/2 with an upstream, many requests at a time.
 *
 * @param connection a connection on which `h2` was agreed, and whose peer was verified
 */
export function connectHttp2(
  connection: Duplex,
  options: Http2UpstreamOptions,
): UpstreamConnection {
  return new Upstream(connection, options)
}

class Upstream implements UpstreamConnection {
  readonly #connection: Duplex
  readonly #limits: ProxyLimits
  readonly #session: ClientHttp2Session
  readonly #guard: SessionGuard
  readonly #calls = new Set<UpstreamCall>()
  readonly #endListeners: (() => void)[] = []
  readonly #idleListeners: (() => void)[] = []
  #peerStreams: number
  #lastStream = Number.POSITIVE_INFINITY
  #requests = 0
  #ended = false
  #useful = 0
  #sent = 0

  constructor(connection: Duplex, options: Http2UpstreamOptions) {
    this.#connection = connection
    this.#limits = options.limits
    this.#peerStreams = options.limits.http2Streams
    connection.on('error', () => this.destroy())
    // What has arrived is still delivered; nothing new is begun.
    connection.once('end', () => this.#session.close())
    const gate = new FrameGate({
      peer: 'server',
      blockBytes: options.limits.headerBytes * 2,
      control: () => this.#guard.control(),
    })
    const gated = new GatedConnection(connection, gate, {
      isOpen: () => !this.#session.destroyed,
      refused: (fault) => {
        this.#end()
        this.#guard.end(fault.code)
      },
    })
    this.#session = connect(`https://${options.authority}`, {
      createConnection: () => gated,
      ...sessionOptions(options.limits),
    })
    this.#guard = new SessionGuard(this.#session, connection, {
      moved: () => this.#moved(),
      isBusy: () => this.#calls.size > 0,
      sweep: (now, tickMs) => this.#sweep(now, tickMs),
      flooded: () => this.#end(),
    })
    if (!this.#guard.isSafe) throw new Error('HTTP/2 is not safe with this version of Node')
    this.#watchSession()
  }

  /** Whether a request is under way. */
  get inUse(): boolean {
    return this.#calls.size > 0
  }

  get canTake(): boolean {
    return !this.#ended && this.#calls.size < this.#room
  }

  request(head: OutgoingHead, body: Body | null, events: CallEvents): Call {
    let section: Section
    try {
      section = requestSection(head, body)
    } catch (error) {
      return refusedCall(events, { error: toError(error), unsent: false })
    }
    if (!this.canTake) {
      const error = new Http2Error('closed', 'the connection takes no more requests')
      return refusedCall(events, { error, unsent: true })
    }
    const trailers = body !== null && mayHaveTrailers(head.headers, body.length)
    try {
      const stream = this.#session.request(section, {
        endStream: body === null,
        waitForTrailers: trailers,
      })
      if (stream.pending) stream.once('ready', () => this.#guard.tie(stream))
      else this.#guard.tie(stream)
      const isRefused = (id: number): boolean => id > this.#lastStream
      const limits = this.#limits
      const call = new UpstreamCall({ stream, body, trailers, events, limits, isRefused })
      this.#calls.add(call)
      stream.once('close', () => this.#onCallClose(call))
      this.#requests += 1
      if (this.#requests >= requestsPerConnection) this.#retire()
      return call
    } catch (error) {
      return refusedCall(events, { error: toError(error), unsent: false })
    }
  }

  onEnd(listener: () => void): void {
    if (this.#ended) process.nextTick(listener)
    else this.#endListeners.push(listener)
  }

  onIdle(listener: () => void): void {
    this.#idleListeners.push(listener)
  }

  destroy(): void {
    this.#end()
    if (!this.#session.destroyed) this.#session.destroy()
    this.#connection.destroy()
  }

  get #room(): number {
    return Math.min(this.#peerStreams, this.#limits.http2Streams)
  }

  #watchSession(): void {
    const session = this.#session
    session.once('connect', () => {
      if (!session.destroyed) session.setLocalWindowSize(connectionWindow)
    })
    session.on('remoteSettings', ({ maxConcurrentStreams }) => {
      const could = this.canTake
      this.#peerStreams = maxConcurrentStreams ?? this.#limits.http2Streams
      if (!could && this.canTake) this.#tellIdle()
    })
    session.on('goaway', (_code: number, lastStream?: number) => {
      this.#lastStream = Math.min(this.#lastStream, lastStream ?? 0)
      this.#end()
    })
    // Push is off; nghttp2 ends the session of a peer that pushes, this is for the case that it did not.
    session.on('stream', (stream) => stream.close(errorCode.refusedStream))
    session.on('error', () => this.#end())
    session.once('close', () => {
      this.#end()
      this.#connection.destroy()
    })
  }

  /** Takes no more; what is under way may finish. */
  #retire(): void {
    this.#end()
    this.#session.close()
  }

  #onCallClose(call: UpstreamCall): void {
    const could = this.canTake
    this.#calls.delete(call)
    this.#useful += call.moved.received
    this.#sent += call.moved.sent
    if (!this.canTake) return
    if (!could || this.#calls.size === 0) this.#tellIdle()
  }

  #moved(): { useful: number; sent: number } {
    let useful = this.#useful
    let sent = this.#sent
    for (const { moved } of this.#calls) {
      useful += moved.received
      sent += moved.sent
    }
    return { useful: useful + this.#requests * this.#limits.headerBytes, sent }
  }

  #sweep(now: number, tickMs: number): void {
    for (const call of this.#calls) call.sweep(now, tickMs)
    // A session that was told to go, and has nothing left to do, is not left to the peer to end.
    if (this.#ended && this.#calls.size === 0) this.#guard.end(errorCode.none)
  }

  #end(): void {
    if (this.#ended) return
    this.#ended = true
    for (const listener of this.#endListeners.splice(0)) listener()
  }

  #tellIdle(): void {
    for (const listener of this.#idleListeners) listener()
  }
}

/** A call that came to nothing before it began; told later, as every other outcome is. */
function refusedCall(events: CallEvents, told: { error: Error; unsent: boolean }): Call {
  process.nextTick(() => events.failed(told.error, told.unsent))
  return { abort: () => undefined }
}

function toError(error: unknown): Error {
  return error instanceof Error ? error : new Error('the request could not be sent')
}

function sessionOptions(
  limits: ProxyLimits,
): ClientSessionOptions & Pick<ServerOptions, 'maxSessionInvalidFrames'> {
  return {
    settings: {
      enablePush: false,
      initialWindowSize: streamWindow,
      maxHeaderListSize: limits.headerBytes,
    },
    peerMaxConcurrentStreams: limits.http2Streams,
    maxHeaderListPairs: limits.headerLines * 2 + 8,
    maxSessionInvalidFrames: 100,
    maxSessionMemory: 32,
    maxSettings: 32,
    maxOutstandingPings: 4,
  }
}
