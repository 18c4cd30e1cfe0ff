import type { Policy, SecretReference } from '@caisson/core'
import { localReader } from '../credentials/local-reader.ts'
import type { Providers } from '../credentials/provider-source.ts'
import { referencesOf, sameReference } from '../credentials/references.ts'
import { SourceFault } from '../credentials/secret.ts'
import type { Call, SecretAnswer } from './messages.ts'

/** The proxy asks once at a time for each credential; a flood of programs is not what it wants. */
const mostAtOnce = 32

type SecretCall = Extract<Call, { readonly name: 'secret' }>

/**
 * Reads on the host what references of the policy name, for a proxy in a process of its own, which has neither
 * the host's environment nor its functions. What the policy does not name is not read: whoever takes over that
 * process gets no files, programs or variables of the host by asking.
 */
export class HostSecrets {
  readonly #read: ReturnType<typeof localReader>
  #policies: readonly Policy[]
  #running = 0

  constructor(policy: Policy, providers: Providers | undefined) {
    this.#policies = [policy]
    this.#read = localReader({ providers, now: Date.now })
  }

  /** While a policy is on its way, both count; whichever then holds is the only one. */
  async during<Result>(next: Policy, update: () => Promise<Result>): Promise<Result> {
    const before = this.#policies
    this.#policies = [...before, next]
    try {
      const result = await update()
      this.#policies = [next]
      return result
    } catch (error) {
      this.#policies = before
      throw error
    }
  }

  async read({ credential, reference }: SecretCall, signal: AbortSignal): Promise<SecretAnswer> {
    if (!this.#policies.some((policy) => names(policy, credential, reference)))
      return { had: false, message: 'the policy names no such source', passing: false }
    if (this.#running >= mostAtOnce)
      return { had: false, message: 'too much is being read already', passing: true }
    this.#running += 1
    try {
      const { bytes, expiresAt } = await this.#read(reference, signal, credential)
      const value = bytes.toString('base64')
      bytes.fill(0)
      return { had: true, value, expiresAt }
    } catch (error) {
      if (!(error instanceof SourceFault))
        return { had: false, message: 'it failed', passing: true }
      return { had: false, message: error.message.slice(0, 1024), passing: error.passing }
    } finally {
      this.#running -= 1
    }
  }
}

function names({ credentials = {} }: Policy, id: string, wanted: SecretReference): boolean {
  const credential = Object.hasOwn(credentials, id) ? credentials[id] : undefined
  if (credential === undefined) return false
  return referencesOf(credential.source).some((reference) => sameReference(reference, wanted))
}
