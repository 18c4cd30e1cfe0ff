/** A method and a path template, of which each segment is a text in lower case, `*`, or at the end `**`. */
export interface Endpoint {
  /** Every one that changes something, when it is missing. */
  readonly methods?: ReadonlySet<string>
  readonly path: string
}

interface Node {
  readonly next: Map<string, Node>
  readonly ends: Endpoint[]
  readonly rests: Endpoint[]
}

const reading: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS'])

function node(): Node {
  return { next: new Map(), ends: [], rests: [] }
}

function fits({ methods }: Endpoint, method: string): boolean {
  return methods === undefined ? !reading.has(method) : methods.has(method)
}

function walk(at: Node, parts: readonly string[], from: number): readonly Endpoint[] {
  const segment = parts[from]
  if (segment === undefined) return [...at.ends, ...at.rests]
  const [literal, star] = [at.next.get(segment), at.next.get('*')]
  return [
    ...at.rests,
    ...(literal === undefined ? [] : walk(literal, parts, from + 1)),
    ...(star === undefined ? [] : walk(star, parts, from + 1)),
  ]
}

/** Endpoints that are looked for in paths, however those are spelled. */
export class EndpointList {
  readonly #root: Node = node()

  constructor(endpoints: readonly Endpoint[]) {
    for (const endpoint of endpoints) this.#plant(endpoint)
  }

  #plant(endpoint: Endpoint): void {
    const parts = partsOf(endpoint.path)
    const isOpen = parts.at(-1) === '**'
    let at = this.#root
    for (const part of isOpen ? parts.slice(0, -1) : parts) {
      let next = at.next.get(part)
      if (next === undefined) {
        next = node()
        at.next.set(part, next)
      }
      at = next
    }
    if (isOpen) at.rests.push(endpoint)
    else at.ends.push(endpoint)
  }

  /**
   * Whether one of them is meant. Escapes, case, empty segments and a slash at the end do not count: where a
   * server is strict about them, such a path leads nowhere.
   */
  has(method: string, path: string): boolean {
    return walk(this.#root, partsOf(decoded(path)), 0).some((one) => fits(one, method))
  }
}

function partsOf(path: string): readonly string[] {
  return path
    .toLowerCase()
    .split('/')
    .filter((part) => part !== '')
}

function decoded(path: string): string {
  if (!path.includes('%')) return path
  return path.replaceAll(/%([0-7][0-9A-F])/g, (_all, digits: string) =>
    String.fromCharCode(Number.parseInt(digits, 16)),
  )
}
