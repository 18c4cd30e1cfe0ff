/** The error codes of RFC 9113, 7 that are sent from here. */
export const errorCode: {
  readonly none: number
  readonly protocol: number
  readonly internal: number
  readonly frameSize: number
  readonly refusedStream: number
  readonly cancel: number
  readonly enhanceYourCalm: number
} = Object.freeze({
  none: 0x0,
  protocol: 0x1,
  internal: 0x2,
  frameSize: 0x6,
  refusedStream: 0x7,
  cancel: 0x8,
  enhanceYourCalm: 0xb,
})

/** Why a request over HTTP/2 came to nothing. `timeout` is ours, the others are the peer's doing. */
export class Http2Error extends Error {
  readonly code: 'timeout' | 'reset' | 'malformed' | 'limit' | 'closed'

  constructor(code: Http2Error['code'], message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'Http2Error'
    this.code = code
  }
}
