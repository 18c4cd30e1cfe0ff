import type { Field } from '../http-message.ts'
import { MessageFault } from './message-fault.ts'

/** Where a decoder puts what it finds. */
export interface DecodedBody {
  data(chunk: Buffer): void
  end(trailers: readonly Field[]): void
}

/** Tells the bytes of a body from those that follow it. */
export interface BodyDecoder {
  /** Gives on what `chunk` holds of the body, and returns where in `chunk` the body did not go on. */
  take(chunk: Buffer, body: DecodedBody): number
  /** The connection ended. @throws MessageFault when that cuts the body. */
  close(body: DecodedBody): void
}

const none: readonly Field[] = Object.freeze([])

/** A body of an announced length above zero. */
export class LengthDecoder implements BodyDecoder {
  #left: number

  constructor(length: number) {
    this.#left = length
  }

  take(chunk: Buffer, body: DecodedBody): number {
    const taken = Math.min(chunk.length, this.#left)
    this.#left -= taken
    if (taken > 0) body.data(taken === chunk.length ? chunk : chunk.subarray(0, taken))
    if (this.#left === 0) body.end(none)
    return taken
  }

  close(): void {
    throw new MessageFault('The connection ended within a body.')
  }
}

/** The body of an answer that lasts as long as its connection. */
export class UntilCloseDecoder implements BodyDecoder {
  take(chunk: Buffer, body: DecodedBody): number {
    body.data(chunk)
    return chunk.length
  }

  close(body: DecodedBody): void {
    body.end(none)
  }
}
