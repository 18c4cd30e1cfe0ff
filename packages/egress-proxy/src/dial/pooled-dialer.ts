import { setMaxListeners } from 'node:events'
import type { Duplex } from 'node:stream'
import type { UpstreamConnection } from '../exchange.ts'
import type { DialParts, Origin } from './dial-parts.ts'
import { dialRefusal } from './dial-refusal.ts'
import type { Destination, Dialer } from './dial.ts'
import { Flight } from './flight.ts'
import { openLine, startTls, type Line } from './line.ts'
import { keyOf, Pool, type Pooled } from './pool.ts'
import { chooseRoute } from './route.ts'
import { vetAddresses } from './vet.ts'

type Wanted = Parameters<Dialer['open']>[1]
type Protocol = Wanted['protocol']

/** How a destination is reached, for the audit trail. */
export interface RouteDescription {
  /**
   * Who says which address the name has: the `host`'s resolver, under the address guard; the `parent`
   * proxy, out of its sight; or the `hosts` option.
   */
  readonly dns: 'host' | 'parent' | 'hosts'
}

/** How many upstreams' choice of protocol is remembered. */
const rememberedChoices = 256

/** The dialer: routes, vets, connects, proves, pools. See `Dialer` for what its calls promise. */
export class PooledDialer implements Dialer {
  readonly #parts: DialParts
  readonly #pool: Pool
  readonly #flights = new Map<string, Flight>()
  /** Upstreams that chose HTTP/1.1 when HTTP/2 was offered: nobody has to wait for a shared connection. */
  readonly #withoutHttp2 = new Set<string>()
  readonly #lines = new Set<Line>()
  readonly #closing = new AbortController()
  #pending = 0

  constructor(parts: DialParts) {
    this.#parts = parts
    this.#pool = new Pool(parts.limits, parts.now)
    // Every dial under way listens for the end; their number has a limit of its own.
    setMaxListeners(0, this.#closing.signal)
  }

  describe(destination: Destination): RouteDescription {
    const { kind } = chooseRoute(destination, this.#parts.routing)
    return { dns: kind === 'fixed' ? 'hosts' : kind === 'direct' ? 'host' : 'parent' }
  }

  async connect(destination: Destination, signal: AbortSignal): Promise<Duplex> {
    setMaxListeners(0, signal)
    const { stream } = await this.#openLine(destination, signal)
    return stream
  }

  // Not an async function: with a connection at hand, it costs one settled promise and no further turn.
  open(destination: Destination, wanted: Wanted, signal: AbortSignal): Promise<UpstreamConnection> {
    if (this.#closing.signal.aborted || signal.aborted) return Promise.reject(dialRefusal('closed'))
    const { host, port } = destination
    const origin: Origin = { scheme: wanted.scheme, host, port, identity: wanted.identity }
    const taken = wanted.fresh ? null : this.#pool.take(origin, wanted.protocol)
    if (taken !== null) return Promise.resolve(taken)
    // The streams of one client share its signal. Their number has a limit; ten is not it.
    setMaxListeners(0, signal)
    if (wanted.fresh) return this.#openNew(origin, wanted.protocol, signal)
    const mayShare = wanted.protocol === 'h2' && wanted.scheme === 'https'
    if (!mayShare || this.#withoutHttp2.has(keyOf(origin))) {
      return this.#openNew(origin, wanted.protocol, signal)
    }
    return this.#openShared(origin, signal)
  }

  prune(keep: (destination: Destination) => boolean): void {
    this.#pool.prune(({ origin }) => keep(origin))
  }

  /** Judges the addresses of all connections again, and closes those, tunnels too, that no longer pass. */
  judgeAgain(): void {
    for (const line of this.#lines) {
      if (!this.#passes(line.vetted)) line.stream.destroy()
    }
  }

  close(): void {
    this.#closing.abort()
    this.#pool.close()
    for (const { stream } of this.#lines) stream.destroy()
  }

  #passes(vetted: Line['vetted']): boolean {
    if (vetted === null) return true
    try {
      vetAddresses([vetted.address], vetted.port, this.#parts.judge)
      return true
    } catch {
      // Refused, or a guard that fails: either way nothing goes there any more.
      return false
    }
  }

  #openShared(origin: Origin, signal: AbortSignal): Promise<UpstreamConnection> {
    const key = keyOf(origin)
    const known = this.#flights.get(key)
    if (known !== undefined) return known.wait(signal)
    const flight = new Flight()
    this.#flights.set(key, flight)
    const waiting = flight.wait(signal)
    void this.#fly(origin, flight)
    return waiting
  }

  async #fly(origin: Origin, flight: Flight): Promise<void> {
    const key = keyOf(origin)
    // Whoever comes after the last one left must not join what is being called off.
    const onAbandoned = () => this.#endFlight(key, flight)
    flight.signal.addEventListener('abort', onAbandoned)
    try {
      const pooled = await this.#dial(origin, 'h2', flight.signal)
      this.#endFlight(key, flight)
      const retry = (signal: AbortSignal) =>
        this.open(
          origin,
          { scheme: origin.scheme, protocol: 'h2', fresh: false, identity: origin.identity },
          signal,
        )
      if (flight.land(pooled.connection, retry)) this.#pool.add(pooled)
      else pooled.connection.destroy()
    } catch (error) {
      this.#endFlight(key, flight)
      flight.fail(error)
    } finally {
      flight.signal.removeEventListener('abort', onAbandoned)
    }
  }

  #endFlight(key: string, flight: Flight): void {
    if (this.#flights.get(key) === flight) this.#flights.delete(key)
  }

  async #openNew(
    origin: Origin,
    protocol: Protocol,
    signal: AbortSignal,
  ): Promise<UpstreamConnection> {
    const pooled = await this.#dial(origin, protocol, signal)
    this.#pool.add(pooled)
    return pooled.connection
  }

  async #dial(origin: Origin, protocol: Protocol, signal: AbortSignal): Promise<Pooled> {
    const { stream } = await this.#openLine(origin, signal)
    try {
      if (origin.scheme === 'http') {
        return { connection: this.#parts.connectHttp1(stream), origin, shared: false }
      }
      return await this.#prove(stream, { origin, protocol, signal })
    } catch (error) {
      stream.destroy()
      throw error
    }
  }

  async #prove(
    stream: Duplex,
    {
      origin,
      protocol,
      signal,
    }: { readonly origin: Origin; readonly protocol: Protocol; readonly signal: AbortSignal },
  ): Promise<Pooled> {
    const parts = this.#parts
    const alpn = protocol === 'h2' ? (['h2', 'http/1.1'] as const) : (['http/1.1'] as const)
    const { host, port, identity } = origin
    const wish = { host, port, alpn, peer: 'upstream', identity } as const
    const signals = [signal, this.#closing.signal]
    const secure = await startTls(stream, wish, { parts, signals })
    const shared = secure.alpnProtocol === 'h2'
    if (shared && protocol !== 'h2') throw dialRefusal('tls_failed', 'protocol not offered')
    if (protocol === 'h2') this.#rememberChoice(keyOf(origin), shared)
    // HTTP/2 has no use for half a connection; left open, a peer that is gone would look alive.
    if (shared) secure.allowHalfOpen = false
    const connection = shared ? parts.connectHttp2(secure, origin) : parts.connectHttp1(secure)
    return { connection, origin, shared }
  }

  #rememberChoice(key: string, spokeHttp2: boolean): void {
    this.#withoutHttp2.delete(key)
    if (spokeHttp2) return
    this.#withoutHttp2.add(key)
    if (this.#withoutHttp2.size <= rememberedChoices) return
    const [oldest] = this.#withoutHttp2
    if (oldest !== undefined) this.#withoutHttp2.delete(oldest)
  }

  async #openLine(destination: Destination, signal: AbortSignal): Promise<Line> {
    if (this.#closing.signal.aborted) throw dialRefusal('closed')
    const isFull = this.#lines.size + this.#pending >= this.#parts.limits.connections
    if (isFull && !this.#pool.evict()) throw dialRefusal('rate_limited')
    this.#pending += 1
    try {
      const line = await openLine(destination, this.#parts, [signal, this.#closing.signal])
      this.#track(line)
      return line
    } finally {
      this.#pending -= 1
    }
  }

  #track(line: Line): void {
    if (this.#closing.signal.aborted) {
      line.stream.destroy()
      throw dialRefusal('closed')
    }
    // It may have ended between the dial and here; its `close` would not come again.
    if (line.stream.destroyed) throw dialRefusal('connect_failed')
    this.#lines.add(line)
    line.stream.once('close', () => this.#lines.delete(line))
  }
}
