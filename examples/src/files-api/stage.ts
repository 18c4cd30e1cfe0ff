import type { Policy, PolicyFinding, Sandbox } from '@caisson/core'
import { auditPolicy, services } from '@caisson/egress-proxy'
import { createSandbox } from '@caisson/bubblewrap'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { nodeMounts } from '../node-mounts.ts'
import type { Attempt } from './attempts.ts'
import { keys } from './attempts.ts'
import { anthropicHost, type Arrival, fakeAnthropic, type FakeAnthropic } from './fake-anthropic.ts'

/** What came of an attempt. */
export interface Outcome {
  /** Status of the answer that the program inside got; 0 when it got none. */
  readonly status: number
  /** Why it was refused by the proxy; `null` when it was not. */
  readonly refusal: { readonly code: string; readonly remedy: string } | null
  /** What arrived at the service meanwhile. */
  readonly arrived: readonly Arrival[]
  /** What the program printed. */
  readonly printed: string
}

/** An organisation of Anthropic, whose keys alone the service takes from here. */
export const organization = '00000000-1111-4222-8333-444444444444'

const fixtures = join(import.meta.dirname, '..', '..', '..', 'fixtures', 'files-api')

/** The folder in which the client library is installed. */
function installed(): string {
  const entry = createRequire(import.meta.url).resolve('@anthropic-ai/sdk')
  return dirname(dirname(dirname(entry)))
}

const filesystem: Policy['filesystem'] = {
  mounts: [
    ...nodeMounts(),
    { source: fixtures, target: '/srv', access: 'read' },
    { source: installed(), target: '/node_modules', access: 'read' },
  ],
}
const environment = { ATTACKER_KEY: keys.attackers }

/** What a list of hosts amounts to: the name is allowed, and whatever is said to it. The key lies inside. */
export const naivePolicy: Policy = {
  filesystem,
  environment: { ...environment, ANTHROPIC_API_KEY: keys.ours },
  network: { allow: [{ host: anthropicHost, tunnel: true }] },
}

/** The same service by its functions, under one name; the key stays outside. */
export const guardedPolicy: Policy = {
  filesystem,
  environment,
  network: {
    allow: services.anthropic({ credential: 'anthropic', organizations: [organization] }),
  },
  credentials: {
    anthropic: {
      source: { env: 'ANTHROPIC_API_KEY' },
      carrier: { header: 'x-api-key' },
      expose: 'ANTHROPIC_API_KEY',
    },
  },
}

/** A sandbox, and the service that it reaches. */
export class Stage implements AsyncDisposable {
  readonly sandbox: Sandbox
  readonly #service: FakeAnthropic
  readonly #folder: string
  readonly #trust: Readonly<Record<string, string>>

  private constructor(sandbox: Sandbox, service: FakeAnthropic, folder: string) {
    this.sandbox = sandbox
    this.#service = service
    this.#folder = folder
    const isOpened = Object.keys(sandbox.policy.credentials ?? {}).length > 0
    // Where nobody opens the connection on the way, programs have to trust the service's own authority.
    this.#trust = isOpened
      ? {}
      : { CURL_CA_BUNDLE: '/ca/ca.pem', NODE_EXTRA_CA_CERTS: '/ca/ca.pem' }
  }

  static async open(policy: Policy): Promise<Stage> {
    const service = await fakeAnthropic()
    const folder = mkdtempSync(join(tmpdir(), 'caisson-example-'))
    writeFileSync(join(folder, 'ca.pem'), service.egress.trust)
    const ca = { source: folder, target: '/ca', access: 'read' } as const
    const mounts = [...(policy.filesystem?.mounts ?? []), ca]
    const sandbox = await createSandbox({
      policy: { ...policy, filesystem: { ...policy.filesystem, mounts } },
      egress: service.egress,
    })
    return new Stage(sandbox, service, folder)
  }

  async attempt({ command }: Attempt): Promise<Outcome> {
    const before = this.#service.arrivals.length
    const { stdout, stderr } = await this.sandbox.exec([...command], { env: this.#trust })
    const arrived = this.#service.arrivals.slice(before)
    return { ...readAnswer(stdout), arrived, printed: stdout + stderr }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.sandbox.destroy()
    await this.#service[Symbol.asyncDispose]()
    rmSync(this.#folder, { recursive: true })
  }
}

/** An answer as curl prints it; the last, where interim ones come before it. */
function readAnswer(printed: string): Pick<Outcome, 'status' | 'refusal'> {
  const statuses = [...printed.matchAll(/^HTTP\/[\d.]+ (\d{3})/gm)]
  const status = Number(statuses.at(-1)?.[1] ?? 0)
  const code = /^caisson-refusal: (\w+)/im.exec(printed)?.[1]
  const remedy = /"remedy":"((?:[^"\\]|\\.)*)"/.exec(printed)?.[1]
  const told = remedy === undefined ? '' : String(JSON.parse(`"${remedy}"`))
  return { status, refusal: code === undefined ? null : { code, remedy: told } }
}

/** What the auditor says first about the naive policy, and about one that reads but asks for no name. */
export function firstFindings(): readonly (PolicyFinding | undefined)[] {
  const guest = { host: anthropicHost, methods: ['POST'], identity: 'guest' }
  const policies: Policy[] = [naivePolicy, { network: { allow: [guest] } }]
  return policies.map((policy) => auditPolicy(policy)[0])
}
