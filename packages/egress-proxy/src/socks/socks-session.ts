import {
  destinationOf,
  longestSocksMessage,
  neededBytes,
  passwordOf,
  type SocksDestination,
  type SocksStage,
} from './socks-message.ts'
import { socksCodes, socksReply } from './socks-reply.ts'
import { matchesToken, tokenDigest } from './token-digest.ts'

/** What has to be done next, in order. */
export type SocksEvent =
  | { readonly kind: 'reply'; readonly bytes: Buffer }
  /** A connection is asked for. `rest` came behind the request. The answer is made with `socksReply`. */
  | { readonly kind: 'request'; readonly destination: SocksDestination; readonly rest: Buffer }
  /** The connection must be ended, once the replies before are written. `fault` says why, in our words. */
  | {
      readonly kind: 'close'
      readonly code: 'bad_request' | 'unauthorized'
      readonly fault: string
    }

const noAuthentication = 0
const usernamePassword = 2
const noneAcceptable = 0xff
const connectCommand = 1

/**
 * The server's side of SOCKS5 (RFC 1928) up to the request, without any I/O. CONNECT alone is spoken, and
 * of the methods one: none when there is no token, user name and password (RFC 1929) when there is. The
 * token is the password; the user name means nothing. SOCKS 4 and 4a are closed without an answer.
 */
export class SocksSession {
  readonly #digest: Buffer | null
  readonly #message = Buffer.alloc(longestSocksMessage)
  #filled = 0
  #stage: SocksStage | 'ended' = 'greeting'

  constructor(token: string | null) {
    this.#digest = token === null ? null : tokenDigest(token)
  }

  /** Takes bytes of the client, cut anyhow. Nothing may be pushed behind a `request` or `close`. */
  push(chunk: Buffer): readonly SocksEvent[] {
    if (this.#stage === 'ended')
      return [{ kind: 'close', code: 'bad_request', fault: 'bytes came behind the greeting' }]
    const events: SocksEvent[] = []
    let offset = 0
    for (let copied = -1; copied !== 0; offset += copied) {
      copied = this.#fill(chunk.subarray(offset))
      if (copied > 0) this.#advance(events)
    }
    return events.map((event) =>
      event.kind === 'request' ? { ...event, rest: chunk.subarray(offset) } : event,
    )
  }

  /** Copies what the message still needs; nothing when the chunk is used up or the session has ended. */
  #fill(bytes: Buffer): number {
    if (this.#stage === 'ended') return 0
    const needed = neededBytes(this.#stage, this.#message, this.#filled)
    const copied = bytes.copy(this.#message, this.#filled, 0, needed - this.#filled)
    this.#filled += copied
    return copied
  }

  /** Takes the message as soon as it is whole, or shows by its first bytes that it is none. */
  #advance(events: SocksEvent[]): void {
    const stage = this.#stage
    if (stage === 'ended') return
    if (this.#message[0] !== (stage === 'password' ? 1 : 5)) {
      this.#close(events, 'the client speaks another version')
      return
    }
    if (neededBytes(stage, this.#message, this.#filled) > this.#filled) return
    const message = Buffer.from(this.#message.subarray(0, this.#filled))
    this.#filled = 0
    if (stage === 'greeting') this.#greet(events, message)
    else if (stage === 'password') this.#authenticate(events, message)
    else this.#request(events, message)
  }

  #greet(events: SocksEvent[], message: Buffer): void {
    const method = this.#digest === null ? noAuthentication : usernamePassword
    if (!message.subarray(2).includes(method)) {
      events.push({ kind: 'reply', bytes: Buffer.from([5, noneAcceptable]) })
      this.#close(events, 'the client offers no method that is accepted', 'unauthorized')
      return
    }
    events.push({ kind: 'reply', bytes: Buffer.from([5, method]) })
    this.#stage = this.#digest === null ? 'request' : 'password'
  }

  #authenticate(events: SocksEvent[], message: Buffer): void {
    const granted = this.#digest !== null && matchesToken(this.#digest, passwordOf(message))
    events.push({ kind: 'reply', bytes: Buffer.from([1, granted ? 0 : 1]) })
    if (granted) this.#stage = 'request'
    else this.#close(events, 'the password is not the token', 'unauthorized')
  }

  #request(events: SocksEvent[], message: Buffer): void {
    const destination = destinationOf(message)
    if (message[1] !== connectCommand) {
      events.push({ kind: 'reply', bytes: socksReply(socksCodes.commandNotSupported) })
      this.#close(events, 'the client asks for something other than a connection')
    } else if (message[2] !== 0) {
      events.push({ kind: 'reply', bytes: socksReply(socksCodes.failed) })
      this.#close(events, 'a reserved byte of the request is set')
    } else if (destination === null) {
      events.push({ kind: 'reply', bytes: socksReply(socksCodes.addressNotSupported) })
      this.#close(events, 'the request has an unknown kind of address')
    } else if (destination.port === 0) {
      events.push({ kind: 'reply', bytes: socksReply(socksCodes.notAllowed) })
      this.#close(events, 'the request names port 0')
    } else {
      events.push({ kind: 'request', destination, rest: Buffer.alloc(0) })
      this.#stage = 'ended'
    }
  }

  #close(
    events: SocksEvent[],
    fault: string,
    code: 'bad_request' | 'unauthorized' = 'bad_request',
  ): void {
    events.push({ kind: 'close', code, fault })
    this.#stage = 'ended'
  }
}
