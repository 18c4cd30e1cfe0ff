/** Bounds of the proxy itself, none of which policy can lift. Times in milliseconds, sizes in bytes. */
export interface ProxyLimits {
  /** Connections of one sandbox at a time. */
  readonly connections: number
  /** From the first byte of a connection to the end of a SOCKS or CONNECT greeting. */
  readonly greetingMs: number
  /** From the first byte of a request to the end of its header. */
  readonly headersMs: number
  readonly clientHelloMs: number
  readonly clientHelloBytes: number
  readonly resolveMs: number
  readonly connectMs: number
  readonly tlsMs: number
  /** From the end of a request to the start of its answer. */
  readonly responseMs: number
  /** Nothing moved in either direction. */
  readonly idleMs: number
  /** Age at which a tunnel or WebSocket is cut. */
  readonly tunnelMs: number
  /** A request body slower than this, after a grace of 30 s, is cut. Bytes per second. */
  readonly uploadBytesPerSecond: number
  readonly headerLines: number
  readonly headerBytes: number
  /** Read of a connection before its request was judged. */
  readonly unjudgedBytes: number
  readonly http2Streams: number
  /** A body that has to be read whole before it is judged, decoded. */
  readonly judgedBodyBytes: number
  /** Bodies that are read whole, in all requests of a sandbox together. */
  readonly judgedBodiesBytes: number
  /** How long a credential may take to be had. */
  readonly credentialMs: number
  /** An upload below this is never told as unusual. */
  readonly unusualUploadBytes: number
  /** One message of gRPC on its way out, and how many one call may send. */
  readonly grpcMessageBytes: number
  readonly grpcMessages: number
  /** Leaf certificates kept. */
  readonly leaves: number
  readonly handshakesPerSecond: number
  /** Questions for names that are answered. */
  readonly questionsPerSecond: number
  /** Refusals that are told; what comes faster waits for its turn. */
  readonly refusalsPerSecond: number
  /** Decisions waiting for `onAsk`. */
  readonly pendingAsks: number
  readonly askMs: number
  readonly hookMs: number
  /** How long a grant or refusal of `onAsk` holds for equal requests. */
  readonly askTtlMs: number
  /** Idle connections to upstreams kept, and for how long. */
  readonly idleUpstreams: number
  readonly idleUpstreamMs: number
  /** Answers and aliases taken from one lookup, and the bounds of how long it is believed. */
  readonly addresses: number
  readonly minTtlMs: number
  readonly maxTtlMs: number
}

/** What holds unless an option says less or more. */
export const defaultLimits: ProxyLimits = Object.freeze({
  connections: 1024,
  greetingMs: 5_000,
  headersMs: 10_000,
  clientHelloMs: 5_000,
  clientHelloBytes: 16_384,
  resolveMs: 10_000,
  connectMs: 10_000,
  tlsMs: 10_000,
  responseMs: 600_000,
  idleMs: 300_000,
  tunnelMs: 86_400_000,
  uploadBytesPerSecond: 64,
  headerLines: 128,
  headerBytes: 32_768,
  unjudgedBytes: 65_536,
  http2Streams: 100,
  judgedBodyBytes: 16_777_216,
  judgedBodiesBytes: 134_217_728,
  credentialMs: 30_000,
  unusualUploadBytes: 1_048_576,
  grpcMessageBytes: 67_108_864,
  grpcMessages: 1_000_000,
  leaves: 256,
  handshakesPerSecond: 200,
  questionsPerSecond: 500,
  refusalsPerSecond: 500,
  pendingAsks: 64,
  askMs: 120_000,
  hookMs: 5_000,
  askTtlMs: 600_000,
  idleUpstreams: 64,
  idleUpstreamMs: 30_000,
  addresses: 16,
  minTtlMs: 1_000,
  maxTtlMs: 300_000,
})
