import { readClientHello, type ClientHello, type ClientHelloFault } from './client-hello-message.ts'

export type { ClientHello, ClientHelloFault } from './client-hello-message.ts'

const handshakeRecord = 22
const clientHello = 1
const recordHeaderBytes = 5
const messageHeaderBytes = 4
/** RFC 8446, 5.1 */
const longestRecord = 16_384

/**
 * Puts a ClientHello together from the first bytes of a connection, however they are cut into chunks and
 * the message into TLS records. Looks at nothing behind the message, and keeps no chunk.
 */
export class ClientHelloParser {
  readonly #limit: number
  readonly #recordHeader = Buffer.alloc(recordHeaderBytes)
  #headerFilled = 0
  #recordLeft = 0
  #message: Buffer = Buffer.alloc(messageHeaderBytes)
  #messageFilled = 0
  #hasLength = false
  #taken = 0
  #result: ClientHello | ClientHelloFault | null = null

  /** `limit` bounds the bytes looked at, headers of records included. */
  constructor(limit: number) {
    this.#limit = limit
  }

  /** `more` until the whole message was seen or a fault was found; from then on always the same. */
  push(chunk: Buffer): 'more' | ClientHello | ClientHelloFault {
    const end = Math.min(chunk.length, this.#limit - this.#taken)
    let offset = 0
    while (this.#result === null && offset < end) {
      const rest = chunk.subarray(offset, end)
      offset += this.#recordLeft === 0 ? this.#takeHeader(rest) : this.#takeMessage(rest)
    }
    this.#taken += offset
    if (this.#result === null && this.#taken === this.#limit)
      this.#fail('the ClientHello is too long')
    return this.#result ?? 'more'
  }

  #fail(fault: string): void {
    this.#result = { fault }
  }

  #takeHeader(bytes: Buffer): number {
    const taken = bytes.copy(this.#recordHeader, this.#headerFilled)
    this.#headerFilled += taken
    // What is no TLS is told by its first byte, without waiting for bytes that may never come.
    const [kind, major] = this.#recordHeader
    if (kind !== handshakeRecord) this.#fail('the first record is no TLS handshake')
    else if (this.#headerFilled > 1 && major !== 3) this.#fail('the record has no TLS version')
    else if (this.#headerFilled === recordHeaderBytes) this.#startRecord()
    return taken
  }

  #startRecord(): void {
    this.#headerFilled = 0
    this.#recordLeft = this.#recordHeader.readUInt16BE(3)
    if (this.#recordLeft === 0 || this.#recordLeft > longestRecord) {
      this.#fail('the record has a length that it cannot have')
    }
  }

  #takeMessage(bytes: Buffer): number {
    const taken = bytes.subarray(0, this.#recordLeft).copy(this.#message, this.#messageFilled)
    this.#messageFilled += taken
    this.#recordLeft -= taken
    if (this.#messageFilled < this.#message.length) return taken
    if (this.#hasLength) this.#finish()
    else this.#startMessage()
    return taken
  }

  #startMessage(): void {
    const length = this.#message.readUIntBE(1, 3)
    if (this.#message[0] !== clientHello) this.#fail('the first message is no ClientHello')
    else if (length === 0) this.#fail('the ClientHello is empty')
    else if (length > this.#limit) this.#fail('the ClientHello is too long')
    else this.#message = Buffer.alloc(length)
    this.#messageFilled = 0
    this.#hasLength = true
  }

  #finish(): void {
    // RFC 8446, 5.1: nothing may follow in the record, since keys may change behind the message.
    if (this.#recordLeft > 0) this.#fail('the record goes on behind the ClientHello')
    else this.#result = readClientHello(this.#message)
  }
}
