import type { UpstreamConnection } from '../exchange.ts'
import type { DialLimits, Origin } from './dial-parts.ts'

/** A connection to an upstream with what the pool has to know of it. */
export interface Pooled {
  readonly connection: UpstreamConnection
  readonly origin: Origin
  /** HTTP/2: many use it at a time. */
  readonly shared: boolean
}

interface Entry extends Pooled {
  /** When it was last given back; `null` while it is lent. A shared one is never lent for good. */
  idleSince: number | null
  /** Not to be lent any more: closed as soon as it is idle. */
  retired: boolean
}

interface Group {
  /** HTTP/1, idle, latest last. */
  readonly idle: Entry[]
  /** HTTP/2, all. */
  readonly shared: Entry[]
}

/**
 * Connections to upstreams that may be used again. HTTP/1 belongs to its borrower until it reports that it
 * is idle; HTTP/2 is lent to everybody as long as it can take more. Nothing is dialled here.
 */
export class Pool {
  readonly #limits: DialLimits
  readonly #now: () => number
  readonly #groups = new Map<string, Group>()
  readonly #entries = new Set<Entry>()
  #idle = 0
  #sweeper: NodeJS.Timeout | undefined

  constructor(limits: DialLimits, now: () => number) {
    this.#limits = limits
    this.#now = now
  }

  /** A connection for one request, or `null` when one has to be dialled. */
  take(origin: Origin, protocol: 'http/1.1' | 'h2'): UpstreamConnection | null {
    const group = this.#groups.get(keyOf(origin))
    if (group === undefined) return null
    return (protocol === 'h2' ? this.#shareable(group) : null) ?? this.#exclusive(group)
  }

  #shareable({ shared }: Group): UpstreamConnection | null {
    const entry = shared.find(({ connection, retired }) => !retired && connection.canTake)
    if (entry === undefined) return null
    entry.idleSince = this.#now()
    return entry.connection
  }

  #exclusive({ idle }: Group): UpstreamConnection | null {
    for (let entry = idle.pop(); entry !== undefined; entry = idle.pop()) {
      this.#idle -= 1
      entry.idleSince = null
      if (entry.connection.canTake) return entry.connection
      entry.connection.destroy()
    }
    return null
  }

  /** Takes in a new connection, which its caller uses first. */
  add(pooled: Pooled): void {
    const entry: Entry = {
      ...pooled,
      idleSince: pooled.shared ? this.#now() : null,
      retired: false,
    }
    this.#entries.add(entry)
    if (pooled.shared) {
      this.#groupOf(pooled.origin).shared.push(entry)
      this.#arm()
    }
    pooled.connection.onEnd(() => this.#forget(entry))
    pooled.connection.onIdle(() => this.#giveBack(entry))
  }

  /** Closes what is idle and no longer wanted; the rest as soon as it is idle. */
  prune(keep: (pooled: Pooled) => boolean): void {
    for (const entry of this.#entries) {
      if (keep(entry)) continue
      entry.retired = true
      if (isIdle(entry)) this.#drop(entry)
    }
  }

  /** Closes the connection that is idle for longest. `false` when there is none. */
  evict(): boolean {
    let oldest: Entry | null = null
    for (const entry of this.#entries) {
      if (!isIdle(entry)) continue
      if (oldest === null || (entry.idleSince ?? 0) < (oldest.idleSince ?? 0)) oldest = entry
    }
    if (oldest !== null) this.#drop(oldest)
    return oldest !== null
  }

  close(): void {
    clearInterval(this.#sweeper)
    for (const entry of this.#entries) this.#drop(entry)
  }

  #giveBack(entry: Entry): void {
    if (!this.#entries.has(entry) || (!entry.shared && entry.idleSince !== null)) return
    entry.idleSince = this.#now()
    if (entry.retired) this.#dropIfIdle(entry)
    if (entry.retired || entry.shared) return
    if (this.#idle >= this.#limits.idleUpstreams && !this.#evictExclusive()) {
      this.#drop(entry)
      return
    }
    this.#groupOf(entry.origin).idle.push(entry)
    this.#idle += 1
    this.#arm()
  }

  /** Makes room for one that was used just now, which is likelier to be wanted again. */
  #evictExclusive(): boolean {
    for (const { idle } of this.#groups.values()) {
      const [oldest] = idle
      if (oldest === undefined) continue
      this.#drop(oldest)
      return true
    }
    return false
  }

  #dropIfIdle(entry: Entry): void {
    if (isIdle(entry)) this.#drop(entry)
  }

  #drop(entry: Entry): void {
    this.#forget(entry)
    entry.connection.destroy()
  }

  #forget(entry: Entry): void {
    if (!this.#entries.delete(entry)) return
    const key = keyOf(entry.origin)
    const group = this.#groups.get(key)
    if (group === undefined) return
    if (remove(group.idle, entry)) this.#idle -= 1
    remove(group.shared, entry)
    if (group.idle.length === 0 && group.shared.length === 0) this.#groups.delete(key)
  }

  #groupOf(origin: Origin): Group {
    const key = keyOf(origin)
    const known = this.#groups.get(key)
    if (known !== undefined) return known
    const group: Group = { idle: [], shared: [] }
    this.#groups.set(key, group)
    return group
  }

  /** One timer for all: a timer for each connection would cost more than the requests it saves. */
  #arm(): void {
    if (this.#sweeper !== undefined) return
    const everyMs = Math.max(10, Math.min(this.#limits.idleUpstreamMs / 2, 5_000))
    this.#sweeper = setInterval(() => this.#sweep(), everyMs)
    this.#sweeper.unref()
  }

  #sweep(): void {
    const before = this.#now() - this.#limits.idleUpstreamMs
    for (const entry of this.#entries) {
      if (entry.idleSince !== null && entry.idleSince <= before) this.#dropIfIdle(entry)
    }
    if (this.#entries.size > 0) return
    clearInterval(this.#sweeper)
    this.#sweeper = undefined
  }
}

function isIdle({ connection, shared, idleSince }: Entry): boolean {
  return shared ? connection.inUse === false : idleSince !== null
}

function remove(list: Entry[], entry: Entry): boolean {
  const at = list.indexOf(entry)
  if (at !== -1) list.splice(at, 1)
  return at !== -1
}

function keyOf({ scheme, host, port }: Origin): string {
  return `${scheme}/${host}/${String(port)}`
}
