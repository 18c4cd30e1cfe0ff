import { connect, isIPv6, type Socket } from 'node:net'
import { dialRefusal, errorWord } from './dial-refusal.ts'

/** What to connect to: literals that were vetted, in order of preference, and one port for all. */
export interface ConnectTarget {
  readonly addresses: readonly string[]
  readonly port: number
}

/** A connection and the address that it leads to. */
export interface Connected {
  readonly socket: Socket
  readonly address: string
}

/** RFC 8305, 5: how long an attempt has before the next one starts beside it. */
const staggerMs = 250
const keepAliveMs = 30_000

/**
 * Connects to the first of several addresses that answers. An attempt that fails starts the next at once;
 * one that hangs is joined by the next after a short while. Ends when the signal aborts, with its reason.
 *
 * @throws RefusalError `connect_failed`, with the word of the last failure and no address.
 */
export function connectFirst(target: ConnectTarget, signal: AbortSignal): Promise<Connected> {
  return new Promise((resolve, reject) => {
    const race = new Race(target, { resolve, reject, signal })
    race.start()
  })
}

interface RaceEnd {
  readonly resolve: (connected: Connected) => void
  readonly reject: (error: unknown) => void
  readonly signal: AbortSignal
}

class Race {
  readonly #waiting: string[]
  readonly #port: number
  readonly #end: RaceEnd
  readonly #running = new Set<Socket>()
  #stagger: NodeJS.Timeout | undefined
  #lastWord = ''

  constructor({ addresses, port }: ConnectTarget, end: RaceEnd) {
    this.#waiting = interleaveFamilies(addresses)
    this.#port = port
    this.#end = end
  }

  readonly #onAbort = (): void => {
    this.#stop()
    this.#end.reject(this.#end.signal.reason)
  }

  start(): void {
    const { signal } = this.#end
    if (signal.aborted) {
      this.#end.reject(signal.reason)
      return
    }
    signal.addEventListener('abort', this.#onAbort, { once: true })
    this.#next()
  }

  #next(): void {
    clearTimeout(this.#stagger)
    const address = this.#waiting.shift()
    if (address !== undefined) this.#attempt(address)
    else if (this.#running.size === 0) this.#fail()
    if (this.#waiting.length > 0) this.#stagger = setTimeout(() => this.#next(), staggerMs)
  }

  #attempt(address: string): void {
    const socket = dialLiteral(address, this.#port)
    this.#running.add(socket)
    const onError = (error: unknown): void => {
      this.#lastWord = errorWord(error) || this.#lastWord
      this.#running.delete(socket)
      socket.destroy()
      this.#next()
    }
    socket.once('error', onError)
    socket.once('connect', () => {
      socket.off('error', onError)
      // Until its receiver listens, an error must not become an exception of the whole process.
      socket.on('error', () => undefined)
      this.#running.delete(socket)
      this.#stop()
      this.#end.resolve({ socket, address })
    })
  }

  #fail(): void {
    this.#stop()
    this.#end.reject(dialRefusal('connect_failed', this.#lastWord))
  }

  #stop(): void {
    clearTimeout(this.#stagger)
    this.#end.signal.removeEventListener('abort', this.#onAbort)
    this.#waiting.length = 0
    for (const socket of this.#running) abandon(socket)
    this.#running.clear()
  }
}

/** Destroys a socket whose errors nobody waits for any more. */
function abandon(socket: Socket): void {
  socket.removeAllListeners('error')
  socket.removeAllListeners('connect')
  socket.on('error', () => undefined)
  socket.destroy()
}

function dialLiteral(address: string, port: number): Socket {
  return connect({
    host: address,
    port,
    allowHalfOpen: true,
    noDelay: true,
    keepAlive: true,
    keepAliveInitialDelay: keepAliveMs,
    autoSelectFamily: false,
    // Only literals come here. Should anything else ever, it fails instead of being resolved unvetted.
    lookup: (_host, _options, done) => done(new Error('not a literal address'), '', 0),
  })
}

/** RFC 8305, 4: families take turns, so that a family without a route costs one attempt, not all. */
export function interleaveFamilies(addresses: readonly string[]): string[] {
  const [first = ''] = addresses
  const preferred = addresses.filter((address) => isIPv6(address) === isIPv6(first))
  const other = addresses.filter((address) => isIPv6(address) !== isIPv6(first))
  const turns = Array.from({ length: Math.max(preferred.length, other.length) }, (_, turn) =>
    [preferred[turn], other[turn]].filter((address) => address !== undefined),
  )
  return turns.flat()
}
