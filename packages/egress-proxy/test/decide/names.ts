import type { AllowRule, NetworkPolicy } from '@caisson/core'
import { expect } from 'chai'
import type { Slot } from '../../dist/carriers/carrier.js'
import type { HttpRequest, JudgedBody } from '../../dist/decide/request.js'
import { findBodyCarriers } from '../../dist/identity/find-carriers.js'
import type { Identities } from '../../dist/identity/identities.js'
import { get, judge } from './requests.ts'

export const dummy = 'dummy-0123456789abcdef'
export const other = 'other-0123456789abcdef'
export const stranger = 'stranger-0123456789'

export function withSlot(slot: Slot): Identities {
  return new Map([
    ['key', { id: 'key', slot, dummy }],
    ['other', { id: 'other', slot: { kind: 'mtls' }, dummy: other }],
  ])
}

export const header: Slot = { kind: 'header', name: 'x-api-key', scheme: null }

export function rule(parts: Partial<AllowRule> = {}): NetworkPolicy {
  return { allow: [{ host: 'api.test', methods: ['GET', 'POST'], ...parts }] }
}

export function body(view: JudgedBody['view']): JudgedBody {
  return { view, length: 10, carriers: findBodyCarriers(view) }
}

export const basic = (text: string): string => `Basic ${Buffer.from(text).toString('base64')}`

export type Parts = Partial<HttpRequest>
export type Case = readonly [why: string, parts: Parts, wanted: string]

export function code(network: NetworkPolicy, parts: Parts, identities: Identities): string {
  const decision = judge(network, get(parts), identities)
  const said = `${decision.reason} ${decision.remedy}`
  for (const secret of [stranger, dummy, other]) expect(said).to.not.include(secret)
  if (decision.verdict === 'deny') expect(decision.remedy).to.not.equal('')
  return decision.code ?? decision.verdict
}

export const h = (...headers: [string, string][]): Parts => ({ headers })
export const foreign = 'foreign_credential'
export const misused = 'dummy_misused'
