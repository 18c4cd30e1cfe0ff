import type { Duplex } from 'node:stream'
import type { Body, IncomingHead, OutgoingHead, ResponseHead } from './http-message.ts'

/** Why a connection or stream of a client is ended without an answer of the usual form. */
export interface ProtocolFault {
  /** `bad_request` (malformed, ambiguous or smuggling), `limit` (too large, too many, too slow), `closed`. */
  readonly code: 'bad_request' | 'limit' | 'timeout'
  /** What was wrong, in words of our own: nothing of the client's bytes is in it. */
  readonly message: string
}

/** One request of a client and the way to answer it; HTTP/1 and HTTP/2 alike. */
export interface Exchange {
  readonly head: IncomingHead
  /** `null` when the request has no body. */
  readonly body: Body | null
  /** Tells the client to send the body. Does nothing unless it waits for that. */
  continue(): void
  /**
   * Answers, once. A body that fails ends the connection or stream, so that the client sees a cut. An
   * unread request body is discarded: HTTP/1 closes the connection when it is too long for that.
   */
  respond(head: ResponseHead, body: Body | null): void
  /**
   * Answers with a change of protocol (`101`, or `200` to CONNECT) and hands over the connection,
   * beginning with bytes that were read already. HTTP/1 only, and only for an upgrade or CONNECT.
   */
  switchTo(head: ResponseHead): Duplex
  /** Ends without a complete answer: the connection or stream is reset. Idempotent. */
  abort(): void
  /** Called once, when the answer was handed over in full (`true`) or the client or the proxy gave up (`false`). */
  onClose(listener: (complete: boolean) => void): void
}

/** What a front (a connection of a client) reports. */
export interface FrontEvents {
  onExchange(exchange: Exchange): void
  /** The front answered or closed by itself; told for the audit trail. */
  onFault(fault: ProtocolFault): void
}

/** How a request to an upstream went. Exactly one of `responded`, `switched` and `failed` comes first. */
export interface CallEvents {
  /** An interim answer (1xx but 101). `100` is told when the upstream wants the body now. */
  informed(status: number): void
  responded(head: ResponseHead, body: Body | null): void
  /** The upstream changed to WebSocket; the connection is the receiver's now. */
  switched(head: ResponseHead, connection: Duplex): void
  /** Before an answer. `unsent`: the upstream saw nothing of the request, so another connection may be tried. */
  failed(error: Error, unsent: boolean): void
}

/** A request on its way to an upstream. */
export interface Call {
  /** Resets the stream or connection: the upstream sees a cut, never an end. Idempotent. */
  abort(): void
}

/** A connection to an upstream that takes requests. */
export interface UpstreamConnection {
  /** HTTP/1: one at a time; HTTP/2: as many as the peer allows. */
  readonly canTake: boolean
  /** HTTP/2 tells whether a request on it is not over yet: only when none is, an idle one may be closed. */
  readonly inUse?: boolean
  request(head: OutgoingHead, body: Body | null, events: CallEvents): Call
  /** Called once when no further request can be sent on it. */
  onEnd(listener: () => void): void
  /** Called when `canTake` turned true again. */
  onIdle(listener: () => void): void
  destroy(): void
}
