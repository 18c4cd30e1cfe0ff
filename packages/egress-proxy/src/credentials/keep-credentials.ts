import { type Credential, SandboxError } from '@caisson/core'
import { CarrierFault } from '../carriers/carrier.ts'
import { createCarrier } from '../carriers/create-carrier.ts'
import type { ProxyLimits } from '../limits.ts'
import { CredentialLife } from './credential-life.ts'
import { credentialRefusal } from './credential-refusal.ts'
import { exposedBy, makeDummy } from './dummy.ts'
import { hideable } from './hideable.ts'
import type { CredentialKeeper, Dummy, HiddenText, KeptCredential } from './keeper.ts'
import type { Secret, SourceTools } from './secret.ts'
import { SeenTexts } from './seen-texts.ts'
import { sourceOf } from './source-of.ts'

/** What a keeper works with. */
export interface KeepOptions {
  readonly tools: SourceTools
  /** Milliseconds since the epoch. */
  readonly now: () => number
  readonly limits: Pick<ProxyLimits, 'credentialMs'>
  /** For the host application's log: why a secret could not be had. Holds none. What it throws is dropped. */
  readonly onFailure: (id: string, message: string) => void
}

type Credentials = Readonly<Record<string, Credential>>

/** A keeper whose credentials change with the policy. */
export interface PolicyKeeper extends CredentialKeeper {
  /**
   * Keeps these from now on. What is the same as before goes on as it was; dummies stay, as programs inside
   * have them already; what is gone is given back, and stays hidden. Either all of it holds or, when this
   * throws, none.
   *
   * @throws SandboxError `POLICY_INVALID`
   */
  update(credentials: Credentials | undefined): void
}

/**
 * Keeps the credentials of one sandbox. Nothing is fetched before it is needed.
 *
 * @throws SandboxError `POLICY_INVALID` for a carrier that cannot be
 */
export function keepCredentials(
  credentials: Credentials | undefined,
  options: KeepOptions,
): PolicyKeeper {
  const keeper = new Keeper(options)
  keeper.update(credentials)
  return keeper
}

interface Held {
  readonly credential: Credential
  readonly kept: KeptCredential
  readonly life: CredentialLife
}

class Keeper implements PolicyKeeper {
  readonly #options: KeepOptions
  /** Of credentials that are gone, too. */
  readonly #seen = new Map<string, SeenTexts>()
  readonly #leaving = new Set<Promise<void>>()
  #held: ReadonlyMap<string, Held> = new Map()
  #credentials: readonly KeptCredential[] = []
  #version = 0
  #closing: Promise<void> | null = null

  constructor(options: KeepOptions) {
    this.#options = options
  }

  get credentials(): readonly KeptCredential[] {
    return this.#credentials
  }

  get version(): number {
    return this.#version
  }

  find(id: string): KeptCredential | null {
    return this.#held.get(id)?.kept ?? null
  }

  at(id: string): Secret | null {
    return this.#held.get(id)?.life.at() ?? null
  }

  get(id: string, signal: AbortSignal): Promise<Secret> {
    const held = this.#held.get(id)
    if (held === undefined) return Promise.reject(credentialRefusal(id, 'credential_unavailable'))
    return held.life.get(signal)
  }

  async renew(id: string, rejected: Secret, signal: AbortSignal): Promise<Secret | null> {
    return (await this.#held.get(id)?.life.renew(rejected, signal)) ?? null
  }

  async rotate(id: string): Promise<void> {
    this.#lifeOf(id).rotate()
  }

  async revoke(id: string): Promise<void> {
    await this.#lifeOf(id).end('revoked')
  }

  hidden(ids: readonly string[]): readonly HiddenText[] {
    const [first = '', ...more] = ids
    const texts = this.#seen.get(first)?.all ?? []
    return more.length === 0 ? texts : ids.flatMap((id) => this.#seen.get(id)?.all ?? [])
  }

  update(credentials: Credentials = {}): void {
    const before = this.#held
    const next = new Map<string, Held>()
    for (const [id, credential] of Object.entries(credentials)) {
      const old = before.get(id)
      const isSame = old !== undefined && sameText(old.credential, credential)
      next.set(id, isSame ? old : this.#hold(id, credential, old))
    }
    this.#held = next
    this.#credentials = Array.from(next.values(), ({ kept }) => kept)
    for (const [id, { life }] of before) if (next.get(id)?.life !== life) this.#leave(life)
  }

  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async #close(): Promise<void> {
    for (const { life } of this.#held.values()) this.#leave(life, 'closed')
    for (const seen of this.#seen.values()) seen.forget()
    this.#version += 1
    await Promise.allSettled(this.#leaving)
  }

  #leave(life: CredentialLife, how: 'closed' | 'revoked' = 'revoked'): void {
    const leaving = life.end(how)
    this.#leaving.add(leaving)
    void leaving.finally(() => this.#leaving.delete(leaving))
  }

  #tell(id: string, message: string): void {
    try {
      this.#options.onFailure(id, message)
    } catch {
      // A log that fails must not change what becomes of requests.
    }
  }

  #lifeOf(id: string): CredentialLife {
    const held = this.#held.get(id)
    if (held !== undefined) return held.life
    const known = [...this.#held.keys()]
    throw new TypeError(
      `no credential ${JSON.stringify(id)}; the policy has ${known.length === 0 ? 'none' : known.join(', ')}`,
    )
  }

  #hold(id: string, credential: Credential, old: Held | undefined): Held {
    const { tools, now, limits } = this.#options
    const carrier = carrierOf(id, credential)
    const seen = this.#seen.get(id) ?? new SeenTexts(id)
    const life = new CredentialLife({
      id,
      carrier: hideable(carrier),
      source: sourceOf(id, credential.source, tools),
      seen,
      now,
      limits,
      onFailure: (message) => this.#tell(id, message),
      onSeen: () => {
        this.#version += 1
      },
    })
    this.#seen.set(id, seen)
    return { credential, life, kept: { id, carrier, dummy: dummyOf(credential, old) } }
  }
}

function carrierOf(id: string, { carrier }: Credential): KeptCredential['carrier'] {
  try {
    return createCarrier(carrier)
  } catch (error) {
    if (!(error instanceof CarrierFault || error instanceof TypeError)) throw error
    throw new SandboxError('POLICY_INVALID', `credentials.${id}.carrier: ${error.message}`)
  }
}

/** The one that programs have already, unless they would look for it elsewhere. */
function dummyOf(credential: Credential, old: Held | undefined): Dummy {
  const looksSame =
    old !== undefined &&
    old.credential.dummyPrefix === credential.dummyPrefix &&
    sameText(exposedBy(old.credential), exposedBy(credential))
  return looksSame ? old.kept.dummy : makeDummy(credential)
}

function sameText(left: unknown, right: unknown): boolean {
  return JSON.stringify(left) === JSON.stringify(right)
}
