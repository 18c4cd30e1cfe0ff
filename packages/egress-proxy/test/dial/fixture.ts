import { once, setMaxListeners } from 'node:events'
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import type { TLSSocket } from 'node:tls'
import { expect } from 'chai'
import type { DialParts } from '../../dist/dial/dial-parts.js'
import { OwnAddresses } from '../../dist/dial/own-dial.js'
import { PooledDialer } from '../../dist/dial/pooled-dialer.js'
import type { AddressVerdict } from '../../dist/dial/vet.js'
import type { UpstreamConnection } from '../../dist/exchange.js'
import { defaultLimits } from '../../dist/limits.js'
import { RefusalError } from '../../dist/refusal.js'
import { Resolver } from '../../dist/resolve/resolver.js'

/** A signal that does not abort, for as many as want it. */
export const never: AbortSignal = new AbortController().signal
setMaxListeners(0, never)

/** A server on loopback that knows its connections and takes them down with it. */
export class Loopback implements AsyncDisposable {
  readonly sockets: Socket[] = []
  readonly #server: Server

  private constructor(server: Server) {
    this.#server = server
    server.on('connection', (socket: Socket) => {
      this.sockets.push(socket)
      socket.on('error', () => undefined)
    })
  }

  static async start(
    onSocket: (socket: Socket) => void = drain,
    make: (onSocket: (socket: Socket) => void) => Server = (handler) =>
      createServer({ allowHalfOpen: true }, handler),
  ): Promise<Loopback> {
    const loopback = new Loopback(make(onSocket))
    loopback.#server.listen(0, '127.0.0.1')
    await once(loopback.#server, 'listening')
    return loopback
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port
  }

  get open(): number {
    return this.sockets.filter((socket) => !socket.destroyed).length
  }

  /** Resolves when so many connections are open. */
  async settles(open: number): Promise<void> {
    await eventually(() => this.open === open)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.sockets) socket.destroy()
    this.#server.close()
    await once(this.#server, 'close')
  }
}

/** Reads until the other side ends, and ends then. */
export function drain(socket: Socket): void {
  socket.resume().on('end', () => socket.destroy())
}

/** Waits for a state that comes with the events of sockets; fails when it does not within seconds. */
export async function eventually(holds: () => boolean): Promise<void> {
  const until = Date.now() + 5_000
  while (!holds()) {
    if (Date.now() > until) throw new Error('the awaited state did not come')
    await new Promise((resolve) => setTimeout(resolve, 2))
  }
}

/** A connection whose requests a test begins and ends by hand. */
export class FakeConnection implements UpstreamConnection {
  readonly stream: Duplex
  readonly #max: number
  readonly #ended: (() => void)[] = []
  readonly #idle: (() => void)[] = []
  #calls = 0
  #gone = false

  constructor(stream: Duplex, max: number) {
    this.stream = stream
    this.#max = max
    stream.on('error', () => undefined)
    stream.once('close', () => {
      this.#gone = true
      for (const listener of this.#ended) listener()
    })
    stream.resume().once('end', () => stream.destroy())
  }

  get canTake(): boolean {
    return !this.#gone && this.#calls < this.#max
  }

  get inUse(): boolean {
    return this.#calls > 0
  }

  begin(): void {
    if (!this.canTake) throw new Error('cannot take')
    this.#calls += 1
  }

  finish(): void {
    this.#calls -= 1
    for (const listener of this.#idle) listener()
  }

  request(): never {
    throw new Error('not used here')
  }

  onEnd(listener: () => void): void {
    this.#ended.push(listener)
  }

  onIdle(listener: () => void): void {
    this.#idle.push(listener)
  }

  destroy(): void {
    this.stream.destroy()
  }
}

/** What a test wants to differ. Names lead to loopback, which the guard lets pass, and TLS is left out. */
export interface Wish {
  readonly answers?: (host: string) => Promise<readonly string[]> | readonly string[]
  readonly judge?: (address: string) => AddressVerdict
  readonly limits?: Partial<DialParts['limits']>
  readonly routing?: Partial<DialParts['routing']>
  /** What the upstream picks out of what is offered. */
  readonly picks?: 'h2' | 'http/1.1'
  readonly connectTls?: DialParts['connectTls']
  readonly streams?: number
}

export interface Made {
  readonly dialer: PooledDialer
  readonly own: OwnAddresses
  readonly asked: string[]
  readonly offered: (readonly string[])[]
  readonly clock: { now: number }
}

export function makeDialer(wish: Wish = {}): Made {
  const asked: string[] = []
  const offered: (readonly string[])[] = []
  const clock = { now: 0 }
  const limits = { ...defaultLimits, ...wish.limits }
  const own = new OwnAddresses(() => ['192.0.2.7'])
  const resolver = new Resolver({
    limits,
    now: () => clock.now,
    lookup: async (host) => {
      asked.push(host)
      return { addresses: await (wish.answers?.(host) ?? ['127.0.0.1']), ttlMs: null }
    },
  })
  const parts: DialParts = {
    resolver,
    limits,
    judge: {
      judge: wish.judge ?? (() => 'named'),
      isHost: (address) => own.isHost(address),
      isListener: (address, port) => own.isListener(address, port),
    },
    routing: { fixed: () => null, parent: null, ...wish.routing },
    now: () => clock.now,
    connectTls:
      wish.connectTls ??
      ((socket, { alpn }) => {
        offered.push(alpn)
        const picked = alpn.find((name) => name === (wish.picks ?? 'h2')) ?? 'http/1.1'
        return Promise.resolve(Object.assign(socket, { alpnProtocol: picked }) as TLSSocket)
      }),
    connectHttp1: (stream) => new FakeConnection(stream, 1),
    connectHttp2: (stream) => new FakeConnection(stream, wish.streams ?? 100),
  }
  return { dialer: new PooledDialer(parts), own, asked, offered, clock }
}

/** The refusal that a promise rejects with. */
export async function refusalOf(promise: Promise<unknown>): Promise<RefusalError> {
  const error: unknown = await promise.then(
    () => new Error('was not refused'),
    (reason: unknown) => reason,
  )
  if (!(error instanceof RefusalError)) throw error
  expect(error.refusal.reason).to.match(/^[A-Z].*\.$/)
  expect(error.refusal.remedy).to.match(/^[A-Z].*\.$/)
  expect(JSON.stringify(error.refusal)).not.to.match(/\d+\.\d+\.\d+\.\d+|::/)
  return error
}

/** The code and nothing else. */
export async function codeOf(promise: Promise<unknown>): Promise<string> {
  return (await refusalOf(promise)).refusal.code
}

/** What may be wanted of `open`. */
export const h1 = { scheme: 'https', protocol: 'http/1.1', fresh: false } as const
export const h2 = { scheme: 'https', protocol: 'h2', fresh: false } as const
export const plain = { scheme: 'http', protocol: 'http/1.1', fresh: false } as const

/** Opens a connection to a.test and begins a request on it. */
export async function take(
  { dialer }: Made,
  port: number,
  wanted: Parameters<Made['dialer']['open']>[1] = h1,
): Promise<FakeConnection> {
  const connection: UpstreamConnection = await dialer.open({ host: 'a.test', port }, wanted, never)
  const fake = connection as FakeConnection
  fake.begin()
  return fake
}
