import type { BodyView } from '../body/body-view.ts'
import type { Field } from '../http-message.ts'
import type { FoundCarrier } from '../identity/found-carrier.ts'

/**
 * How a request came in: `connect` (HTTP CONNECT), `http` (absolute form), `socks`, `tls` and `plain`
 * (transparent), `resolver` (a name was asked).
 */
export type Door = 'connect' | 'http' | 'socks' | 'tls' | 'plain' | 'resolver'

/** A name is asked for. */
export interface NameRequest {
  readonly kind: 'name'
  readonly door: Door
  /** Canonical: lower case, A-labels, no dot at the end. */
  readonly host: string
}

/** A connection is asked for; nothing inside it was seen. */
export interface ConnectionRequest {
  readonly kind: 'connection'
  readonly door: Door
  readonly host: string
  readonly port: number
}

/** A request whose every part can be seen. */
export interface HttpRequest {
  readonly kind: 'http'
  readonly door: Door
  readonly host: string
  readonly port: number
  readonly scheme: 'https' | 'http'
  readonly method: string
  /** Canonical path, without query. */
  readonly path: string
  /** Canonical query, decoded, in order. Empty without one. */
  readonly query: readonly (readonly [key: string, value: string])[]
  readonly headers: readonly Field[]
  readonly websocket: boolean
  /** Everything in it, but for the body, that says in whose name it comes. */
  readonly carriers: readonly FoundCarrier[]
  /** `null` while it is not read: then nothing about it is judged, and `Needs.body` says whether it has to be. */
  readonly body: JudgedBody | null
}

/** A body that was read whole. */
export interface JudgedBody {
  readonly view: BodyView
  /** Bytes, decoded. */
  readonly length: number
  /** What in it says in whose name it comes. */
  readonly carriers: readonly FoundCarrier[]
}

/** What is judged. Everything in it is in canonical form, and what is sent is made from it. */
export type Request = NameRequest | ConnectionRequest | HttpRequest
