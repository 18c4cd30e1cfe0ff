/** Commands whose process id is remembered; a sandbox that lives long starts more. */
const mostNames = 16_384

/**
 * Which command was started as which process inside. Kept after its end, for what it left in the
 * background; a process id that comes a second time is that of the newer command.
 */
export class PidNames {
  readonly #names = new Map<number, string>()
  readonly #isAlive: (id: string) => boolean
  readonly #most: number

  /** @param isAlive - whether something of a command still runs: its name is not forgotten */
  constructor(isAlive: (id: string) => boolean, most: number = mostNames) {
    this.#isAlive = isAlive
    this.#most = most
  }

  get(pid: number): string | null {
    return this.#names.get(pid) ?? null
  }

  set(pid: number, id: string): void {
    this.#names.delete(pid)
    this.#names.set(pid, id)
    if (this.#names.size > this.#most) this.#forget()
  }

  /** Forgets the longest gone. What lives goes to the end, so that it is not looked at each time. */
  #forget(): void {
    let tries = this.#names.size
    for (const [pid, id] of this.#names) {
      this.#names.delete(pid)
      tries -= 1
      if (!this.#isAlive(id) || tries === 0) return
      this.#names.set(pid, id)
    }
  }
}
