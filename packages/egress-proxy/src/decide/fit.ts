import { bodyFault, type BodyFault } from '../body/body-fault.ts'
import { mintsAnywhere } from '../identity/minting.ts'
import { pinFault } from '../identity/pin.ts'
import { unknownValue } from '../identity/profile.ts'
import type { CompiledAllow, CompiledRule } from './compiled-rule.ts'
import { meets } from './expectation.ts'
import type { HttpRequest } from './request.ts'
import { contentTypeOf, wantsBody } from './wants-body.ts'

/**
 * How far a request comes in a rule, in order; the number is the step that it fails at. In whose name it
 * comes is judged right behind its path: nobody shall hear of a header first whose trouble is that it holds
 * a stranger's key.
 */
export const steps = {
  port: 1,
  protocol: 2,
  method: 3,
  path: 4,
  identity: 5,
  minting: 6,
  query: 7,
  header: 8,
  websocket: 9,
  unreadable: 10,
  body: 11,
  fits: 12,
} as const

export type Step = (typeof steps)[keyof typeof steps]

/** Up to the path: port, protocol and method. */
function reach(rule: CompiledAllow, request: HttpRequest): Step {
  if (!rule.ports.has(request.port)) return steps.port
  // What is read by one rule is never allowed by another that tunnels: nothing in that one is about requests.
  const handling = request.scheme === 'https' ? 'intercept' : 'http'
  if (rule.handling !== handling) return steps.protocol
  return rule.methods?.has(request.method) === false ? steps.method : steps.path
}

/** From the path on, but for the body. */
function rest(rule: CompiledAllow, request: HttpRequest): Step {
  const { pin, free } = rule
  if (pinFault(pin, request) !== null) return steps.identity
  if (pin.kind === 'credential' && mints(rule, request)) return steps.minting
  if (rule.query !== null && !meets(rule.query, request.query, free.query)) return steps.query
  if (!hasKnownHeaders(rule, request)) return steps.header
  return request.websocket && !rule.websocket ? steps.websocket : steps.unreadable
}

function mints({ profile }: CompiledAllow, { method, path }: HttpRequest): boolean {
  return mintsAnywhere(method, path) || profile?.minting.has(method, path) === true
}

function hasKnownHeaders(rule: CompiledAllow, { headers }: HttpRequest): boolean {
  if (rule.headers !== null) return meets(rule.headers, headers, rule.free.headers)
  if (!rule.profiledHeaders || rule.profile === null) return true
  return unknownValue(rule.profile, headers) === null
}

/** The body. One that is not read yet is taken for one that fits; it is judged when it is. */
function bodyStep(rule: CompiledAllow, request: HttpRequest): Step {
  const { body } = request
  if (body === null) return steps.fits
  if (body.view.kind === 'unreadable')
    return wantsBody(rule, request) ? steps.unreadable : steps.fits
  return rule.body === null || ruleBodyFault(rule, request) === null ? steps.fits : steps.body
}

/** What is wrong with a body that was read, by a rule's own `body`; `null` when nothing is. */
export function ruleBodyFault(rule: CompiledAllow, request: HttpRequest): BodyFault | null {
  const { body, path, headers } = request
  if (rule.body === null || body === null) return null
  const { view, length } = body
  return bodyFault(rule.body, view, { contentType: contentTypeOf(headers), path, length })
}

/** The step at which a rule fails for a request, when its path was looked at already. */
export function stepOf(rule: CompiledAllow, request: HttpRequest, hasPath: boolean): Step {
  const first = reach(rule, request)
  if (first !== steps.path || !hasPath) return first
  const second = rest(rule, request)
  return second === steps.unreadable ? bodyStep(rule, request) : second
}

/** Whether a rule allows a request whose path fits one of its templates. */
export function allows(rule: CompiledAllow, request: HttpRequest): boolean {
  return stepOf(rule, request, true) === steps.fits
}

/** Whether a refusing rule is about a request whose path fits one of its templates. */
export function refuses(rule: CompiledRule, request: HttpRequest): boolean {
  return rule.ports?.has(request.port) !== false && rule.methods?.has(request.method) !== false
}
