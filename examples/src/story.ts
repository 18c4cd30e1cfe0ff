/** Tells a story in steps, each with its time, and remembers what did not go as told. */
export class Story {
  readonly #from = performance.now()
  #stepFrom = performance.now()
  #step = 0
  #broken = 0

  /** Begins the next step. */
  step(title: string): void {
    this.#step += 1
    this.#stepFrom = performance.now()
    console.log(`\n${this.#step}. ${title}`)
  }

  say(text: string): void {
    for (const line of text.trimEnd().split('\n')) console.log(`   ${line}`)
  }

  /** States a fact that must hold; the whole story fails when one does not. */
  expect(fact: string, holds: boolean): void {
    const took = (performance.now() - this.#stepFrom).toFixed(0)
    if (!holds) this.#broken += 1
    console.log(`   ${holds ? '✔' : '✘ NOT TRUE:'} ${fact} (${took} ms)`)
    this.#stepFrom = performance.now()
  }

  /** Ends the story; the exit code of the program. */
  end(): number {
    const seconds = ((performance.now() - this.#from) / 1000).toFixed(1)
    const outcome = this.#broken === 0 ? 'everything held' : `${this.#broken} things did not hold`
    console.log(`\n${outcome}; ${seconds} s`)
    return this.#broken === 0 ? 0 : 1
  }
}
