import type { OutputStream } from '@caisson/core'

/** Receives output. */
export type OutputListener = (stream: OutputStream, chunk: Uint8Array) => void

const blockBytes = 16_384

interface Entry {
  readonly stream: OutputStream
  readonly block: Buffer
  used: number
}

/**
 * Output that came before its listener. Small pieces are copied together, so that what waits takes memory of the order of its
 * bytes, in however small pieces it came.
 */
export class OutputBacklog {
  #entries: Entry[] = []

  add(stream: OutputStream, piece: Buffer): void {
    const last = this.#entries.at(-1)
    if (last?.stream === stream && last.block.length - last.used >= piece.length) {
      piece.copy(last.block, last.used)
      last.used += piece.length
    } else if (piece.length >= blockBytes) {
      this.#entries.push({ stream, block: piece, used: piece.length })
    } else {
      // Grows with what is there: a process that alternates between its outputs byte by byte must not cost a block a byte.
      const block = Buffer.allocUnsafeSlow(Math.min(blockBytes, Math.max(64, piece.length * 4)))
      piece.copy(block)
      this.#entries.push({ stream, block, used: piece.length })
    }
  }

  /** Hands all of it over, in order. */
  drain(listener: OutputListener): void {
    const entries = this.#entries
    this.#entries = []
    for (const { stream, block, used } of entries) listener(stream, block.subarray(0, used))
  }
}

/**
 * A piece that may be kept. A small view would hold the whole chunk of the link that it was cut from, so it is copied: kept
 * output costs at most twice its bytes.
 */
export function keepable(piece: Buffer): Buffer {
  if (piece.length * 2 >= piece.buffer.byteLength) return piece
  // Not `Buffer.from`: its pool is 64 KiB on newer releases of Node, and a small piece would keep all of it.
  const own = Buffer.allocUnsafeSlow(piece.length)
  own.set(piece)
  return own
}
