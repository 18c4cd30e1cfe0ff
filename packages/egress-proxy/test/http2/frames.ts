import { once } from 'node:events'
import net from 'node:net'
import type { Field } from '../../dist/http-message.js'

export const kind = {
  data: 0,
  headers: 1,
  priority: 2,
  reset: 3,
  settings: 4,
  push: 5,
  ping: 6,
  goaway: 7,
  window: 8,
  continuation: 9,
}

export const preface: Buffer = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n')

/** A frame as RFC 9113, 4.1 draws it. */
export function frame(
  type: number,
  at: { flags?: number; stream?: number },
  payload: Uint8Array = new Uint8Array(),
): Buffer {
  const head = Buffer.alloc(9)
  head.writeUIntBE(payload.length, 0, 3)
  head[3] = type
  head[4] = at.flags ?? 0
  head.writeUInt32BE(at.stream ?? 0, 5)
  return Buffer.concat([head, payload])
}

export function number32(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(value)
  return bytes
}

function text(value: string): Buffer {
  const bytes = Buffer.from(value, 'latin1')
  if (bytes.length < 127) return Buffer.concat([Buffer.from([bytes.length]), bytes])
  const prefix = [127]
  let left = bytes.length - 127
  for (; left >= 128; left = Math.floor(left / 128)) prefix.push((left % 128) + 128)
  prefix.push(left)
  return Buffer.concat([Buffer.from(prefix), bytes])
}

/** Fields as HPACK literals without indexing: any byte can be sent. */
export function pack(fields: readonly Field[]): Buffer {
  return Buffer.concat(
    fields.flatMap(([name, value]) => [Buffer.from([0]), text(name), text(value)]),
  )
}

/** A header in one HEADERS frame and as many CONTINUATION frames as it needs. */
export function headersFrames(stream: number, fields: readonly Field[], end = true): Buffer {
  const block = pack(fields)
  const frames: Buffer[] = []
  for (let at = 0; at === 0 || at < block.length; at += 16_384) {
    const last = at + 16_384 >= block.length
    const flags = (last ? 4 : 0) | (at === 0 && end ? 1 : 0)
    const type = at === 0 ? kind.headers : kind.continuation
    frames.push(frame(type, { flags, stream }, block.subarray(at, at + 16_384)))
  }
  return Buffer.concat(frames)
}

export const get: readonly Field[] = [
  [':method', 'GET'],
  [':scheme', 'https'],
  [':path', '/'],
  [':authority', 'a.test'],
]

export interface Frame {
  readonly type: number
  readonly flags: number
  readonly stream: number
  readonly payload: Buffer
}

/** A peer that writes what it likes and keeps the frames that come back. */
export class RawPeer {
  readonly frames: Frame[] = []
  ended = false
  readonly #socket: net.Socket
  #skip: number
  #rest: Buffer = Buffer.alloc(0)
  #waiting: (() => void)[] = []

  /** `skip`: bytes before the first frame, such as the preface of a client. */
  constructor(socket: net.Socket, skip = 0) {
    this.#socket = socket
    this.#skip = skip
    socket.setNoDelay(true)
    socket.on('error', () => undefined)
    socket.on('data', (chunk: Buffer) => this.#onData(chunk))
    socket.on('close', () => {
      this.ended = true
      this.#wake()
    })
  }

  static async connect(port: number): Promise<RawPeer> {
    const socket = net.connect(port, '127.0.0.1')
    await once(socket, 'connect')
    const peer = new RawPeer(socket)
    peer.write(preface, frame(kind.settings, {}))
    return peer
  }

  write(...parts: Uint8Array[]): void {
    if (!this.#socket.destroyed) this.#socket.write(Buffer.concat(parts))
  }

  /** Writes at the pace of the other side; resolves when it took the bytes, or will take none. */
  async pour(part: Uint8Array): Promise<void> {
    await new Promise<void>((resolve) => {
      if (this.#socket.destroyed) setImmediate(resolve)
      else this.#socket.write(part, () => resolve())
    })
  }

  end(): void {
    this.#socket.destroy()
  }

  /** Waits for a frame that `isIt`, or the end of the connection (`undefined`). */
  async frame(isIt: (frame: Frame) => boolean): Promise<Frame | undefined> {
    for (;;) {
      const found = this.frames.find(isIt)
      if (found !== undefined || this.ended) return found
      await new Promise<void>((resolve) => this.#waiting.push(resolve))
    }
  }

  /** What became of a stream: `headers`, `reset 1`, or `end` of the connection. */
  async outcome(stream: number): Promise<string> {
    const found = await this.frame(
      (frame) =>
        (frame.stream === stream && (frame.type === kind.headers || frame.type === kind.reset)) ||
        frame.type === kind.goaway,
    )
    if (found === undefined) return 'end'
    if (found.type === kind.headers) return 'headers'
    if (found.type === kind.goaway) return `goaway ${found.payload.readUInt32BE(4)}`
    return `reset ${found.payload.readUInt32BE(0)}`
  }

  async closed(): Promise<void> {
    while (!this.ended) await new Promise<void>((resolve) => this.#waiting.push(resolve))
  }

  #onData(chunk: Buffer): void {
    const skipped = Math.min(this.#skip, chunk.length)
    this.#skip -= skipped
    this.#rest = Buffer.concat([this.#rest, chunk.subarray(skipped)])
    while (this.#rest.length >= 9) {
      const length = this.#rest.readUIntBE(0, 3)
      if (this.#rest.length < 9 + length) break
      this.frames.push({
        type: this.#rest[3] ?? 0,
        flags: this.#rest[4] ?? 0,
        stream: this.#rest.readUInt32BE(5),
        payload: this.#rest.subarray(9, 9 + length),
      })
      this.#rest = this.#rest.subarray(9 + length)
    }
    this.#wake()
  }

  #wake(): void {
    for (const resolve of this.#waiting.splice(0)) resolve()
  }
}
