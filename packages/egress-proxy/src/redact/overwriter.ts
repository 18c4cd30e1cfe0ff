import type { Cursor } from '../scan/automaton.ts'
import { HeldBytes } from './held-bytes.ts'
import type { OnReflected, SecretScan } from './secret-scan.ts'

/**
 * Overwrites secrets in a stream, in place: as many bytes go on as came. Only bytes with which a secret may
 * have begun wait for those behind them; of ordinary text none do.
 */
export class Overwriter {
  readonly #newest: () => SecretScan
  readonly #onReflected: OnReflected
  #scan: SecretScan
  readonly #cursor: Cursor = { state: 0 }
  readonly #bytes = new HeldBytes()
  #told = false

  /** @param newest What secrets there are now: a stream may last longer than one of them. */
  constructor(newest: () => SecretScan, onReflected: OnReflected) {
    this.#newest = newest
    this.#scan = newest()
    this.#onReflected = onReflected
  }

  push(chunk: Uint8Array): Uint8Array[] {
    this.#renew()
    const { end } = this.#bytes
    this.#look(chunk, end)
    const until = end + chunk.length - this.#scan.automaton.depth(this.#cursor.state)
    return this.#bytes.push(chunk, until)
  }

  /** Of what went on before, nothing can hold a secret that had not been sent by then. */
  #renew(): void {
    const newest = this.#newest()
    if (newest === this.#scan) return
    this.#scan = newest
    this.#cursor.state = 0
    const { waiting, end } = this.#bytes
    this.#look(waiting, end - waiting.length)
  }

  #look(bytes: Uint8Array, begin: number): void {
    const { automaton } = this.#scan
    let at = automaton.find(this.#cursor, bytes, 0)
    while (at >= 0) {
      this.#cover(automaton.longest(this.#cursor.state), begin + at)
      at = automaton.find(this.#cursor, bytes, at)
    }
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
