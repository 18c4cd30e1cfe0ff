import type { CredentialProvider } from './provider.ts'
import { longestSecret, readText } from './read-text.ts'
import { type Secret, SourceFault } from './secret.ts'
import { settledWithin } from './settled-within.ts'

/** Functions of the host application that hand out secrets. */
export type Providers = Readonly<Record<string, CredentialProvider>>

/** Which function is asked, for which credential. */
export interface ProviderQuestion {
  readonly provider: string
  readonly credential: string
  readonly signal: AbortSignal
}

/**
 * Asks functions of the host application, one call at a time for each credential: the next begins when the
 * one before has ended, even if nobody waits for that any more.
 */
export class ProviderDesk {
  readonly #providers: Providers
  readonly #now: () => number
  readonly #last = new Map<string, Promise<unknown>>()

  constructor(providers: Providers, now: () => number) {
    this.#providers = providers
    this.#now = now
  }

  /** @throws SourceFault; what the function threw is not in it */
  async ask({ provider, credential, signal }: ProviderQuestion): Promise<Secret> {
    const name = `provider ${provider}`
    const call = Object.hasOwn(this.#providers, provider) ? this.#providers[provider] : undefined
    if (call === undefined) throw new SourceFault(`${name}: there is none of that name`)
    const before = this.#last.get(credential) ?? Promise.resolve()
    const run = async (): Promise<unknown> => {
      if (signal.aborted) throw new SourceFault(`${name}: it was given up`)
      return await call({ credential, signal })
    }
    // In turn, whatever became of the one before.
    const answer = before.then(run, run)
    const ended = answer.catch(() => undefined)
    this.#last.set(credential, ended)
    void ended.then(() => {
      if (this.#last.get(credential) === ended) this.#last.delete(credential)
    })
    return this.#read(name, await settled(name, answer, signal))
  }

  #read(name: string, answer: unknown): Secret {
    if (typeof answer !== 'object' || answer === null || !('value' in answer))
      throw new SourceFault(`${name}: it answered something else than { value, expiresAt? }`)
    const { value } = answer
    const expiresAt = 'expiresAt' in answer ? answer.expiresAt : undefined
    if (typeof value !== 'string' || value === '' || value.length > longestSecret)
      throw new SourceFault(`${name}: \`value\` must be a text of 1 MiB at most, and not empty`)
    const bytes = Buffer.from(value, 'utf8')
    if (expiresAt === undefined) return readText({ bytes, expiresAt: null, from: name })
    if (typeof expiresAt !== 'number' || !Number.isFinite(expiresAt))
      throw new SourceFault(`${name}: \`expiresAt\` must be milliseconds since the epoch`)
    if (expiresAt <= this.#now()) throw new SourceFault(`${name}: what it handed out has expired`)
    return readText({ bytes, expiresAt, from: name })
  }
}

async function settled(
  name: string,
  answer: Promise<unknown>,
  signal: AbortSignal,
): Promise<unknown> {
  try {
    return await settledWithin(answer, signal)
  } catch (error) {
    if (error instanceof SourceFault) throw error
    const how = signal.aborted ? 'it took too long' : 'it failed'
    throw new SourceFault(`${name}: ${how}`, { passing: true })
  }
}
