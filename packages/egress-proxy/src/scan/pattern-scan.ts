import { Automaton } from './automaton.ts'
import { type FormName, formsOf } from './forms.ts'
import type { Pattern } from './pattern.ts'

/** What a text of the automaton is. */
export interface ScanText {
  readonly pattern: Pattern
  /** Place of the pattern among those that are looked for. */
  readonly index: number
  readonly form: FormName
  /** For a `piece`: where in the pattern it begins. */
  readonly offset: number
}

/** Letters of a piece. Shorter ones would turn up by chance in what is large. */
export const pieceLength = 8

/** Pieces are made of this much at most, from the end: what keys of a kind have in common comes first. */
export const pieceSpan = 256

/** All that is looked for in one direction. */
export class PatternScan {
  readonly automaton: Automaton
  readonly #texts: readonly ScanText[]

  /**
   * In what goes out, pieces of secrets and canaries are looked for too.
   *
   * @throws RangeError when the patterns are more than 4 MiB in all forms
   */
  constructor(patterns: readonly Pattern[], direction: 'in' | 'out') {
    const texts: ScanText[] = []
    const bytes: Uint8Array[] = []
    patterns.forEach((pattern, index) => {
      for (const form of formsOf(pattern, direction)) {
        texts.push({ pattern, index, form: form.name, offset: 0 })
        bytes.push(form.bytes)
      }
      if (direction === 'out') addPieces({ pattern, index }, texts, bytes)
    })
    this.#texts = texts
    this.automaton = new Automaton(bytes)
  }

  text(index: number): ScanText | undefined {
    return this.#texts[index]
  }
}

function addPieces(
  { pattern, index }: { readonly pattern: Pattern; readonly index: number },
  texts: ScanText[],
  bytes: Uint8Array[],
): void {
  const { length } = pattern.bytes
  if (pattern.kind === 'dummy' || length < pieceLength * 2) return
  const first = Math.max(0, length - pieceSpan)
  for (let offset = first; offset + pieceLength <= length; offset += 1) {
    texts.push({ pattern, index, form: 'piece', offset: offset - first })
    bytes.push(pattern.bytes.subarray(offset, offset + pieceLength))
  }
}
