import type { CompiledAllow, CompiledDeny } from './compiled-rule.ts'
import type { Decision, Needs } from './decision.ts'
import { handlingBit, handlingSet, type HandlingSet, needsOf, noHandling } from './handlings.ts'
import type { ReasonCode } from './reason.ts'

/** Why something is refused, before it is known whether refusals are carried out. */
export interface Refused {
  readonly code: ReasonCode
  readonly reason: string
  readonly remedy: string
  /** The credential that it is about. */
  readonly about?: string | undefined
}

/** What must be done with requests that a rule allows; without and with the body. Shared by all of them. */
export function needsOfRule(rule: CompiledAllow): { readonly plain: Needs; readonly read: Needs } {
  const { pin, tenant, profile, profiledHeaders, alwaysBody } = rule
  const { handling } = needsOf(handlingBit(rule.handling))
  const headers = profiledHeaders && profile !== null ? profile.headers : null
  const identity = pin.kind === 'credential' ? pin.identity.id : pin.kind
  const needing = (body: boolean): Needs =>
    Object.freeze({ handling, identity, body, headers, tenant })
  return { plain: needing(alwaysBody), read: needing(true) }
}

/** Allowed by a clause. */
export function allowedBy(rule: CompiledAllow, template: string | null, needs: Needs): Decision {
  return Object.freeze({
    verdict: 'allow',
    code: null,
    rule: rule.clause,
    template,
    reason: '',
    remedy: '',
    needs,
    wouldDeny: null,
  })
}

/** To be asked for. Reads as a refusal, which it is when nobody can be asked. */
export function askedBy(rule: CompiledAllow, template: string | null, needs: Needs): Decision {
  return Object.freeze({
    verdict: 'ask',
    code: 'ask_missing',
    rule: rule.clause,
    template,
    reason: `${rule.clause} allows this only when the owner of the sandbox grants it, and nobody did`,
    remedy: 'ask the owner of the sandbox to grant it, or to move the rule to network.allow',
    needs,
    wouldDeny: null,
  })
}

/** Refused by a clause. */
export function deniedBy(rule: CompiledDeny, template: string | null): Decision {
  return Object.freeze({
    verdict: 'deny',
    code: 'denied_by_rule',
    rule: rule.clause,
    template,
    reason: rule.reason,
    remedy: `do without it, or ask the owner of the sandbox to change ${rule.clause}`,
    needs: needsOf(noHandling),
    wouldDeny: null,
  })
}

/** Refused because no clause allows it. */
export function refused({ code, reason, remedy, about }: Refused): Decision {
  const needs = needsOf(noHandling)
  return {
    verdict: 'deny',
    code,
    rule: null,
    template: null,
    reason,
    remedy,
    needs,
    wouldDeny: null,
    about,
  }
}

/** The same answer for a connection, whose handlings come from every rule that allows it. */
export function withHandling(decision: Decision, handling: HandlingSet): Decision {
  const needs = needsOf(handling)
  return decision.needs === needs ? decision : { ...decision, needs }
}

/**
 * What would not be allowed, let through: carried as the rule that could be granted says, or else as given.
 * No credential is ever put into it. The sentences stay, for whoever reads the record.
 */
export function observed(decision: Decision, handling: HandlingSet): Decision {
  const known = handlingSet(decision.needs.handling)
  const needs = needsOf(known === noHandling ? handling : known)
  return { ...decision, verdict: 'allow', code: null, needs, wouldDeny: decision.code }
}
