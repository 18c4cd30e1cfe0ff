// With the `u` flag a surrogate pair is one character, so this matches only halves.
const loneSurrogate = /[\uD800-\uDFFF]/u

/** Builds the fields of a payload. Numbers are little endian. */
export class Writer {
  #bytes: Buffer
  #used = 0

  constructor(expectedBytes = 64) {
    this.#bytes = Buffer.allocUnsafe(expectedBytes)
  }

  #room(size: number): number {
    const at = this.#used
    this.#used += size
    if (this.#used > this.#bytes.length) {
      const grown = Buffer.allocUnsafe(Math.max(this.#used, this.#bytes.length * 2))
      this.#bytes.copy(grown, 0, 0, at)
      this.#bytes = grown
    }
    return at
  }

  u8(value: number): this {
    const at = this.#room(1)
    this.#bytes.writeUInt8(value, at)
    return this
  }

  u16(value: number): this {
    const at = this.#room(2)
    this.#bytes.writeUInt16LE(value, at)
    return this
  }

  u32(value: number): this {
    const at = this.#room(4)
    this.#bytes.writeUInt32LE(value, at)
    return this
  }

  u64(value: bigint | number): this {
    const at = this.#room(8)
    this.#bytes.writeBigUInt64LE(BigInt(value), at)
    return this
  }

  i64(value: bigint): this {
    const at = this.#room(8)
    this.#bytes.writeBigInt64LE(value, at)
    return this
  }

  raw(value: Uint8Array): this {
    const at = this.#room(value.length)
    this.#bytes.set(value, at)
    return this
  }

  /** Length and bytes. */
  bytes(value: Uint8Array): this {
    return this.u32(value.length).raw(value)
  }

  /** A string without NUL and without lone surrogates, which have no UTF-8 form. */
  str(value: string): this {
    if (value.includes('\0')) throw new TypeError(`a NUL inside ${JSON.stringify(value)}`)
    if (loneSurrogate.test(value)) {
      throw new TypeError(`a lone surrogate inside ${JSON.stringify(value)}: it has no UTF-8 form`)
    }
    return this.bytes(Buffer.from(value, 'utf8'))
  }

  strings(values: readonly string[]): this {
    this.u32(values.length)
    for (const value of values) this.str(value)
    return this
  }

  get size(): number {
    return this.#used
  }

  finish(): Buffer {
    return this.#bytes.subarray(0, this.#used)
  }
}
