import { protocolError } from './protocol-error.ts'

/**
 * Reads fields from bytes that the sandbox may have written. Every length is checked against what is there; the first
 * misfit throws `SandboxError` `PROTOCOL`. Numbers are little endian.
 */
export class Reader {
  readonly #bytes: Buffer
  #at = 0

  constructor(bytes: Uint8Array) {
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  }

  get left(): number {
    return this.#bytes.length - this.#at
  }

  #advance(size: number): number {
    if (size > this.left)
      throw protocolError(`${size} bytes are wanted where ${this.left} are left`)
    const from = this.#at
    this.#at += size
    return from
  }

  u8(): number {
    return this.#bytes.readUInt8(this.#advance(1))
  }

  u16(): number {
    return this.#bytes.readUInt16LE(this.#advance(2))
  }

  u32(): number {
    return this.#bytes.readUInt32LE(this.#advance(4))
  }

  u64(): bigint {
    return this.#bytes.readBigUInt64LE(this.#advance(8))
  }

  i64(): bigint {
    return this.#bytes.readBigInt64LE(this.#advance(8))
  }

  /** Length-prefixed bytes, at most `most`. A view, not a copy. */
  bytes(most: number): Buffer {
    const size = this.u32()
    if (size > most) throw protocolError(`a field of ${size} bytes, ${most} are allowed`)
    const from = this.#advance(size)
    return this.#bytes.subarray(from, from + size)
  }

  /** As `bytes`, without a NUL inside. */
  str(most: number): Buffer {
    const raw = this.bytes(most)
    if (raw.includes(0)) throw protocolError('a NUL inside a string')
    return raw
  }

  /** The count of a list whose items take at least `itemBytes` each. */
  count(itemBytes: number): number {
    const count = this.u32()
    if (count * itemBytes > this.left)
      throw protocolError(`a list of ${count} items that cannot fit`)
    return count
  }

  /** A number that must be below `limit`, named for the message. */
  below(limit: number, what: string): number {
    const value = this.u8()
    if (value >= limit) throw protocolError(`${what} ${value} is unknown`)
    return value
  }

  /** Nothing may follow. */
  end(): void {
    if (this.left > 0) throw protocolError(`${this.left} bytes follow the last field`)
  }
}
