import type { CompiledBody } from '../body/compile-body.ts'
import type { Field } from '../http-message.ts'
import type { Pin } from '../identity/pin.ts'
import type { ServiceProfile } from '../identity/profile.ts'
import type { FreeNames } from './compile-identity.ts'
import type { Handling } from './decision.ts'
import type { Expectation } from './expectation.ts'
import type { PathTemplate } from './path-template.ts'

/** What allowing and refusing rules have alike. `null` is no restriction. */
export interface CompiledRule {
  /** `network.allow[2]`. */
  readonly clause: string
  readonly host: string
  readonly ports: ReadonlySet<number> | null
  readonly methods: ReadonlySet<string> | null
  readonly templates: readonly PathTemplate[] | null
}

/** A rule of `allow` or `ask`, its defaults filled in. */
export interface CompiledAllow extends CompiledRule {
  readonly ports: ReadonlySet<number>
  readonly handling: Handling
  readonly query: Expectation | null
  readonly headers: Expectation | null
  readonly websocket: boolean
  /** Whose name may stand on a request. */
  readonly pin: Pin
  /** The service whose ways a request is held to. */
  readonly profile: ServiceProfile | null
  /** Whether that holds for headers: the rule names none itself, and they are not the guest's own affair. */
  readonly profiledHeaders: boolean
  /** Headers that the proxy sets. */
  readonly tenant: readonly Field[]
  readonly body: CompiledBody | null
  /** Whether every request's body has to be read. */
  readonly alwaysBody: boolean
  /** What is judged by `pin` alone. */
  readonly free: FreeNames
}

/** A rule of `deny`. */
export interface CompiledDeny extends CompiledRule {
  /** Names neither methods nor paths: connections and names are refused too. */
  readonly whole: boolean
  readonly reason: string
}
