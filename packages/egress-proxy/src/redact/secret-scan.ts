import type { Automaton } from '../scan/automaton.ts'
import type { Pattern } from '../scan/pattern.ts'
import { PatternScan } from '../scan/pattern-scan.ts'
import { digitsLabel, type Label, labelFor } from './label.ts'

/** What an answer held: called once for each answer, with the id of the first credential that was found. */
export type OnReflected = (about: string) => void

/** The secrets that no answer may hold, in every form, and what stands in their place. */
export class SecretScan {
  readonly automaton: Automaton
  readonly #scan: PatternScan
  readonly #labels: readonly Label[]

  /** @throws RangeError when they are too many */
  constructor(patterns: readonly Pattern[]) {
    this.#scan = new PatternScan(patterns, 'in')
    this.automaton = this.#scan.automaton
    this.#labels = patterns.map((pattern) => labelFor(pattern.about))
  }

  labelOf(text: number): Label {
    const found = this.#scan.text(text)
    if (found?.form === 'raw' && found.pattern.bytes.every(isDigit)) return digitsLabel
    return this.#labels[found?.index ?? 0] ?? digitsLabel
  }

  aboutOf(text: number): string {
    return this.#scan.text(text)?.pattern.about ?? ''
  }
}

function isDigit(byte: number): boolean {
  return byte >= 0x30 && byte <= 0x39
}
