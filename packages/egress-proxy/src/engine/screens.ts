import type { CredentialKeeper } from '../credentials/keeper.ts'
import type { CompiledPolicy } from '../decide/policy.ts'
import { type Hit, refusalOfHit } from '../dlp/hit.ts'
import { OutgoingWatch } from '../dlp/outgoing-watch.ts'
import type { Redactor } from '../redact/redactor.ts'
import type { Refusal } from '../refusal.ts'
import type { Pattern } from '../scan/pattern.ts'
import { AnswerRedactors } from './answer-redactors.ts'
import { orTooMany } from './too-many-secrets.ts'

interface Kept {
  readonly version: number
  readonly watch: OutgoingWatch
}

/** Nobody's: no dummy has its place in such a request. */
const nobody = ''

/** What looks through the traffic of one sandbox: for what may not leave, and what may not be seen inside. */
export class Screens {
  readonly #keeper: CredentialKeeper
  readonly #canaries: readonly Pattern[]
  readonly #answers: AnswerRedactors
  readonly #watches = new Map<string, Kept>()
  /** One of them: what leaves in pieces is added up over all names. */
  #anyWatch: OutgoingWatch | null = null

  constructor(keeper: CredentialKeeper, canaries: readonly Pattern[]) {
    this.#keeper = keeper
    this.#canaries = canaries
    this.#answers = new AnswerRedactors(keeper)
  }

  /** For a request in a name; `null`: there is nothing that must not leave. */
  leaving(identity: string): OutgoingWatch | null {
    const { credentials, version } = this.#keeper
    if (credentials.length === 0 && this.#canaries.length === 0) return null
    const own = this.#keeper.find(identity) === null ? nobody : identity
    const known = this.#watches.get(own)
    if (known?.version === version) return known.watch
    const watch = orTooMany(() => new OutgoingWatch(this.#patterns(own), this.#anyWatch))
    this.#anyWatch = watch
    this.#watches.set(own, { version, watch })
    return watch
  }

  /** For answers of a host; `null`: no secret can be in them. */
  answersAt(policy: CompiledPolicy, host: string): Redactor | null {
    return this.#answers.at(policy, host)
  }

  /** A credential's own dummy has a place in its requests, and says nothing where it is sent beside it. */
  #patterns(own: string): readonly Pattern[] {
    const { credentials } = this.#keeper
    const ids = credentials.map(({ id }) => id)
    const secrets = this.#keeper
      .hidden(ids)
      .map(({ credential, bytes }): Pattern => ({ about: credential, kind: 'secret', bytes }))
    const dummies = credentials
      .filter(({ id }) => id !== own)
      .flatMap(({ id, dummy }) =>
        [...new Set([dummy.value, ...Object.values(dummy.environment)])].map((value): Pattern => ({
          about: id,
          kind: 'dummy',
          bytes: Buffer.from(value, 'utf8'),
        })),
      )
    return [...secrets, ...dummies, ...this.#canaries]
  }
}

/** The refusal of what was found; whoever watches hears what it was about. */
export function leakRefusal(hit: Hit): Refusal {
  return { ...refusalOfHit(hit), about: hit.about }
}
