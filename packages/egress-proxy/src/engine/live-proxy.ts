import {
  type EgressAlarm,
  type EgressArrival,
  type EgressDecision,
  type EgressDoor,
  type EgressUsage,
  parsePolicy,
  type Policy,
  SandboxError,
} from '@caisson/core'
import type { Socket as DatagramSocket } from 'node:dgram'
import type { Server } from 'node:net'
import type { Duplex } from 'node:stream'
import { isDeepStrictEqual } from 'node:util'
import { decide } from '../decide/decide.ts'
import { namedHosts } from '../decide/policy.ts'
import type {
  AcceptedFor,
  EgressProxy,
  ListenAt,
  ListenHandle,
  ProxyListener,
} from '../egress-proxy.ts'
import { checkEvent, checkListen } from '../check-listen.ts'
import { parseAuthority } from '../names/authority.ts'
import { admit, attendDatagrams, attendServer, type Entrance } from './attend-listen.ts'
import type { Assembly } from './assemble.ts'
import { listenOnHost } from './own-listener-listen.ts'
import { identitiesOf, makeSnapshot } from './policy-cell.ts'
import { makeToken, tokenUser } from './proxy-token.ts'
import { stillAllows } from './still-allows.ts'

type Ended = Awaited<EgressProxy['ended']>

/** A proxy that runs in this process. */
export class LiveProxy implements EgressProxy {
  readonly id: string
  readonly certificate: string
  readonly doors: readonly EgressDoor[]
  readonly environment: Readonly<Record<string, string>>
  readonly ended: Promise<Ended>
  readonly #parts: Assembly
  readonly #stops = new Set<() => Promise<void>>()
  #end: (ended: Ended) => void = () => undefined
  #closing: Promise<void> | null = null

  constructor(parts: Assembly) {
    this.#parts = parts
    this.id = parts.id
    this.certificate = parts.engine.authority.certificatePem
    this.doors = parts.doors
    this.environment = environmentOf(parts)
    this.ended = new Promise((resolve) => {
      this.#end = resolve
    })
  }

  listen(where?: ListenAt): Promise<ProxyListener>
  listen(where: ListenHandle): Promise<void>
  async listen(where: ListenAt | ListenHandle = {}): Promise<ProxyListener | void> {
    checkListen(where)
    this.#refuseClosed()
    if ('handle' in where) return this.#attend(where)
    const { server, host, port } = await listenOnHost(where)
    const token = makeToken()
    const forget = this.#parts.own.add({ address: host, port })
    const stop = this.#keep(
      attendServer(this.#parts.engine, server, this.#entrance('proxy', token)),
    )
    const shown = host.includes(':') ? `[${host}]` : host
    return {
      host,
      port,
      token,
      url: `http://${tokenUser}:${token}@${shown}:${port}`,
      close: () => {
        forget()
        return stop()
      },
    }
  }

  accept(connection: Duplex, how: AcceptedFor | EgressArrival): void {
    this.#refuseClosed()
    const { engine } = this.#parts
    if ('localAddress' in how) {
      const { door, localAddress, peer } = how
      const arrival = { localAddress, localPort: door.port, peer }
      return admit(engine, connection, { entrance: this.#entrance(door.kind, null), arrival })
    }
    const at = how.door === 'proxy' ? { address: '', port: 0 } : this.#meant(how.destination)
    const arrival = { localAddress: at.address, localPort: at.port, peer: null }
    admit(engine, connection, { entrance: this.#entrance(how.door, null), arrival })
  }

  async update(policy: Policy): Promise<void> {
    this.#refuseClosed()
    const { engine, cell, asker, dialer, covers, nat64, keeper } = this.#parts
    const parsed = parsePolicy(policy)
    refuseOtherCredentials(this.#parts.credentials, parsed.credentials)
    const version = cell.now.compiled.version + 1
    const next = makeSnapshot(parsed, { version, nat64, identities: identitiesOf(keeper) })
    const strange = namedHosts(next.compiled).find(({ pattern }) => !covers(pattern))
    if (strange !== undefined)
      throw new SandboxError(
        'POLICY_INVALID',
        `network: ${strange.pattern}: the certificate authority of this sandbox was not made for it`,
        { hint: 'name it in `ask` from the start, or in the option `certificateNames`' },
      )
    const older = cell.now.compiled
    cell.replace(next)
    engine.ledger.update(next.budgets)
    asker.forget()
    engine.open.recheck((tunnel) => stillAllows(next.compiled, tunnel, older))
    dialer.judgeAgain()
    dialer.prune(({ host, port }) => {
      const request = { kind: 'connection', door: 'connect', host, port } as const
      return decide(next.compiled, request).verdict !== 'deny'
    })
  }

  on(name: 'decision', listener: (decision: EgressDecision) => void): () => void
  on(name: 'alarm', listener: (alarm: EgressAlarm) => void): () => void
  on(name: 'decision' | 'alarm', listener: (told: never) => void): () => void {
    checkEvent(name)
    return this.#parts.listeners.add(name, listener)
  }

  async rotateCredential(id: string): Promise<void> {
    this.#refuseClosed()
    await this.#parts.keeper.rotate(id)
  }

  async revokeCredential(id: string): Promise<void> {
    this.#refuseClosed()
    const revoked = this.#parts.keeper.revoke(id)
    // What was begun in its name ends with it.
    this.#parts.engine.open.recheck((tunnel) => !('identity' in tunnel) || tunnel.identity !== id)
    await revoked
  }

  usage(): EgressUsage {
    const { engine, received } = this.#parts
    return {
      ...engine.recorder.counts,
      bytesOut: engine.ledger.totalBytes,
      bytesIn: received(),
      openConnections: engine.open.count,
    }
  }

  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  async #close(): Promise<void> {
    const { engine, dialer, asker, trail, keeper, tokens } = this.#parts
    const stops = [...this.#stops].map((stop) => stop())
    engine.open.destroyAll()
    asker.forget()
    dialer.close()
    engine.deadlines.close()
    // Leases are given back over a way of its own, which nobody inside can use.
    await keeper.close()
    tokens.close()
    await Promise.allSettled([...stops, trail.close()])
    engine.recorder.close()
    this.#parts.listeners.clear()
    this.#end({ reason: 'closed', detail: 'it was closed' })
  }

  #attend({ handle, door }: ListenHandle): void {
    const { engine, locate } = this.#parts
    if (isServer(handle)) {
      this.#keep(attendServer(engine, handle, this.#entrance(door?.kind ?? 'proxy', null)))
    } else if (door?.kind === 'resolver') this.#keep(attendDatagrams(engine, handle, locate))
    else throw new TypeError('a datagram socket can only be the resolver’s')
  }

  #keep(stop: () => Promise<void>): () => Promise<void> {
    const once = async (): Promise<void> => {
      if (!this.#stops.delete(once)) return
      await stop()
    }
    this.#stops.add(once)
    return once
  }

  #entrance(kind: EgressDoor['kind'], token: string | null): Entrance {
    return { kind, token, locate: this.#parts.locate }
  }

  #meant(destination: string | undefined): { address: string; port: number } {
    const place = parseAuthority(destination ?? '', null)
    if ('fault' in place || place.literal)
      throw new TypeError('a transparent connection needs a destination such as `api.test:443`')
    const address = this.#parts.engine.names.addressOf(place.host)
    if (address === null) throw new TypeError('there are too many names')
    return { address, port: place.port }
  }

  #refuseClosed(): void {
    if (this.#closing !== null)
      throw new SandboxError('SANDBOX_ENDED', 'the egress proxy is closed')
  }
}

/** Dummies and canaries; whoever runs programs behind the proxy gives them these. */
function environmentOf({ keeper, canaries }: Assembly): Readonly<Record<string, string>> {
  const all = keeper.credentials.map(({ dummy }) => dummy.environment)
  return Object.freeze(Object.assign({}, canaries.environment, ...all))
}

/** Programs inside have the dummies that they were started with, so that others would be of no use to them. */
function refuseOtherCredentials(
  before: Policy['credentials'] = {},
  after: Policy['credentials'] = {},
): void {
  if (isDeepStrictEqual(before, after)) return
  throw new SandboxError(
    'POLICY_UNSUPPORTED',
    'credentials: they cannot change while the proxy runs',
    { hint: 'leave them as they were, rotate or revoke one of them, or make a new proxy' },
  )
}

function isServer(handle: Server | DatagramSocket): handle is Server {
  return 'listening' in handle
}
