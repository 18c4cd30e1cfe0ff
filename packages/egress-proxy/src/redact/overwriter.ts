import type { Cursor } from '../scan/automaton.ts'
import { HeldBytes } from './held-bytes.ts'
import type { OnReflected, SecretScan } from './secret-scan.ts'

/**
 * Overwrites secrets in a stream, in place: as many bytes go on as came. Only bytes with which a secret may
 * have begun wait for those behind them; of ordinary text none do.
 */
export class Overwriter {
  readonly #scan: SecretScan
  readonly #onReflected: OnReflected
  readonly #cursor: Cursor = { state: 0 }
  readonly #bytes = new HeldBytes()
  #told = false

  constructor(scan: SecretScan, onReflected: OnReflected) {
    this.#scan = scan
    this.#onReflected = onReflected
  }

  push(chunk: Uint8Array): Uint8Array[] {
    const { automaton } = this.#scan
    const begin = this.#bytes.end
    let at = automaton.find(this.#cursor, chunk, 0)
    while (at >= 0) {
      this.#cover(automaton.longest(this.#cursor.state), begin + at)
      at = automaton.find(this.#cursor, chunk, at)
    }
    const until = begin + chunk.length - automaton.depth(this.#cursor.state)
    return this.#bytes.push(chunk, until)
  }

  /** The stream is over. */
  flush(): Uint8Array[] {
    this.#cursor.state = 0
    return this.#bytes.flush()
  }

  #cover(text: number, end: number): void {
    const length = this.#scan.automaton.lengthOf(text)
    this.#bytes.cover(end - length, end, this.#scan.labelOf(text))
    if (this.#told) return
    this.#told = true
    this.#onReflected(this.#scan.aboutOf(text))
  }
}
