import {
  type EgressAlarm,
  type EgressDecision,
  type NetworkPolicy,
  parsePolicy,
  type Policy,
} from '@caisson/core'
import type { SecureServerOptions } from 'node:http2'
import { createServer, type AddressInfo, type Server } from 'node:net'
import { createEgressProxy } from '../../dist/create-egress-proxy.js'
import { assemble } from '../../dist/engine/assemble.js'
import { LiveProxy } from '../../dist/engine/live-proxy.js'
import type { EgressProxy, ProxyListener } from '../../dist/egress-proxy.js'
import type { EgressProxyOptions } from '../../dist/options.js'
import { createTestAuthority, type TestAuthority } from '../../dist/testing.js'
import { connectTo, type Door, Line, secure } from './client.ts'
import { type Answer, Origin } from './origin.ts'

/** The name that most tests reach an origin by. */
export const good = 'api.good.test'

/** What a test wants to be different. */
export interface Wanted extends Partial<Omit<EgressProxyOptions, 'policy'>> {
  readonly network?: NetworkPolicy
  readonly credentials?: Policy['credentials']
  readonly answer?: Answer
  /** Other names that lead to the same origins. */
  readonly also?: readonly string[]
  /** Of the origin that speaks TLS. */
  readonly server?: SecureServerOptions
  /** What names lead to; default: nobody knows any. */
  readonly lookup?: (host: string) => Promise<{ addresses: string[]; ttlMs: number | null }>
}

/** A proxy, two origins, and all that the proxy told. */
export class Proxied implements AsyncDisposable {
  readonly proxy: EgressProxy
  readonly listener: ProxyListener
  readonly origin: Origin
  readonly plain: Origin
  readonly decisions: EgressDecision[]
  readonly alarms: EgressAlarm[]
  readonly logs: string[]
  readonly lookups: string[]
  readonly #servers: Server[] = []

  private constructor(parts: Pick<Proxied, 'proxy' | 'listener' | 'origin' | 'plain'> & Told) {
    this.proxy = parts.proxy
    this.listener = parts.listener
    this.origin = parts.origin
    this.plain = parts.plain
    this.decisions = parts.decisions
    this.alarms = parts.alarms
    this.logs = parts.logs
    this.lookups = parts.lookups
  }

  static async open(wanted: Wanted = {}): Promise<Proxied> {
    const authority: TestAuthority = createTestAuthority()
    const {
      network = { allow: [good] },
      credentials,
      answer,
      lookup,
      hosts = {},
      also = [],
      server = {},
      ...options
    } = wanted
    const origin = await Origin.tls(authority, answer, server)
    const plain = await Origin.plain(answer)
    const decisions: EgressDecision[] = []
    const alarms: EgressAlarm[] = []
    const logs: string[] = []
    const lookups: string[] = []
    const made = {
      policy: parsePolicy({ network, ...(credentials === undefined ? {} : { credentials }) }),
      trust: authority.certificate,
      hosts: { ...leading([good, ...also], origin, plain), ...hosts },
      onDecision: (decision: EgressDecision) => void decisions.push(decision),
      onAlarm: (alarm: EgressAlarm) => void alarms.push(alarm),
      onLog: (message: string) => void logs.push(message),
      ...options,
    }
    const counted = async (host: string) => {
      lookups.push(host)
      if (lookup === undefined) throw new Error('there are no names here')
      return lookup(host)
    }
    const proxy =
      options.isolate === 'process'
        ? await createEgressProxy(made)
        : new LiveProxy(assemble(made, { lookup: counted }))
    const listener = await proxy.listen()
    return new Proxied({ proxy, listener, origin, plain, decisions, alarms, logs, lookups })
  }

  /** The proxy door, with the token. */
  get door(): Door {
    return this.listener
  }

  /** A proxy door that belongs to this sandbox by itself: no token. */
  async ownDoor(): Promise<Door> {
    const server = await this.#server()
    await this.proxy.listen({ handle: server })
    return { host: '127.0.0.1', port: (server.address() as AddressInfo).port }
  }

  /** A door where every connection was meant for one destination. */
  async transparentDoor(destination: string): Promise<Door> {
    const server = await this.#server()
    server.on('connection', (socket) => {
      this.proxy.accept(socket, { door: 'transparent', destination })
    })
    return { host: '127.0.0.1', port: (server.address() as AddressInfo).port }
  }

  async #server(): Promise<Server> {
    const server = createServer({ allowHalfOpen: true })
    this.#servers.push(server)
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    return server
  }

  /** An intercepted connection through CONNECT. */
  async intercepted(host: string = good, alpn?: readonly string[]): Promise<Line> {
    return new Line(await this.interceptedSocket(host, alpn))
  }

  async interceptedSocket(host: string = good, alpn?: readonly string[]) {
    const { status, text, socket } = await connectTo(this.door, `${host}:443`)
    if (status !== 200) throw new Error(`CONNECT was answered: ${text}`)
    return secure(socket, {
      servername: host,
      ca: this.proxy.certificate,
      ...(alpn === undefined ? {} : { alpn }),
    })
  }

  /** The newest refusal. */
  get refused(): EgressDecision | undefined {
    return this.decisions.findLast(({ verdict }) => verdict === 'deny')
  }

  /** Requests that came to an origin, complete or not. */
  get arrived(): number {
    return this.origin.begun + this.plain.begun
  }

  /** Connections that came to an origin. */
  get reached(): number {
    return this.origin.connections + this.plain.connections
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.proxy.close()
    for (const server of this.#servers) await new Promise((resolve) => server.close(resolve))
    await this.origin[Symbol.asyncDispose]()
    await this.plain[Symbol.asyncDispose]()
  }
}

function leading(
  names: readonly string[],
  origin: Origin,
  plain: Origin,
): Readonly<Record<string, string>> {
  return Object.fromEntries(
    names.flatMap((name) => [
      [`${name}:443`, origin.address],
      [`${name}:80`, plain.address],
    ]),
  )
}

interface Told {
  readonly decisions: EgressDecision[]
  readonly alarms: EgressAlarm[]
  readonly logs: string[]
  readonly lookups: string[]
}

/** The code of a refusal in the text of an answer; `null` when there is none. */
export function refusalIn(text: string): string | null {
  return /"code":"([a-z_]+)"/.exec(text)?.[1] ?? null
}

/** The status of an answer. */
export function statusOf(text: string): number {
  return Number(/^HTTP\/1\.1 ([0-9]{3})/.exec(text)?.[1] ?? 0)
}

const longestMs = 5000

/** Lets what was sent arrive: until it is so, or for so long that it never will be. */
export async function settle(isSo: () => boolean): Promise<void> {
  const until = performance.now() + longestMs
  while (!isSo() && performance.now() < until) await new Promise((resolve) => setImmediate(resolve))
}
