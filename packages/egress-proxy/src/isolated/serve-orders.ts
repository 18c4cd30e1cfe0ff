import { parsePolicy } from '@caisson/core'
import type { Socket as DatagramSocket } from 'node:dgram'
import type { Server, Socket } from 'node:net'
import type { EgressProxy, ProxyListener } from '../egress-proxy.ts'
import { assemble } from '../engine/assemble.ts'
import type { Seams } from '../engine/ground.ts'
import { LiveProxy } from '../engine/live-proxy.ts'
import type { EgressProxyOptions } from '../options.ts'
import { toFailure } from './failure.ts'
import { orderSchema } from './message-schemas.ts'
import type { Call, Order, PortableOptions, Report } from './messages.ts'
import { Pending } from './pending.ts'
import { absentProviders, remoteRead } from './remote-secrets.ts'
import { remoteFunctions } from './remote-functions.ts'
import type { TelemetryEvent } from '../telemetry/telemetry-event.ts'
import { Teller } from './teller.ts'

/** What the process does for what it serves. */
export interface ProcessSeams {
  send(report: Report): void
  /** Ends the process at once; whatever is open in it dies with it. */
  die(): void
  /** Ends it as soon as this is sent. */
  sendLast(report: Report): void
}

/** A socket that came with an order. */
export type Handed =
  | { readonly kind: 'server'; readonly socket: Server }
  | { readonly kind: 'datagrams'; readonly socket: DatagramSocket }
  | { readonly kind: 'connection'; readonly socket: Socket }
  | null

const noUsage = { allowed: 0, denied: 0, bytesOut: 0, bytesIn: 0, openConnections: 0 }
/** Longer than any deadline that the engine has for such a call. */
const callMs = 86_400_000
const mostCalls = 16_384

/** The proxy's process: carries out the host's orders, one proxy in its life. */
export class OrderService {
  readonly #seams: ProcessSeams
  readonly #calls = new Pending<unknown>()
  readonly #listeners = new Map<number, ProxyListener>()
  readonly #teller: Teller
  #proxy: EgressProxy | null = null

  constructor(seams: ProcessSeams) {
    this.#seams = seams
    this.#teller = new Teller({
      send: (report) => seams.send(report),
      usage: () => this.#proxy?.usage() ?? noUsage,
      onOverflow: () => seams.die(),
    })
  }

  /** One message of the host. What is no order ends the process. */
  take(message: unknown, handed: Handed): void {
    const { success, data } = orderSchema.safeParse(message)
    if (!success) return this.#seams.die()
    if (data.kind === 'heard') {
      if (!this.#teller.onHeard(data.upTo)) this.#seams.die()
    } else if (data.kind === 'answer') this.#calls.answer(data.id, data.value)
    else if (data.kind === 'unanswered') this.#calls.fail(data.id, new Error('it failed'))
    else void this.#carryOut(data, handed)
  }

  async #carryOut(order: Asking, handed: Handed): Promise<void> {
    const { id } = order
    try {
      const value = await this.#do(order, handed)
      const done: Report = { kind: 'done', id, value }
      if (order.kind === 'close') this.#seams.sendLast(done)
      else this.#seams.send(done)
    } catch (error) {
      this.#seams.send({ kind: 'failed', id, failure: toFailure(error) })
    }
  }

  async #do(order: Asking, handed: Handed): Promise<unknown> {
    if (order.kind === 'create') return this.#create(order.options)
    const proxy = this.#proxy
    if (proxy === null) throw new Error('there is no proxy yet')
    if (order.kind === 'update') return proxy.update(parsePolicy(order.policy))
    if (order.kind === 'rotate') return proxy.rotateCredential(order.credential)
    if (order.kind === 'revoke') return proxy.revokeCredential(order.credential)
    if (order.kind === 'listen') return this.#listen(await proxy.listen(order.where), order.id)
    if (order.kind === 'unlisten') return this.#listeners.get(order.listener)?.close()
    if (order.kind === 'attend') return attend(proxy, order.door, handed)
    if (order.kind === 'accept') return accept(proxy, order.how, handed)
    await proxy.close()
    await this.#teller.heard()
    this.#teller.close()
    return null
  }

  #create({ plain, policy, audit, telemetry, calls, providers }: PortableOptions): unknown {
    if (this.#proxy !== null) throw new Error('there is a proxy already')
    const remote = (call: Call, signal?: AbortSignal): Promise<unknown> => this.#call(call, signal)
    const teller = this.#teller
    const write = async (lines: string): Promise<void> =>
      void (await remote({ name: 'write', lines }))
    const options: EgressProxyOptions = {
      ...plain,
      ...remoteFunctions(calls, remote),
      policy: parsePolicy(policy),
      providers: absentProviders(providers),
      onDecision: (decision) => teller.tell({ kind: 'decision', decision }),
      onAlarm: (alarm) => teller.tell({ kind: 'alarm', alarm }),
      onLog: (message) => teller.tell({ kind: 'log', message }),
      ...(audit === null
        ? {}
        : {
            audit: {
              ...audit,
              ...(calls.includes('write') ? { write } : {}),
              onCheckpoint: (checkpoint) => teller.tell({ kind: 'checkpoint', checkpoint }),
            },
          }),
    }
    const record = (event: TelemetryEvent): void => teller.tell({ kind: 'telemetry', event })
    const seams: Seams = {
      heard: () => teller.heard(),
      telemetry: telemetry ? { record, close: () => undefined } : null,
      readSecret: remoteRead(remote),
    }
    const proxy = new LiveProxy(assemble(options, seams))
    this.#proxy = proxy
    const { id, certificate, doors, environment } = proxy
    return { id, certificate, doors, environment }
  }

  #listen(made: ProxyListener, listener: number): unknown {
    this.#listeners.set(listener, made)
    const { host, port, token, url } = made
    return { listener, host, port, token, url }
  }

  async #call(call: Call, signal?: AbortSignal): Promise<unknown> {
    if (this.#calls.size >= mostCalls) throw new Error('too many calls')
    let stop = (): void => undefined
    try {
      return await this.#calls.ask(
        (id) => {
          stop = () => this.#seams.send({ kind: 'abort', id })
          signal?.addEventListener('abort', stop, { once: true })
          this.#seams.send({ kind: 'call', id, call })
        },
        callMs,
        () => new Error('no answer'),
      )
    } finally {
      signal?.removeEventListener('abort', stop)
    }
  }
}

type Asking = Exclude<Order, { kind: 'heard' | 'answer' | 'unanswered' }>

function attend(
  proxy: EgressProxy,
  door: Extract<Order, { kind: 'attend' }>['door'],
  handed: Handed,
): Promise<void> {
  if (handed === null || handed.kind === 'connection')
    throw new TypeError('no listening socket came')
  return proxy.listen({ handle: handed.socket, ...(door === null ? {} : { door }) })
}

function accept(
  proxy: EgressProxy,
  how: Extract<Order, { kind: 'accept' }>['how'],
  handed: Handed,
): void {
  if (handed?.kind !== 'connection') throw new TypeError('no connection came')
  // A client may end its side and still wait for the answer.
  handed.socket.allowHalfOpen = true
  try {
    proxy.accept(handed.socket, how)
  } catch (error) {
    handed.socket.destroy()
    throw error
  }
}
