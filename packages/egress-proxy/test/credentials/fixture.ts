import type { Credential } from '@caisson/core'
import { setMaxListeners } from 'node:events'
import { inspect } from 'node:util'
import { keepCredentials, type PolicyKeeper } from '../../dist/credentials/keep-credentials.js'
import { type Secret, SourceFault, type SourceTools } from '../../dist/credentials/secret.js'
import { RefusalError } from '../../dist/refusal.js'

export const never: AbortSignal = new AbortController().signal
setMaxListeners(0, never)

/** Everything by which an object may show what it holds. */
export function shown(value: unknown): string {
  const options = { depth: Infinity, showHidden: true, maxArrayLength: null, maxStringLength: null }
  const hex = inspect(value, options)
  return `${hex} ${JSON.stringify(value)} ${String(value)}`
}

/** In which ways a secret may stand in such a text. */
export function formsOf(secret: string): readonly string[] {
  const bytes = Buffer.from(secret)
  const spaced = bytes.toString('hex').replaceAll(/(..)(?!$)/g, '$1 ')
  return [secret, bytes.toString('hex'), spaced, bytes.toString('base64'), bytes.join(',')]
}

/** What a source throws, or `nothing`. */
export async function faultOf(act: () => Promise<unknown>): Promise<SourceFault> {
  try {
    await act()
  } catch (error) {
    if (error instanceof SourceFault) return error
    throw error
  }
  throw new Error('nothing was thrown')
}

/** The code with which it is refused, or the secret. */
export async function outcome(secret: Promise<Secret | null>): Promise<string> {
  try {
    return (await secret)?.bytes.toString() ?? 'none'
  } catch (error) {
    return error instanceof RefusalError ? error.refusal.code : String(error)
  }
}

/** A source that is answered by hand, and a clock that is set by hand. */
export class Bench {
  now = 1_000_000
  asked = 0
  revoked: string[] = []
  onRevoke: () => Promise<void> = () => Promise.resolve()
  readonly failures: string[] = []
  readonly signals: AbortSignal[] = []
  readonly keeper: PolicyKeeper
  #next: (() => Promise<Secret>) | null = null

  constructor(credentials: Readonly<Record<string, Credential>> = only()) {
    const tools: SourceTools = {
      read: (_reference, signal) => this.#read(signal),
      fetch: () => Promise.reject(new SourceFault('not used here')),
      now: () => this.now,
    }
    this.keeper = keepCredentials(credentials, {
      tools,
      now: () => this.now,
      limits: { credentialMs: 60_000 },
      onFailure: (id, message) => {
        this.failures.push(`${id}: ${message}`)
        throw new Error('a log that fails')
      },
    })
  }

  /** What the source hands out from now on. */
  gives(value: string, expiresAt: number | null = null, isLent = false): this {
    this.#next = () => Promise.resolve(this.secret(value, expiresAt, isLent))
    return this
  }

  fails(error: unknown = new SourceFault('the service is down', { passing: true })): this {
    this.#next = () => Promise.reject(error)
    return this
  }

  /** Answers when it is told to. */
  waits(): { give(value: string, expiresAt?: number | null): void; fail(error: unknown): void } {
    let resolve: (secret: Secret) => void = () => undefined
    let reject: (error: unknown) => void = () => undefined
    const gate = new Promise<Secret>((give, fail) => {
      resolve = give
      reject = fail
    })
    this.#next = () => gate
    return {
      give: (value, expiresAt = null) => resolve(this.secret(value, expiresAt, true)),
      fail: (error) => reject(error),
    }
  }

  secret(value: string, expiresAt: number | null, isLent: boolean): Secret {
    const revoke = (): Promise<void> => {
      this.revoked.push(value)
      return this.onRevoke()
    }
    return { bytes: Buffer.from(value), expiresAt, ...(isLent ? { revoke } : {}) }
  }

  get(signal: AbortSignal = never): Promise<string> {
    return outcome(this.keeper.get('key', signal))
  }

  get at(): string {
    return this.keeper.at('key')?.bytes.toString() ?? 'none'
  }

  #read(signal: AbortSignal): Promise<Secret> {
    this.asked += 1
    this.signals.push(signal)
    return this.#next?.() ?? Promise.reject(new SourceFault('nothing there'))
  }
}

export function only(): Readonly<Record<string, Credential>> {
  return { key: { source: { env: 'KEY' }, carrier: { header: 'x-api-key' } } }
}

/** Lets everything happen that needs no event of the system. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 5; turn += 1) await new Promise((resolve) => setImmediate(resolve))
}
