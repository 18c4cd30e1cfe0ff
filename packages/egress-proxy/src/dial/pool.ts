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
  readonly group: Group
  /** When it was last given back; `null` while it is lent. A shared one is never lent for good. */
  idleSince: number | null
  /** Not to be lent any more: closed as soon as it is idle. */
  retired: boolean
}

/** The connections to one origin. */
interface Group {
  readonly origin: Origin
  /** Those that are there, lent or not: the group is kept as long as there is one. */
  size: number
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
  /** Asked for last: most requests follow one to the same origin, and need no key made then. */
  #latest: Group | null = null
  #idle = 0
  #sweeper: NodeJS.Timeout | undefined

  constructor(limits: DialLimits, now: () => number) {
    this.#limits = limits
    this.#now = now
  }

  /** A connection for one request, or `null` when one has to be dialled. */
  take(origin: Origin, protocol: 'http/1.1' | 'h2'): UpstreamConnection | null {
    const group = this.#find(origin)
    if (group === null) return null
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
    const group = this.#groupOf(pooled.origin)
    const entry: Entry = {
      ...pooled,
      group,
      idleSince: pooled.shared ? this.#now() : null,
      retired: false,
    }
    this.#entries.add(entry)
    group.size += 1
    if (pooled.shared) {
      group.shared.push(entry)
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
    entry.group.idle.push(entry)
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
    const { group } = entry
    if (remove(group.idle, entry)) this.#idle -= 1
    remove(group.shared, entry)
    group.size -= 1
    if (group.size > 0) return
    this.#groups.delete(keyOf(group.origin))
    if (this.#latest === group) this.#latest = null
  }

  #find(origin: Origin): Group | null {
    const latest = this.#latest
    if (latest !== null && isSame(latest.origin, origin)) return latest
    const found = this.#groups.get(keyOf(origin)) ?? null
    if (found !== null) this.#latest = found
    return found
  }

  #groupOf(origin: Origin): Group {
    const known = this.#find(origin)
    if (known !== null) return known
    const group: Group = { origin, size: 0, idle: [], shared: [] }
    this.#groups.set(keyOf(origin), group)
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

function isSame(one: Origin, other: Origin): boolean {
  return (
    one.host === other.host &&
    one.port === other.port &&
    one.scheme === other.scheme &&
    one.identity?.key === other.identity?.key
  )
}

function remove(list: Entry[], entry: Entry): boolean {
  const at = list.indexOf(entry)
  if (at !== -1) list.splice(at, 1)
  return at !== -1
}

/** The key of a pool; a host holds no `/`. */
export function keyOf({ scheme, host, port, identity }: Origin): string {
  return `${scheme}/${host}/${String(port)}/${identity?.key ?? ''}`
}
