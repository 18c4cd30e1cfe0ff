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
}

/** A rule of `deny`. */
export interface CompiledDeny extends CompiledRule {
  /** Names neither methods nor paths: connections and names are refused too. */
  readonly whole: boolean
  readonly reason: string
}
