import type { SandboxError } from '@caisson/core'
import { Reader } from './decode.ts'
import { Writer } from './encode.ts'
import { errnoName } from './errno.ts'
import type { FrameHeader } from './frame.ts'
import type { GuestLink } from './link.ts'
import { frameType } from './protocol.ts'
import { fileError, protocolError } from './protocol-error.ts'
import type { StreamReceiver } from './stream-table.ts'

/** One call. */
export interface FileCall<T> {
  readonly operation: number
  /** What is done, for messages: `stat`. */
  readonly what: string
  readonly path: string
  readonly fields: (writer: Writer) => Writer
  /** Sent after the fields, with its length in front; not copied. */
  readonly data?: Uint8Array | undefined
  /** Reads the fields of the reply, which must have no more of them. */
  readonly reply: (reader: Reader) => T
}

// Enough to keep init busy; few enough that a caller with thousands of files leaves streams for commands.
const callsMost = 256

/** Calls that init answers by itself. More than 256 at once wait for their turn. */
export class FileCalls {
  readonly #link: GuestLink
  readonly #waiting: (() => void)[] = []
  #running = 0

  constructor(link: GuestLink) {
    this.#link = link
  }

  async call<T>(request: FileCall<T>): Promise<T> {
    if (this.#running >= callsMost) await new Promise<void>((go) => this.#waiting.push(go))
    else this.#running += 1
    try {
      await this.#link.ready()
      return await send(this.#link, request)
    } finally {
      const next = this.#waiting.shift()
      // The place goes straight to the next in line.
      if (next === undefined) this.#running -= 1
      else next()
    }
  }
}

/** `call` for operations whose reply has no fields. */
export const nothing = (): void => undefined

function send<T>(link: GuestLink, request: FileCall<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const payload = request.fields(new Writer(256).u8(request.operation))
    const { data } = request
    if (data !== undefined) payload.u32(data.length)
    const receiver: StreamReceiver = {
      frame(header: FrameHeader, bytes: Buffer) {
        if (header.type !== frameType.REPLY)
          throw protocolError(`frame type ${header.type} on a call`)
        const reader = new Reader(bytes)
        const number = reader.u32()
        if (number === 0) resolve(replyOf(request, reader))
        else reject(fileError(errnoName(number), request.what, request.path))
        link.remove(header.stream)
      },
      data() {
        throw protocolError('data on a call')
      },
      lost: (error: SandboxError) => reject(error),
    }
    const stream = link.open(receiver)
    const parts = data === undefined ? [payload.finish()] : [payload.finish(), data]
    link.send({ type: frameType.CALL, flags: 0, stream }, parts)
  })
}

function replyOf<T>(request: FileCall<T>, reader: Reader): T {
  const value = request.reply(reader)
  reader.end()
  return value
}
