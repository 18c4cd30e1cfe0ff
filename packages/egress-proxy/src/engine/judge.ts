import { credentialsAt } from '../decide/credentials-at.ts'
import { decide } from '../decide/decide.ts'
import type { CompiledPolicy } from '../decide/policy.ts'
import { refusalOf } from '../decide/refusal-of.ts'
import type { Decision, Handling } from '../decide/decision.ts'
import type { ConnectionRequest, HttpRequest, NameRequest } from '../decide/request.ts'
import { budgetRefusal, type Ledger } from '../budget/ledger.ts'
import { type Refusal, RefusalError } from '../refusal.ts'
import { alarmOf, type Alarms } from './alarms.ts'
import { type Asker, askRefusal } from './asker.ts'
import type { Asked, Client } from './client.ts'
import { askHook, type EgressHooks, requestView } from './hooks.ts'
import type { WholeBody } from './judged-body.ts'
import { leakRefusal, type Screens } from './screens.ts'
import type { Pace } from './pace.ts'
import type { Recorder } from './recorder.ts'
import { noLongerAllowed } from './still-allows.ts'

/** What came of a request: allowed under a number of the trail, or refused and told. */
export type Ruling =
  | {
      readonly allowed: true
      readonly decision: Decision
      readonly sequence: number
      /** The policy that allowed it: a newer one has to be asked again before anything is sent. */
      readonly policy: CompiledPolicy
      /** The body, where it had to be read before it was judged; `null` when it is still to come. */
      readonly whole: WholeBody | null
    }
  | { readonly allowed: false; readonly refusal: Refusal }

/** What a judge needs. */
export interface JudgeParts {
  readonly ledger: Ledger
  readonly asker: Asker
  readonly hooks: EgressHooks
  readonly hookMs: number
  readonly recorder: Recorder
  /** Of refusals: each costs the host a line of its trail, and the sandbox nothing. */
  readonly pace: Pace
  readonly alarms: Alarms
  readonly screens: Screens
  policy(): CompiledPolicy
}

/** What judging a request needs to know beside it. Sizes in bytes. */
export interface AboutRequest {
  /** Path and query. */
  readonly url: number
  /** Request line and header. */
  readonly head: number
  /** What is announced of the body. */
  readonly body: number
  /** Reads the body whole. @throws RefusalError */
  readBody(): Promise<WholeBody>
  /** Called once, when nobody waits for the answer any more. */
  onLeave(listener: () => void): void
}

/**
 * Everything that a request has to pass, in one order for every door: rules, grant, budgets, the host
 * application's hook. Whatever fails on the way is a refusal, told before the client hears of it.
 */
export class Judge {
  readonly #parts: JudgeParts

  constructor(parts: JudgeParts) {
    this.#parts = parts
  }

  /** A name that is asked for. What may be asked for later has an address, too: nothing leaves by that. */
  async name(request: NameRequest, client: Pick<Client, 'owner'>): Promise<Ruling> {
    const decision = decide(this.#parts.policy(), request)
    if (decision.verdict === 'deny') return this.#refuseName(request, decision, client)
    const leak = this.#leakInName(request.host)
    if (leak !== null) return this.refuse(asked(request), leak, client)
    return this.#allow(asked(request), decision)
  }

  /**
   * A connection. One that will be looked into is judged again by each request that comes through it, so
   * a grant is asked for there; a tunnel is granted or refused here.
   */
  async connection(request: ConnectionRequest, client: Client): Promise<Ruling> {
    const decision = decide(this.#parts.policy(), request)
    if (decision.verdict === 'deny') return this.#refuseName(request, decision, client)
    if (decision.verdict === 'ask' && isTunnel(decision.needs.handling)) {
      // Somebody may think for long, and whoever asked may be gone by then.
      void client.owner()
      const refusal = await this.#grant(request, decision, client.signal)
      if (refusal !== null) return this.refuse(asked(request), refusal, client)
    }
    // The policy may have changed while somebody thought: the newest says how it is carried.
    const newest = decide(this.#parts.policy(), request)
    if (newest.verdict === 'deny') return this.#refuseName(request, newest, client)
    const leak = this.#leakInName(request.host)
    if (leak !== null) return this.refuse(asked(request), leak, client)
    const code = this.#parts.ledger.admit(request.host)
    if (code !== null) return this.refuse(asked(request), budgetRefusal(code), client)
    return this.#allow(asked(request), newest)
  }

  /** A request whose every part is known, but for its body, which is read if it has to be judged. */
  async http(request: HttpRequest, client: Client, about: AboutRequest): Promise<Ruling> {
    const seen: Seen = { request, whole: null, holdsSecret: false }
    const policy = this.#parts.policy()
    const first = decide(policy, request)
    const isRead = first.verdict === 'deny' || !first.needs.body
    const decision = isRead ? first : await this.#withBody(policy, seen, about)
    const matter = { policy, seen, client, about }
    // Not awaited where there is nothing to wait for: that takes turns of the event loop.
    const pending = 'verdict' in decision ? this.#consider(decision, matter) : decision
    const outcome = pending instanceof Promise ? await pending : pending
    if ('verdict' in outcome) return this.#allow(asked(request), outcome, seen)
    const refusal = this.#watch(seen, client, outcome) ?? outcome
    return this.refuse(seen.holdsSecret ? unread(request) : asked(request), refusal, client)
  }

  /** Everything after the rules; somebody may have to be asked. */
  #consider(decision: Decision, matter: Matter): Considered | Promise<Considered> {
    if (decision.verdict === 'deny') return refusalOf(decision)
    if (decision.verdict === 'ask' || this.#parts.hooks.onRequest !== undefined)
      return this.#considerAsking(decision, matter)
    return this.#spend(decision, matter) ?? this.#newest(decision, matter)
  }

  async #considerAsking(decision: Decision, matter: Matter): Promise<Considered> {
    const { seen, client, about } = matter
    if (decision.verdict === 'ask') {
      void client.owner()
      const refusal = await this.#grant(seen.request, decision, departure(about))
      if (refusal !== null) return refusal
    }
    const refusal = this.#spend(decision, matter)
    if (refusal !== null) return refusal
    const isHooked = this.#parts.hooks.onRequest !== undefined
    const refused = isHooked ? await this.#hooked(seen.request) : null
    return refused ?? this.#newest(decision, matter)
  }

  #spend(decision: Decision, { seen, about }: Matter): Refusal | null {
    return this.#leak(seen, decision) ?? this.#overBudget(seen, about)
  }

  /** The policy may have changed while somebody thought: what is sent must be within the newest. */
  #newest(decision: Decision, { policy, seen }: Matter): Considered {
    const now = this.#parts.policy()
    if (now === policy) return decision
    const newest = decide(now, seen.request)
    if (newest.verdict === 'deny') return refusalOf(newest)
    // What has to be asked for now was not asked for before, and what has to be read now was not read.
    const isOther = newest.verdict === 'ask' && decision.verdict !== 'ask'
    return isOther || (newest.needs.body && seen.whole === null) ? noLongerAllowed : newest
  }

  /** Tells of a refusal that was found elsewhere, and gives it back as a ruling. */
  async refuse(
    what: Asked,
    refusal: Refusal,
    client: Pick<Client, 'owner'>,
  ): Promise<Ruling & { allowed: false }> {
    const { recorder, pace } = this.#parts
    const owner = await client.owner()
    this.#alarm(what, refusal, owner)
    if (await pace.turn()) recorder.refused(what, refusal, owner)
    else recorder.crowdedOut()
    if (recorder.heard !== null) await recorder.heard()
    return { allowed: false, refusal }
  }

  async #grant(
    request: HttpRequest | ConnectionRequest,
    decision: Decision,
    signal: AbortSignal,
  ): Promise<Refusal | null> {
    const code = await this.#parts.asker.ask(request, decision.rule, signal)
    return code === null ? null : askRefusal(code, decision.rule)
  }

  /** Reads the body, unless what is announced of it would not fit anyway, and asks the rules once more. */
  async #withBody(policy: CompiledPolicy, seen: Seen, about: AboutRequest): Promise<Considered> {
    const code = this.#parts.ledger.fits(seen.request.host, about.head + about.body)
    if (code !== null) return budgetRefusal(code)
    try {
      seen.whole = await about.readBody()
    } catch (error) {
      if (error instanceof RefusalError) return error.refusal
      throw error
    }
    seen.request = { ...seen.request, body: seen.whole.judged }
    return decide(policy, seen.request)
  }

  /** Something in it that may not leave, whatever the rules say of the rest. */
  #leak(seen: Seen, { needs }: Decision): Refusal | null {
    const leaving = this.#parts.screens.leaving(needs.identity)
    if (leaving === null) return null
    const { request, whole } = seen
    const inHead = leaving.head(request)
    seen.holdsSecret = inHead?.kind === 'secret'
    const hit = inHead ?? (whole === null ? null : leaving.whole(request.host, whole.bytes))
    return hit === null ? null : leakRefusal(hit)
  }

  /** Names below a wildcard can spell anything: looked at before they are looked up. */
  #leakInName(host: string): Refusal | null {
    const hit = this.#parts.screens.leaving('anonymous')?.name(host) ?? null
    return hit === null ? null : leakRefusal(hit)
  }

  /** A name that nobody may reach may still spell what nobody sends by mistake. */
  #refuseName(
    request: NameRequest | ConnectionRequest,
    decision: Decision,
    client: Pick<Client, 'owner'>,
  ): Promise<Ruling> {
    const leak = this.#leakInName(request.host)
    if (leak !== null) void client.owner().then((owner) => this.#alarm(asked(request), leak, owner))
    return this.refuse(asked(request), refusalOf(decision), client)
  }

  /**
   * What is refused for another reason may still hold what nobody sends by mistake. A secret is the reason
   * then: others are told with the path, and names, that it may stand in.
   */
  #watch(seen: Seen, client: Client, { code }: Refusal): Refusal | null {
    const { request } = seen
    if (seen.holdsSecret) return null
    // A dummy has its place at the hosts of its credential, whatever is refused there.
    const [own = 'anonymous'] = credentialsAt(this.#parts.policy(), request.host)
    const hit = this.#parts.screens.leaving(own)?.head(request) ?? null
    if (hit === null) return null
    const refusal = leakRefusal(hit)
    seen.holdsSecret = hit.kind === 'secret'
    if (seen.holdsSecret) return refusal
    if (alarmOf(code) === null)
      void client.owner().then((owner) => this.#alarm(asked(request), refusal, owner))
    return null
  }

  #alarm({ host }: Asked, { code, about, reason }: Refusal, processId: string | null): void {
    const kind = alarmOf(code)
    if (kind === null) return
    this.#parts.alarms.tell({ kind, host, about: about ?? null, message: reason, processId })
  }

  #overBudget({ request: { host }, whole }: Seen, size: AboutRequest): Refusal | null {
    const { ledger } = this.#parts
    const body = whole === null ? size.body : whole.bytes.length
    const code =
      ledger.admit(host) ??
      ledger.fits(host, size.head + body) ??
      ledger.spendUrl(host, size.url) ??
      ledger.spend(host, size.head, 0)
    return code === null ? null : budgetRefusal(code)
  }

  #hooked(request: HttpRequest): Promise<Refusal | null> {
    const { hooks, hookMs } = this.#parts
    return askHook(() => hooks.onRequest?.(requestView(request)), hookMs)
  }

  #allow(what: Asked, decision: Decision, seen: Seen | null = null): Ruling {
    const { recorder } = this.#parts
    if (!recorder.canRecord) {
      recorder.refused(what, unwritten, null)
      return { allowed: false, refusal: unwritten }
    }
    const sequence = recorder.allowed(what, decision, seen?.request)
    // A strict trail that could not take this very line allows nothing any more, this included.
    if (!recorder.canRecord) return { allowed: false, refusal: unwritten }
    const whole = seen?.whole ?? null
    return { allowed: true, decision, sequence, policy: this.#parts.policy(), whole }
  }
}

/** What came of looking at a request: a decision that is not a refusal, or a refusal. */
type Considered = Decision | Refusal

/** A request that is looked at, and who waits for the answer. */
interface Matter {
  /** The one that it was first judged by. */
  readonly policy: CompiledPolicy
  readonly seen: Seen
  readonly client: Client
  readonly about: AboutRequest
}

/** A request as far as it was read. */
interface Seen {
  request: HttpRequest
  whole: WholeBody | null
  /** Its path, or a name in it, may be a secret that nobody writes down. */
  holdsSecret: boolean
}

const unwritten: Refusal = Object.freeze({
  code: 'audit_failed',
  rule: null,
  reason: 'the audit trail cannot be written, and nothing may happen unwritten',
  remedy: 'wait; the owner of the sandbox has to see to it',
})

function isTunnel(handling: readonly Handling[]): boolean {
  return handling.includes('opaque') || handling.includes('tls')
}

/** Aborted when the request is given up: its connection may carry others that are not. */
function departure(about: AboutRequest): AbortSignal {
  const abort = new AbortController()
  about.onLeave(() => abort.abort())
  return abort.signal
}

/** What is recorded of a request that holds a secret. */
function unread(request: HttpRequest): Asked {
  return { ...asked(request), path: '/[redacted]', request: undefined }
}

const longestTold = 1024

/** What a request is recorded by. */
export function asked(request: NameRequest | ConnectionRequest | HttpRequest): Asked {
  const { door, host } = request
  return {
    door,
    host,
    port: request.kind === 'name' ? null : request.port,
    method: request.kind === 'http' ? request.method : null,
    // Chosen inside, and kept by whoever listens: the start says enough.
    path: request.kind === 'http' ? request.path.slice(0, longestTold) : null,
    request: request.kind === 'http' ? request : undefined,
  }
}
