import type { CompiledAllow, CompiledRule } from './compiled-rule.ts'
import { meets } from './expectation.ts'
import { plainHeaders } from './plain-headers.ts'
import type { HttpRequest } from './request.ts'

/** How far a request comes in a rule, in order; the number is the step that it fails at. */
export const steps = {
  port: 1,
  protocol: 2,
  method: 3,
  path: 4,
  query: 5,
  header: 6,
  websocket: 7,
  fits: 8,
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

/** From the path on: query, headers and the change to WebSocket. */
function rest(rule: CompiledAllow, request: HttpRequest): Step {
  if (rule.query !== null && !meets(rule.query, request.query)) return steps.query
  if (rule.headers !== null && !meets(rule.headers, request.headers, plainHeaders))
    return steps.header
  return request.websocket && !rule.websocket ? steps.websocket : steps.fits
}

/** The step at which a rule fails for a request, when its path was looked at already. */
export function stepOf(rule: CompiledAllow, request: HttpRequest, hasPath: boolean): Step {
  const first = reach(rule, request)
  if (first !== steps.path || !hasPath) return first
  return rest(rule, request)
}

/** Whether a rule allows a request whose path fits one of its templates. */
export function allows(rule: CompiledAllow, request: HttpRequest): boolean {
  return stepOf(rule, request, true) === steps.fits
}

/** Whether a refusing rule is about a request whose path fits one of its templates. */
export function refuses(rule: CompiledRule, request: HttpRequest): boolean {
  return rule.ports?.has(request.port) !== false && rule.methods?.has(request.method) !== false
}
