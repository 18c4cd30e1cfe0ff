import type { SandboxError } from '@caisson/core'
import { Duplex } from 'node:stream'
import { ReceiveCredit } from './credit.ts'
import { Reader } from './decode.ts'
import { deferred } from './deferred.ts'
import { Writer } from './encode.ts'
import { errno, errnoName } from './errno.ts'
import type { FrameHeader } from './frame.ts'
import type { GuestLink } from './link.ts'
import { keepable } from './output-backlog.ts'
import { frameType } from './protocol.ts'
import { fileError, protocolError } from './protocol-error.ts'
import { SendQueue } from './send-queue.ts'
import type { StreamReceiver } from './stream-table.ts'

const closedWrite = (): Error => fileError('EPIPE', 'writing to a connection')

/** A connection to a TCP port on loopback inside, with credit both ways. */
class Connection extends Duplex implements StreamReceiver {
  readonly #link: GuestLink
  readonly #id: number
  readonly #port: number
  readonly #incoming: ReceiveCredit
  readonly #outgoing: SendQueue
  readonly #connected = deferred<this>()
  readonly #arrived: Buffer[] = []
  #open = false
  #over = false
  #wanted = false
  #ended = false

  constructor(link: GuestLink, port: number) {
    super({ allowHalfOpen: true })
    // The other side can reset before the caller has had a turn to listen; that must not end the host process.
    this.on('error', () => undefined)
    this.#link = link
    this.#port = port
    this.#id = link.open(this)
    const id = { stream: this.#id, channel: 0 }
    this.#incoming = new ReceiveCredit(link, id)
    this.#outgoing = new SendQueue(link, id)
    this.#send(frameType.CONNECT, new Writer(16).u8(0).u16(port).str('').finish())
  }

  get connected(): Promise<this> {
    return this.#connected.promise
  }

  frame(header: FrameHeader, payload: Buffer): void {
    const reader = new Reader(payload)
    if (header.type === frameType.CONNECTED) return this.#answer(reader.u32())
    if (header.type === frameType.RESET) return this.#reset(reader.u32())
    if (!this.#open) throw protocolError(`frame type ${header.type} before CONNECTED`)
    if (header.flags !== 0) throw protocolError(`channel ${header.flags} on a connection`)
    if (header.type === frameType.EOF) return this.#eof()
    if (header.type === frameType.WINDOW) return this.#outgoing.grant(reader.u32())
    throw protocolError(`frame type ${header.type} on a connection`)
  }

  data(header: FrameHeader, piece: Buffer): void {
    if (!this.#open || header.flags !== 0) throw protocolError('data before CONNECTED')
    this.#incoming.take(piece.length)
    this.#arrived.push(keepable(piece))
    this.#deliver()
  }

  lost(error: SandboxError): void {
    this.#over = true
    this.#outgoing.lost(error)
    this.#connected.reject(error)
    this.destroy(this.#open ? error : undefined)
  }

  override _read(): void {
    this.#wanted = true
    this.#deliver()
  }

  override _write(chunk: Buffer, _: BufferEncoding, done: (error?: Error | null) => void): void {
    this.#outgoing.write(chunk, done)
  }

  override _final(done: (error?: Error | null) => void): void {
    this.#outgoing.end(closedWrite)
    this.#closeWhenBothEnded()
    done()
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.#arrived.length = 0
    if (!this.#over) {
      this.#over = true
      this.#send(frameType.RESET, new Writer(4).u32(errno.ECANCELED).finish())
      this.#link.retire(this.#id, this.#incoming.left)
    }
    this.#outgoing.refuse(closedWrite)
    done(error)
  }

  #send(type: number, payload: Uint8Array): void {
    this.#link.send({ type, flags: 0, stream: this.#id }, [payload])
  }

  #answer(number: number): void {
    if (this.#open) throw protocolError('CONNECTED twice')
    if (number === 0) {
      this.#open = true
      this.#connected.resolve(this)
      return
    }
    this.#over = true
    this.#link.remove(this.#id)
    this.#connected.reject(fileError(errnoName(number), `connecting to port ${this.#port}`))
    this.destroy()
  }

  #reset(number: number): void {
    if (!this.#open) throw protocolError('RESET before CONNECTED')
    this.#over = true
    this.#link.remove(this.#id)
    this.destroy(fileError(errnoName(number), `the connection to port ${this.#port}`))
  }

  #eof(): void {
    this.#incoming.close()
    this.#ended = true
    this.#closeWhenBothEnded()
    this.#deliver()
  }

  #closeWhenBothEnded(): void {
    if (!this.#ended || !this.#outgoing.ended || this.#over) return
    this.#over = true
    this.#link.retire(this.#id, 0)
  }

  #deliver(): void {
    while (this.#wanted && this.#arrived.length > 0) {
      const piece = this.#arrived.shift()
      if (piece === undefined) return
      this.#wanted = this.push(piece)
      this.#incoming.give(piece.length)
    }
    if (this.#ended && this.#arrived.length === 0) this.push(null)
  }
}

/** Connects to a port inside; rejects with `FILE` and the errno, such as `ECONNREFUSED`. */
export async function connectPort(link: GuestLink, port: number): Promise<Duplex> {
  if (!Number.isInteger(port) || port < 1 || port > 0xffff) {
    throw new TypeError(`${port} is not a port: 1 to 65535`)
  }
  return await new Connection(link, port).connected
}
