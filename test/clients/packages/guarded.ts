import { createSandbox } from '@caisson/bubblewrap'
import type { EgressAlarm, ExecResult, NetworkPolicy, Policy, Sandbox } from '@caisson/core'
import type { CredentialProvider } from '@caisson/egress-proxy'
import { createTestAuthority } from '@caisson/egress-proxy/testing'
import { openOrigin, type Origin, type Site } from './origin.ts'

/** What there is outside, by URL (`https://index.good.test`), and what of it may be reached. */
export interface GuardedOf<Url extends string> {
  readonly network: NetworkPolicy
  readonly sites: Readonly<Record<Url, Site>>
  /** What else the policy says. Default: nothing. */
  readonly policy?: Omit<Policy, 'network'>
  /** What hands out secrets, for the source `provider`. */
  readonly providers?: Readonly<Record<string, CredentialProvider>>
}

/** A sandbox with a way out, and the origins that it leads to. */
export interface Guarded<Url extends string> extends AsyncDisposable {
  readonly sandbox: Sandbox
  readonly origins: Readonly<Record<Url, Origin>>
  /** What was told to whoever watches, in order. */
  readonly alarms: readonly EgressAlarm[]
  /** Runs a command to its end. */
  run(command: readonly string[], env?: Readonly<Record<string, string>>): Promise<ExecResult>
}

/** Starts a program with no variable but `PATH`: neither proxy nor authority are named to it. */
export const withoutVariables: readonly string[] = ['env', '-i', 'PATH=/usr/bin:/bin', 'HOME=/tmp']

/** Machines that test are busy, and a JVM takes seconds to start. */
export const longestTestMs = 120_000
/** Longest time of a command: it is ended, and says what it printed, before its test is. */
const timeoutMs = 50_000

/**
 * Opens the origins, and a sandbox whose policy is `network` and what is given beside it: what a client
 * needs more, it finds by itself or was built wrong.
 */
export async function guarded<Url extends string>(of: GuardedOf<Url>): Promise<Guarded<Url>> {
  const authority = createTestAuthority()
  const origins = {} as Record<Url, Origin>
  const hosts: Record<string, string> = {}
  const opened: AsyncDisposable[] = []
  const close = async (): Promise<void> => {
    for (const one of opened.toReversed()) await one[Symbol.asyncDispose]()
  }
  try {
    for (const url of Object.keys(of.sites) as Url[]) {
      const { protocol, hostname } = new URL(url)
      const isSecure = protocol === 'https:'
      const origin = await openOrigin(of.sites[url], isSecure ? authority : undefined)
      opened.push(origin)
      origins[url] = origin
      hosts[`${hostname}:${isSecure ? 443 : 80}`] = `127.0.0.1:${origin.port}`
    }
    const egress = { hosts, trust: authority.certificate, providers: of.providers }
    const policy = { ...of.policy, network: of.network }
    const sandbox = await createSandbox({ policy, egress })
    opened.push(sandbox)
    const alarms: EgressAlarm[] = []
    sandbox.on('alarm', ({ alarm }) => alarms.push(alarm))
    const run: Guarded<Url>['run'] = (command, env) => sandbox.exec(command, { timeoutMs, env })
    return { sandbox, origins, alarms, run, [Symbol.asyncDispose]: close }
  } catch (error) {
    await close()
    throw error
  }
}
