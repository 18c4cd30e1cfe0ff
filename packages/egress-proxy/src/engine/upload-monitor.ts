/** Of how many hosts the usual size is remembered; the one that was quiet for longest is forgotten. */
const mostHosts = 1024
/** How much a single upload counts in what is usual. */
const weight = 0.2
/** An upload is unusual that is so many times as large as usual. */
const factor = 8

/** An upload that stands out. Sizes in bytes. */
export interface UnusualUpload {
  readonly bytes: number
  /** What was usual at this host before; `null` when there was nothing. */
  readonly usual: number | null
}

/**
 * Learns how much goes to each host in one request, and says when much more goes: nothing is refused for it.
 * The measure is a moving average, so that who grows slowly is not noticed; budgets are what bounds him.
 */
export class UploadMonitor {
  readonly #floorBytes: number
  readonly #usual = new Map<string, number>()

  /** @param floorBytes Below this nothing stands out. */
  constructor(floorBytes: number) {
    this.#floorBytes = floorBytes
  }

  /** Takes note of a request's body when it is over. */
  uploaded(host: string, bytes: number): UnusualUpload | null {
    if (bytes === 0) return null
    const usual = this.#usual.get(host) ?? null
    this.#learn(host, usual === null ? bytes : usual + (bytes - usual) * weight)
    if (bytes < this.#floorBytes) return null
    return usual === null || bytes > usual * factor ? { bytes, usual } : null
  }

  #learn(host: string, usual: number): void {
    this.#usual.delete(host)
    this.#usual.set(host, usual)
    const [oldest] = this.#usual.keys()
    if (this.#usual.size > mostHosts && oldest !== undefined) this.#usual.delete(oldest)
  }
}
