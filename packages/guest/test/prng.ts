/** A small generator of numbers that a seed repeats (xorshift32). */
export class Prng {
  #state: number

  constructor(seed: number) {
    // Zero would stay zero; the multiplication spreads seeds that are near each other.
    this.#state = Math.imul(seed ^ 0x9e3779b9, 0x85ebca6b) | 1
    for (let index = 0; index < 8; index += 1) this.next()
  }

  /** 32 bits. */
  next(): number {
    let x = this.#state
    x ^= x << 13
    x ^= x >>> 17
    x ^= x << 5
    this.#state = x
    return x >>> 0
  }

  below(limit: number): number {
    return this.next() % limit
  }

  chance(oneIn: number): boolean {
    return this.below(oneIn) === 0
  }

  pick<T>(values: readonly [T, ...T[]]): T {
    return values[this.below(values.length)] ?? values[0]
  }
}
