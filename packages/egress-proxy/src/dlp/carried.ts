/** How far both views of a part of a request had come. */
export interface Progress {
  raw: number
  plain: number
}

const mostHosts = 256
const mostPartsPerHost = 64

/**
 * Where the last request to a host left off, part by part (its body, each key of its query, …), so that a
 * text is found that goes on in the same part of the next. Of the hosts that were asked longest ago, and of
 * parts above a bound, nothing is kept.
 */
export class Carried {
  readonly #hosts = new Map<string, Map<string, Progress>>()

  at(host: string, part: string): Progress | null {
    return this.#hosts.get(host)?.get(part) ?? null
  }

  /** Whether anything has begun in the last request there. */
  has(host: string): boolean {
    return this.#hosts.has(host)
  }

  /** `null`: nothing has begun at its end. */
  keep(host: string, part: string, progress: Progress | null): void {
    const parts = this.#hosts.get(host)
    if (progress === null) {
      parts?.delete(part)
      if (parts?.size === 0) this.#hosts.delete(host)
      return
    }
    const kept = parts ?? new Map<string, Progress>()
    this.#hosts.delete(host)
    this.#hosts.set(host, kept)
    kept.delete(part)
    kept.set(part, progress)
    dropFirst(kept, mostPartsPerHost)
    dropFirst(this.#hosts, mostHosts)
  }
}

function dropFirst(map: Map<string, unknown>, most: number): void {
  if (map.size <= most) return
  const first = map.keys().next()
  if (first.done !== true) map.delete(first.value)
}
