import type { Duplex } from 'node:stream'
import { Reader } from '../dist/decode.js'
import { Writer } from '../dist/encode.js'
import { call, frameType, kind } from '../dist/protocol.js'
import {
  exitPayload,
  frameBytes,
  helloPayload,
  ScriptedPeer,
  spawnedPayload,
  u32,
  type FrameFields,
  type HostFrame,
} from './scripted-peer.ts'

/** Puts the bytes of one frame on the link, or something else. */
export type Emit = (frame: Buffer) => void

const builtinOutput: Readonly<Record<string, () => Buffer>> = {
  listening: () => new Writer().u16(8080).u16(22).finish(),
  usage: () => new Writer().u64(4096).u64(1000).u32(3).finish(),
  changes: () =>
    Buffer.concat([
      new Writer().u8(1).u8(kind.DIRECTORY).u64(0).u32(0o755).str('a').finish(),
      new Writer().u8(2).u8(kind.FILE).u64(7).u32(0o644).str('a/b').finish(),
    ]),
  'upper-read': () => Buffer.alloc(70_000, 'u'),
  'upper-readlink': () => Buffer.from('to/where'),
  'tar-out': () => Buffer.alloc(100_000, 't'),
  sentinel: () => Buffer.alloc(0),
  watch: () => new Writer().u8(1).str('/w/new').u8(3).str('/w/new').finish(),
}

/** A guest that keeps the protocol, in memory: enough of one to hold every kind of conversation. */
export class HonestGuest {
  readonly #emit: Emit
  readonly #kinds = new Map<number, 'process' | 'connection'>()

  /** What came from the host and was answered. */
  readonly peer: ScriptedPeer

  constructor(link: Duplex, emit: Emit) {
    this.#emit = emit
    this.peer = new ScriptedPeer(link, (frame) => this.#answer(frame))
  }

  #say(...fields: FrameFields): void {
    this.#emit(frameBytes(...fields))
  }

  #answer(frame: HostFrame): void {
    const { type, stream, payload } = frame
    if (type === frameType.SETUP) this.#say(frameType.HELLO, 0, helloPayload())
    else if (type === frameType.FREEZE) {
      this.#say(frameType.FROZEN, 0, Buffer.concat([payload, u32(0)]))
    } else if (type === frameType.SPAWN) this.#spawn(stream, new Reader(payload))
    else if (type === frameType.CALL) this.#call(stream, new Reader(payload))
    else if (type === frameType.CONNECT) {
      this.#kinds.set(stream, 'connection')
      this.#say(frameType.CONNECTED, stream, u32(0))
    } else this.#onStream(frame)
  }

  #spawn(stream: number, reader: Reader): void {
    const argv = Array.from({ length: reader.count(4) }, () => reader.str(5000).toString())
    this.#say(frameType.SPAWNED, stream, spawnedPayload())
    this.#kinds.set(stream, 'process')
    const output = builtinOutput[argv[0] ?? '']?.() ?? Buffer.from(argv.join(' '))
    for (let at = 0; at < output.length; at += 60_000) {
      this.#say(frameType.DATA, stream, output.subarray(at, at + 60_000), 1)
    }
    if (argv[0] === 'echo') this.#say(frameType.DATA, stream, Buffer.from('err'), 2)
    if (argv[0] !== 'cat') this.#end(stream)
  }

  #end(stream: number): void {
    this.#kinds.delete(stream)
    this.#say(frameType.EXIT, stream, exitPayload())
    this.#say(frameType.EOF, stream, undefined, 1)
    this.#say(frameType.EOF, stream, undefined, 2)
    this.#say(frameType.GONE, stream)
  }

  #onStream({ type, stream, payload }: HostFrame): void {
    const known = this.#kinds.get(stream)
    if (known === undefined) return
    if (type === frameType.DATA) {
      this.#say(frameType.WINDOW, stream, u32(payload.length))
      this.#say(frameType.DATA, stream, payload, known === 'process' ? 1 : 0)
    } else if (type === frameType.EOF || type === frameType.RESET || type === frameType.SIGNAL) {
      if (known === 'process') this.#end(stream)
      else if (type === frameType.EOF) this.#say(frameType.EOF, stream)
      if (known === 'connection') this.#kinds.delete(stream)
    }
  }

  #call(stream: number, reader: Reader): void {
    const reply = new Writer().u32(0)
    const operation = reader.u8()
    if (operation === call.STAT) {
      reply.u8(kind.FILE).u64(5).u32(0o644).u32(1).u32(1).u32(1).u64(9).i64(1n).i64(2n).i64(3n)
    } else if (operation === call.LIST) {
      reply.u64(0).u32(2).str('one').u8(kind.FILE).str('two').u8(kind.DIRECTORY)
    } else if (operation === call.READ) this.#read(reply, reader)
    else if (operation === call.READLINK || operation === call.REALPATH) reply.str('/w/real')
    this.#say(frameType.REPLY, stream, reply.finish())
  }

  #read(reply: Writer, reader: Reader): void {
    reader.str(5000)
    const offset = Number(reader.u64())
    const size = Math.max(0, Math.min(600_000 - offset, reader.u32()))
    reply.u64(600_000).bytes(Buffer.alloc(size, 'f'))
  }
}
