/** A header or trailer field: the name in lower case, the value without blanks at its ends, read as latin-1. */
export type Field = readonly [name: string, value: string]

/** A request as a client wrote it, after strict framing checks and before anything was judged. */
export interface IncomingHead {
  readonly version: '1.0' | '1.1' | '2'
  /** As written; case counts. `CONNECT` comes only at the proxy door and from HTTP/1. */
  readonly method: string
  /** HTTP/1: the request target as written (origin, absolute or authority form, or `*`). HTTP/2: `:path`. */
  readonly target: string
  /** `Host`, or `:authority`, as written; `null` when there was none (HTTP/1.0). */
  readonly authority: string | null
  /** HTTP/2: `:scheme`. HTTP/1: `null`. */
  readonly scheme: string | null
  /** In order, without pseudo fields and without `host`. */
  readonly headers: readonly Field[]
  /** The client asked to switch to WebSocket, in the form that RFC 6455, 4.1 wants. */
  readonly upgrade: 'websocket' | null
  /** The client waits for `100 Continue` before it sends the body. */
  readonly expectsContinue: boolean
}

/** A request as it is sent: rebuilt from what was judged. */
export interface OutgoingHead {
  readonly method: string
  readonly scheme: 'https' | 'http'
  /** Goes into `Host` or `:authority`: the name, and the port when it is not the scheme's own. */
  readonly authority: string
  /** Origin form: canonical path and query. */
  readonly target: string
  /** Without hop-by-hop fields, `host`, `content-length` and `transfer-encoding`: the sender frames anew. */
  readonly headers: readonly Field[]
  readonly upgrade: 'websocket' | null
}

/** The start of an answer. */
export interface ResponseHead {
  readonly status: number
  /** Without hop-by-hop fields, `content-length` and `transfer-encoding`: the sender frames anew. */
  readonly headers: readonly Field[]
  /**
   * Words of the status line, where a protocol has one, in place of the usual ones (RFC 9112, 4): what many
   * clients print of an answer, when they print nothing else. One line of printable ASCII.
   */
  readonly phrase?: string | undefined
}

/** Takes what a body holds. After `end` or `fail` nothing more is called. */
export interface BodySink {
  data(chunk: Uint8Array): void
  end(trailers: readonly Field[]): void
  /** The rest will not come; what was passed on must not be made to look complete. */
  fail(error: Error): void
}

/**
 * A body on its way: pushed, and paced by `pause` and `resume`. Nothing is called before `start`, and
 * nothing is called from within `start` itself.
 */
export interface Body {
  /** Bytes that were announced, or `null`. What comes is held to it by whoever reads the body. */
  readonly length: number | null
  start(sink: BodySink): void
  pause(): void
  resume(): void
  /** Nobody wants the rest. Idempotent; the sink is not called any more. */
  cancel(): void
}
