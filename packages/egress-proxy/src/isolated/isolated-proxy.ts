import {
  type EgressAlarm,
  type EgressArrival,
  type EgressDecision,
  type EgressDoor,
  type EgressUsage,
  type Policy,
  parsePolicy,
  SandboxError,
} from '@caisson/core'
import { checkEvent, checkListen } from '../check-listen.ts'
import { checkProviders } from '../check-options.ts'
import type { Socket as DatagramSocket } from 'node:dgram'
import type { Server, Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import type { z } from 'zod'
import type {
  AcceptedFor,
  EgressProxy,
  ListenAt,
  ListenHandle,
  ProxyListener,
} from '../egress-proxy.ts'
import { Listeners } from '../engine/listeners.ts'
import { tellAll } from '../engine/tell-all.ts'
import type { EgressProxyOptions } from '../options.ts'
import type { Telemetry } from '../telemetry/telemetry-event.ts'
import { Bridge } from './bridge-listen.ts'
import { ChildLink, type Said } from './child-link.ts'
import { launchChild } from './child-launch.ts'
import { FunctionCalls } from './function-calls.ts'
import { HostSecrets } from './host-secrets.ts'
import { listenerSchema, madeSchema } from './message-schemas.ts'
import type { Made, News } from './messages.ts'
import { portableOptions } from './portable-options.ts'

type Ended = Awaited<EgressProxy['ended']>

const startMs = 30_000
const answerMs = 10_000
/** Beyond what the audit trail may take for its last lines: leases are given back meanwhile. */
const closeMs = 15_000
const defaultAuditMs = 5000

/**
 * Makes an egress proxy in a process of its own. One for each sandbox: what a sandbox's bytes may do to a
 * process then reaches no secret, budget or connection of another, and a flood from one slows no other.
 *
 * @throws SandboxError `POLICY_INVALID`, `POLICY_UNSUPPORTED`; `LAUNCH_FAILED` when there can be no process
 * @throws TypeError for options that are none
 */
export async function createIsolatedProxy(
  options: EgressProxyOptions,
  telemetry: Telemetry | null,
): Promise<EgressProxy> {
  const portable = portableOptions(options)
  const host = new HostSide(options, telemetry)
  const link = new ChildLink(launchChild(), (said) => host.hear(link, said))
  try {
    const made = await link.ask({ kind: 'create', options: portable }, { ms: startMs })
    return new IsolatedProxy(link, host, read(madeSchema, made, link))
  } catch (error) {
    link.kill('it could not be made')
    await link.gone
    telemetry?.close()
    throw unmade(error)
  }
}

function unmade(error: unknown): unknown {
  const isGone = SandboxError.is(error) && error.code === 'SANDBOX_ENDED'
  return isGone ? new SandboxError('LAUNCH_FAILED', error.message, { cause: error }) : error
}

/** What of a proxy stays in the host's process: its functions, and who listens. */
class HostSide {
  readonly listeners = new Listeners()
  usage: EgressUsage = { allowed: 0, denied: 0, bytesOut: 0, bytesIn: 0, openConnections: 0 }
  readonly options: EgressProxyOptions
  readonly secrets: HostSecrets
  readonly #telemetry: Telemetry | null
  #calls: FunctionCalls | null = null

  constructor(options: EgressProxyOptions, telemetry: Telemetry | null) {
    this.options = options
    this.secrets = new HostSecrets(options.policy, options.providers)
    this.#telemetry = telemetry
  }

  hear(link: ChildLink, said: Said): void {
    const calls = (this.#calls ??= new FunctionCalls(this.options, {
      secrets: this.secrets,
      answer: (id, value) => link.say({ kind: 'answer', id, value }),
      fail: (id) => link.say({ kind: 'unanswered', id }),
    }))
    if (said.kind === 'call') return calls.start(said.id, said.call)
    if (said.kind === 'abort') return calls.abort(said.id)
    this.usage = said.usage
    for (const news of said.news) this.#pass(news)
    link.say({ kind: 'heard', upTo: said.upTo })
  }

  close(): void {
    this.#calls?.abortAll()
    this.#telemetry?.close()
    this.listeners.clear()
    this.usage = { ...this.usage, openConnections: 0 }
  }

  #pass(news: News): void {
    const { onDecision, onAlarm, onLog, audit } = this.options
    if (news.kind === 'telemetry') this.#telemetry?.record(news.event)
    else if (news.kind === 'decision')
      tellAll(news.decision, [onDecision, ...this.listeners.decision])
    else if (news.kind === 'alarm') tellAll(news.alarm, [onAlarm, ...this.listeners.alarm])
    else if (news.kind === 'log') tellAll(news.message, [onLog])
    else tellAll(news.checkpoint, [audit?.onCheckpoint])
  }
}

/** A proxy that runs in a process of its own, as the host has it. */
class IsolatedProxy implements EgressProxy {
  readonly id: string
  readonly certificate: string
  readonly doors: readonly EgressDoor[]
  readonly environment: Readonly<Record<string, string>>
  readonly ended: Promise<Ended>
  readonly #link: ChildLink
  readonly #host: HostSide
  readonly #bridge = new Bridge()
  #closing: Promise<void> | null = null

  constructor(link: ChildLink, host: HostSide, made: Made) {
    this.#link = link
    this.#host = host
    this.id = made.id
    this.certificate = made.certificate
    this.doors = Object.freeze(made.doors)
    this.environment = Object.freeze(made.environment)
    this.ended = link.gone.then((detail) => {
      this.#bridge.close()
      host.close()
      const isClosed = this.#closing !== null
      this.#closing ??= Promise.resolve()
      return isClosed ? { reason: 'closed', detail: 'it was closed' } : { reason: 'failed', detail }
    })
  }

  listen(where?: ListenAt): Promise<ProxyListener>
  listen(where: ListenHandle): Promise<void>
  async listen(where: ListenAt | ListenHandle = {}): Promise<ProxyListener | void> {
    checkListen(where)
    this.#refuseClosed()
    if ('handle' in where) return this.#attend(where)
    const said = await this.#link.ask({ kind: 'listen', where }, { ms: answerMs })
    const { listener, host, port, token, url } = read(listenerSchema, said, this.#link)
    const close = async (): Promise<void> => {
      if (this.#closing !== null) return this.#closing
      await this.#link.ask({ kind: 'unlisten', listener }, { ms: answerMs })
    }
    return { host, port, token, url, close }
  }

  accept(connection: Duplex, how: AcceptedFor | EgressArrival): void {
    this.#refuseClosed()
    void this.#handOver(connection, how)
  }

  async update(policy: Policy): Promise<void> {
    this.#refuseClosed()
    const parsed = parsePolicy(policy)
    const { secrets, options } = this.#host
    checkProviders(parsed, options.providers)
    // One that is not confirmed ends the proxy: the old policy must not go on.
    const question = { kind: 'update', policy: { ...parsed } } as const
    await secrets.during(parsed, () => this.#link.ask(question, { ms: answerMs }))
  }

  on(name: 'decision', listener: (decision: EgressDecision) => void): () => void
  on(name: 'alarm', listener: (alarm: EgressAlarm) => void): () => void
  on(name: 'decision' | 'alarm', listener: (told: never) => void): () => void {
    checkEvent(name)
    return this.#host.listeners.add(name, listener)
  }

  rotateCredential(id: string): Promise<void> {
    return this.#order('rotate', id)
  }

  revokeCredential(id: string): Promise<void> {
    return this.#order('revoke', id)
  }

  usage(): EgressUsage {
    return this.#host.usage
  }

  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  async #order(kind: 'rotate' | 'revoke', credential: string): Promise<void> {
    this.#refuseClosed()
    // One that is not confirmed ends the proxy: nobody could say what it still uses.
    await this.#link.ask({ kind, credential }, { ms: answerMs })
  }

  async #close(): Promise<void> {
    const ms = closeMs + (this.#host.options.audit?.closeMs ?? defaultAuditMs)
    try {
      await this.#link.ask({ kind: 'close' }, { ms })
    } catch {
      this.#link.kill('it did not close in time')
    }
    // It leaves by itself; whatever stands in the way of that does not have to be waited for.
    this.#link.kill('it was closed')
    await this.#link.gone
  }

  async #attend({ handle, door }: ListenHandle): Promise<void> {
    const stop = isServer(handle) ? this.#catchArrivals(handle, door) : () => undefined
    handle.on('error', () => undefined)
    try {
      const question = { kind: 'attend', door: door ?? null } as const
      await this.#link.ask(question, { ms: answerMs, handle })
    } finally {
      // The other process has it now, or nobody.
      stop()
      handle.close()
    }
  }

  /** What arrives here while the socket is on its way is carried after it. */
  #catchArrivals(server: Server, door: EgressDoor | undefined): () => void {
    const onConnection = (socket: Socket): void => {
      const { localAddress, localPort, remoteAddress, remotePort } = socket
      if (localAddress === undefined || localPort === undefined) return void socket.destroy()
      if (remoteAddress === undefined || remotePort === undefined) return void socket.destroy()
      const at = { kind: 'proxy', protocol: 'tcp', address: localAddress, port: localPort } as const
      const peer = { protocol: 'tcp', address: remoteAddress, port: remotePort } as const
      void this.#handOver(socket, { door: door ?? at, localAddress, peer })
    }
    Object.assign(server, { allowHalfOpen: true })
    server.on('connection', onConnection)
    return () => server.off('connection', onConnection)
  }

  async #handOver(connection: Duplex, how: AcceptedFor | EgressArrival): Promise<void> {
    try {
      const handle = await this.#bridge.extend(connection)
      await this.#link.ask({ kind: 'accept', how }, { ms: answerMs, handle })
    } catch {
      // Nobody serves it: it must not look as if somebody did.
      connection.destroy()
    }
  }

  #refuseClosed(): void {
    if (this.#closing !== null)
      throw new SandboxError('SANDBOX_ENDED', 'the egress proxy is closed')
  }
}

/** What the other process answered, or its end. */
function read<T>(schema: z.ZodType<T>, value: unknown, link: ChildLink): T {
  const { success, data } = schema.safeParse(value)
  if (success) return data
  link.kill('its process answered something that it may not')
  throw new SandboxError('SANDBOX_ENDED', 'the egress proxy is gone: it answered nonsense')
}

function isServer(handle: Server | DatagramSocket): handle is Server {
  return 'listening' in handle
}
