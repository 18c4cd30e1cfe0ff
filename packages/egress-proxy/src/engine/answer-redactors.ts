import type { CredentialKeeper } from '../credentials/keeper.ts'
import type { CompiledPolicy } from '../decide/policy.ts'
import { credentialsAt } from '../decide/credentials-at.ts'
import { Redactor } from '../redact/redactor.ts'
import { orTooMany } from './too-many-secrets.ts'

/** Hosts of which it is remembered which redactor they have. */
const mostHosts = 256
/** Hosts of which it is remembered what they were sent; what further ones get is hidden everywhere. */
const mostRemembered = 4096

interface Made {
  readonly policy: CompiledPolicy
  readonly version: number
  readonly redactor: Redactor | null
}

/** What makes secrets unreadable in answers: for each host, those that can be sent there. */
export class AnswerRedactors {
  readonly #keeper: CredentialKeeper
  readonly #made = new Map<string, Made>()
  /** What each host was ever sent, or could have been. */
  readonly #ever = new Map<string, readonly string[]>()
  readonly #everywhere = new Set<string>()
  /** By which credentials: hosts with the same have the same. */
  readonly #shared = new Map<string, Redactor>()
  #sharedVersion = -1

  constructor(keeper: CredentialKeeper) {
    this.#keeper = keeper
  }

  /** `null`: no credential is used there, so that no answer can hold one. */
  at(policy: CompiledPolicy, host: string): Redactor | null {
    if (this.#keeper.credentials.length === 0) return null
    const known = this.#made.get(host)
    const { version } = this.#keeper
    if (known?.policy === policy && known.version === version) return known.redactor
    const ids = this.#everAt(host, credentialsAt(policy, host))
    const made = { policy, version, redactor: this.#make(ids) }
    if (this.#made.size >= mostHosts) this.#made.delete(oldestOf(this.#made))
    this.#made.set(host, made)
    return made.redactor
  }

  /** What a host was sent under an older policy it may give back under this one. */
  #everAt(host: string, ids: readonly string[]): readonly string[] {
    const all = new Set([...(this.#ever.get(host) ?? []), ...this.#everywhere, ...ids])
    const known = [...all].sort()
    if (ids.length === 0) return known
    if (this.#ever.has(host) || this.#ever.size < mostRemembered) this.#ever.set(host, known)
    else for (const id of ids) this.#everywhere.add(id)
    return known
  }

  #make(ids: readonly string[]): Redactor | null {
    if (ids.length === 0) return null
    if (this.#sharedVersion !== this.#keeper.version) this.#shared.clear()
    this.#sharedVersion = this.#keeper.version
    const key = ids.join('\n')
    const known = this.#shared.get(key)
    if (known !== undefined) return known
    const hidden = this.#keeper.hidden(ids)
    const redactor = orTooMany(
      () =>
        new Redactor(
          hidden.map(({ credential, bytes }) => ({ about: credential, kind: 'secret', bytes })),
        ),
    )
    this.#shared.set(key, redactor)
    return redactor
  }
}

function oldestOf(made: ReadonlyMap<string, Made>): string {
  const [oldest = ''] = made.keys()
  return oldest
}
