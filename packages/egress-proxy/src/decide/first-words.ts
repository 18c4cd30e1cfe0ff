const shown = 5

/**
 * The first few of many words in order, so that the order of rules does not show. Takes them in one pass
 * and keeps no more, as whoever is inside can ask for a refusal as often as they like.
 */
export class FirstWords {
  readonly #few: string[] = []
  #isMore = false

  add(word: string): void {
    const few = this.#few
    if (few.includes(word)) return
    if (few.length === shown) {
      this.#isMore = true
      if (word > (few[shown - 1] ?? '')) return
      few.pop()
    }
    const place = few.findIndex((one) => one > word)
    few.splice(place === -1 ? few.length : place, 0, word)
  }

  /** The words, with commas; `none` without any. */
  toString(): string {
    if (this.#few.length === 0) return 'none'
    return `${this.#few.join(', ')}${this.#isMore ? ' and more' : ''}`
  }
}
