/**
 * Reads the length-prefixed vectors of TLS (RFC 8446, 3.4) one after the other. A read beyond the end
 * gives nothing, and from then on everything does and `failed` is set, so that it is asked for once.
 */
export class ClientHelloCursor {
  readonly #bytes: Buffer
  #offset = 0
  #failed = false

  constructor(bytes: Buffer) {
    this.#bytes = bytes
  }

  /** Something was read that is not there. */
  get failed(): boolean {
    return this.#failed
  }

  /** Nothing is left to read. */
  get done(): boolean {
    return this.#offset === this.#bytes.length
  }

  /** The bytes are shared, not copied. */
  take(length: number): Buffer {
    const end = this.#offset + length
    if (end > this.#bytes.length) {
      this.#failed = true
      this.#offset = this.#bytes.length
      return this.#bytes.subarray(this.#offset)
    }
    const taken = this.#bytes.subarray(this.#offset, end)
    this.#offset = end
    return taken
  }

  uint8(): number {
    return this.take(1)[0] ?? 0
  }

  uint16(): number {
    const [high = 0, low = 0] = this.take(2)
    return high * 256 + low
  }

  /** What a length of one byte announces. */
  vector8(): Buffer {
    return this.take(this.uint8())
  }

  /** What a length of two bytes announces. */
  vector16(): Buffer {
    return this.take(this.uint16())
  }
}
