import { writeSync } from 'node:fs'

const largest = 1 << 20
const headBytes = 8

/** Writes what was read at a place to a descriptor, so that somebody else can look through it. */
export function ship(descriptor: number, label: string, content: Uint8Array | string): void {
  const bytes = Buffer.from(content)
  const name = Buffer.from(label.slice(0, 512))
  for (let from = 0; from < bytes.length || from === 0; from += largest) {
    const part = bytes.subarray(from, from + largest)
    const head = Buffer.alloc(headBytes)
    head.writeUInt32BE(name.length, 0)
    head.writeUInt32BE(part.length, 4)
    for (const piece of [head, name, part]) writeWhole(descriptor, piece)
  }
}

function writeWhole(descriptor: number, bytes: Buffer): void {
  let from = 0
  while (from < bytes.length) {
    try {
      from += writeSync(descriptor, bytes, from)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error
      // The reader is behind; nothing else is to be done here meanwhile.
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1)
    }
  }
}

/** Takes the stream apart again. */
export class RecordReader {
  readonly #onRecord: (label: string, content: Buffer) => void
  #waiting: Buffer[] = []
  #length = 0

  constructor(onRecord: (label: string, content: Buffer) => void) {
    this.#onRecord = onRecord
  }

  take(chunk: Buffer): void {
    this.#waiting.push(chunk)
    this.#length += chunk.length
    while (this.#length >= headBytes) {
      const head = this.#peek(headBytes)
      const label = head.readUInt32BE(0)
      const size = headBytes + label + head.readUInt32BE(4)
      if (this.#length < size) return
      const whole = this.#peek(size)
      this.#onRecord(
        whole.toString('utf8', headBytes, headBytes + label),
        whole.subarray(headBytes + label, size),
      )
      this.#waiting = [this.#joined().subarray(size)]
      this.#length -= size
    }
  }

  #peek(size: number): Buffer {
    const [first] = this.#waiting
    return first !== undefined && first.length >= size ? first : this.#joined()
  }

  #joined(): Buffer {
    const [first = Buffer.alloc(0), ...rest] = this.#waiting
    if (rest.length === 0) return first
    const whole = Buffer.concat(this.#waiting)
    this.#waiting = [whole]
    return whole
  }
}
