import type { EgressDecision, NetworkPolicy, Policy } from '@caisson/core'
import { createEgressProxy } from '../../dist/create-egress-proxy.js'
import type { EgressProxy, ProxyListener } from '../../dist/egress-proxy.js'
import type { EgressProxyOptions } from '../../dist/options.js'
import { createTestAuthority } from '../../dist/testing.js'
import { connectTo, Line, secure } from '../support/client.ts'
import { type Answer, Origin } from '../support/origin.ts'

export const good = 'api.good.test'

/** Where a proxy runs. */
export type Form = 'none' | 'process'

/** What a test wants to be different. */
export type Wanted = Partial<Omit<EgressProxyOptions, 'policy'>> & {
  readonly network?: NetworkPolicy
  readonly credentials?: Policy['credentials']
  readonly answer?: Answer
}

/** A proxy in one of its forms, two origins, and what was told. */
export class EitherForm implements AsyncDisposable {
  readonly decisions: EgressDecision[] = []
  readonly logs: string[] = []
  readonly proxy: EgressProxy
  readonly listener: ProxyListener
  readonly origin: Origin
  readonly plain: Origin

  private constructor(
    parts: Pick<EitherForm, 'proxy' | 'listener' | 'origin' | 'plain' | 'decisions' | 'logs'>,
  ) {
    this.proxy = parts.proxy
    this.listener = parts.listener
    this.origin = parts.origin
    this.plain = parts.plain
    this.decisions = parts.decisions
    this.logs = parts.logs
  }

  static async open(form: Form, wanted: Wanted = {}): Promise<EitherForm> {
    const { network = { allow: [good] }, credentials, answer, ...options } = wanted
    const authority = createTestAuthority()
    const origin = await Origin.tls(authority, answer)
    const plain = await Origin.plain(answer)
    const decisions: EgressDecision[] = []
    const logs: string[] = []
    try {
      const proxy = await createEgressProxy({
        isolate: form,
        id: 'box',
        policy: { network, ...(credentials === undefined ? {} : { credentials }) },
        trust: authority.certificate,
        hosts: { [`${good}:443`]: origin.address, [`${good}:80`]: plain.address },
        onDecision: (decision) => void decisions.push(decision),
        onLog: (message) => void logs.push(message),
        ...options,
      })
      const listener = await proxy.listen()
      return new EitherForm({ proxy, listener, origin, plain, decisions, logs })
    } catch (error) {
      await origin[Symbol.asyncDispose]()
      await plain[Symbol.asyncDispose]()
      throw error
    }
  }

  /** An intercepted connection. */
  async intercepted(): Promise<Line> {
    const { status, text, socket } = await connectTo(this.listener, `${good}:443`)
    if (status !== 200) throw new Error(`CONNECT was answered: ${text}`)
    return new Line(await secure(socket, { servername: good, ca: this.proxy.certificate }))
  }

  /** What was decided, without what differs from one run to the next. */
  get told(): Partial<EgressDecision>[] {
    return this.decisions.map(({ time: _time, ...rest }) => rest)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.proxy.close()
    await this.origin[Symbol.asyncDispose]()
    await this.plain[Symbol.asyncDispose]()
  }
}

export function get(path: string, fields = ''): string {
  return `GET ${path} HTTP/1.1\r\nHost: ${good}\r\n${fields}\r\n`
}

export function post(path: string, body: string): string {
  return `POST ${path} HTTP/1.1\r\nHost: ${good}\r\nContent-Length: ${body.length}\r\n\r\n${body}`
}

/** Status and code of an answer. */
export function outcome(text: string): string {
  const status = /^HTTP\/1\.1 ([0-9]{3})/.exec(text)?.[1] ?? 'cut'
  const code = /"code":"([a-z_]+)"/.exec(text)?.[1]
  return code === undefined ? status : `${status} ${code}`
}
