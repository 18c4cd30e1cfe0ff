import type { Body } from '../http-message.ts'

/** A body that was read whole, or why it was not. */
export type Gathered =
  { readonly bytes: Buffer } | { readonly fault: 'too_large' | 'no_room' | 'broken_off' }

/** Bytes that may wait in memory for their judgement, in all requests of a proxy together. */
export class BodyRoom {
  readonly #most: number
  #taken = 0

  constructor(most: number) {
    this.#most = most
  }

  get taken(): number {
    return this.#taken
  }

  take(bytes: number): boolean {
    if (this.#taken + bytes > this.#most) return false
    this.#taken += bytes
    return true
  }

  give(bytes: number): void {
    this.#taken -= bytes
  }
}

/**
 * Reads a body whole before anything of it is sent, within its own bound and within what there is room for.
 * The room is the caller's to give back, `bytes.length` of it, when the bytes are not needed any more.
 */
export function gatherBody(
  body: Body,
  most: number,
  { room, onLeave }: { readonly room: BodyRoom; readonly onLeave: (listener: () => void) => void },
): Promise<Gathered> {
  if (body.length !== null && body.length > most) {
    body.cancel()
    return Promise.resolve({ fault: 'too_large' })
  }
  return new Promise((resolve) => {
    const chunks: Uint8Array[] = []
    let bytes = 0
    let over = false
    const fail = (fault: 'too_large' | 'no_room' | 'broken_off'): void => {
      if (over) return
      over = true
      room.give(bytes)
      bytes = 0
      chunks.length = 0
      resolve({ fault })
    }
    // A front that gives a request up need not tell its body.
    onLeave(() => fail('broken_off'))
    body.start({
      data: (chunk) => {
        if (over) return
        const isFit = bytes + chunk.length <= most
        if (isFit && room.take(chunk.length)) {
          bytes += chunk.length
          chunks.push(chunk)
          return
        }
        body.cancel()
        fail(isFit ? 'no_room' : 'too_large')
      },
      // What a trailer says of the body nobody has judged.
      end: () => {
        if (over) return
        over = true
        resolve({ bytes: Buffer.concat(chunks, bytes) })
      },
      fail: () => fail('broken_off'),
    })
  })
}
