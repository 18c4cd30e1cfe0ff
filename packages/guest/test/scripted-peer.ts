import type { Duplex } from 'node:stream'
import { Writer } from '../dist/encode.js'
import { encodeHeader } from '../dist/frame.js'
import { bound, frameType } from '../dist/protocol.js'

/** A frame of the host. */
export interface HostFrame {
  readonly type: number
  readonly flags: number
  readonly stream: number
  readonly payload: Buffer
}

/** Type, stream, payload and flags of a frame. */
export type FrameFields = [type: number, stream: number, payload?: Uint8Array, flags?: number]

/** The bytes of a frame. */
export function frameBytes(...fields: FrameFields): Buffer {
  const [type, stream, payload = Buffer.alloc(0), flags = 0] = fields
  return Buffer.concat([encodeHeader({ type, flags, stream }, payload.length), payload])
}

/** The payload of HELLO. */
export function helloPayload(version: number = bound.PROTOCOL_VERSION): Buffer {
  return new Writer().u16(version).u32(0).u32(1).u64(0).u32(0).finish()
}

/** The payload of a good EXIT. */
export function exitPayload(code = 0, how = 0, flags = 0): Buffer {
  return new Writer().u8(how).u32(code).u64(1500).u64(4096).u8(flags).finish()
}

/** A u32 alone, as WINDOW, RESET and CONNECTED have it. */
export function u32(value: number): Buffer {
  return new Writer().u32(value).finish()
}

/** The payload of SPAWNED. */
export function spawnedPayload(errnum = 0, pid = 7, stage = 'exec'): Buffer {
  const payload = new Writer().u32(errnum).u32(pid)
  return (errnum === 0 ? payload : payload.str(stage)).finish()
}

/** The guest's side of a link, told by a test what to say. */
export class ScriptedPeer {
  readonly link: Duplex
  closed = false
  readonly #frames: HostFrame[] = []
  readonly #waiting: ((frame: HostFrame) => void)[] = []
  #pending: Buffer = Buffer.alloc(0)

  constructor(link: Duplex, onFrame?: (frame: HostFrame) => void) {
    this.link = link
    link.on('data', (chunk: Buffer) => this.#receive(chunk, onFrame))
    link.on('end', () => {
      this.closed = true
    })
    link.on('error', () => undefined)
  }

  send(...fields: FrameFields): void {
    this.link.write(frameBytes(...fields))
  }

  /** The next frame of the host, in order. */
  next(): Promise<HostFrame> {
    const frame = this.#frames.shift()
    return frame === undefined
      ? new Promise((resolve) => this.#waiting.push(resolve))
      : Promise.resolve(frame)
  }

  /** The next frame of one type; others before it are thrown away. */
  async expect(type: number): Promise<HostFrame> {
    for (;;) {
      const frame = await this.next()
      if (frame.type === type) return frame
    }
  }

  /** Takes SETUP and says hello. */
  async greet(): Promise<HostFrame> {
    const setup = await this.next()
    this.send(frameType.HELLO, 0, helloPayload())
    return setup
  }

  /** Frames that came and nobody took. */
  get untaken(): readonly HostFrame[] {
    return this.#frames
  }

  #receive(chunk: Buffer, onFrame?: (frame: HostFrame) => void): void {
    this.#pending = Buffer.concat([this.#pending, chunk])
    while (this.#pending.length >= bound.FRAME_HEADER_BYTES) {
      const size = bound.FRAME_HEADER_BYTES + this.#pending.readUInt32LE(0)
      if (this.#pending.length < size) return
      const frame = {
        type: this.#pending.readUInt8(4),
        flags: this.#pending.readUInt8(5),
        stream: this.#pending.readUInt32LE(6),
        payload: this.#pending.subarray(bound.FRAME_HEADER_BYTES, size),
      }
      this.#pending = this.#pending.subarray(size)
      if (onFrame !== undefined) onFrame(frame)
      else this.#keep(frame)
    }
  }

  #keep(frame: HostFrame): void {
    const waiting = this.#waiting.shift()
    if (waiting === undefined) this.#frames.push(frame)
    else waiting(frame)
  }
}
