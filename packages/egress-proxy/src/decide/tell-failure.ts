import type { Identities } from '../identity/identities.ts'
import { unknownValue } from '../identity/profile.ts'
import type { CompiledAllow } from './compiled-rule.ts'
import type { Refused } from './decisions.ts'
import { type Expectation, meets } from './expectation.ts'
import { FirstWords } from './first-words.ts'
import { ruleBodyFault, type Step, steps } from './fit.ts'
import type { HttpRequest } from './request.ts'
import { tellIdentity } from './tell-identity.ts'

/** The rules that a request came furthest in, and the step at which they all fail. */
export interface Failure {
  readonly step: Step
  readonly rules: readonly CompiledAllow[]
  /** The credentials of the sandbox. */
  readonly identities: Identities
}

const longestPath = 200
const longestWord = 64

type Teller = (failure: Failure, request: HttpRequest) => Refused

function cut(text: string, length: number): string {
  return text.length > length ? `${text.slice(0, length)}…` : text
}

/** Words of every rule that a request came furthest in. */
function wordsOf(
  { rules }: Failure,
  tell: (rule: CompiledAllow, words: FirstWords) => void,
): string {
  const words = new FirstWords()
  for (const rule of rules) tell(rule, words)
  return words.toString()
}

function ask({ rules }: Failure, what: string): string {
  const clause = rules[0]?.clause ?? 'network.allow'
  return `ask the owner of the sandbox to ${what} ${clause}`
}

/** Names of the policy; those of the request stay out, as anything may be in them. */
function addNames(clause: Expectation | null, words: FirstWords): void {
  for (const name of clause?.keys() ?? []) words.add(JSON.stringify(name))
}

const protocol: Teller = (failure, { host, port, scheme }) => {
  const handlings = new Set(failure.rules.map(({ handling }) => handling))
  const isTunnel = handlings.has('tls') || handlings.has('opaque')
  const other = scheme === 'https' ? 'plain HTTP (http://)' : 'HTTPS (https://)'
  const isOther = handlings.has(scheme === 'https' ? 'http' : 'intercept')
  const how = isOther ? other : isTunnel ? 'a tunnel (CONNECT or SOCKS)' : other
  return {
    code: 'protocol_not_allowed',
    reason: `${scheme === 'https' ? 'HTTPS' : 'plain HTTP'} is not allowed at ${host}:${port}`,
    remedy: `use ${how}, or ${ask(failure, 'change the protocol of')}`,
  }
}

const method: Teller = (failure, request) => {
  const allowed = wordsOf(failure, ({ methods }, words) => {
    for (const one of methods ?? []) words.add(one)
  })
  const word = cut(request.method, longestWord)
  return {
    code: 'method_not_allowed',
    reason: `${word} is not allowed at ${request.host}; allowed there: ${allowed}`,
    remedy: `use one of these methods, or ${ask(failure, `add ${word} to the methods of`)}`,
  }
}

const path: Teller = (failure, request) => {
  const allowed = wordsOf(failure, ({ templates }, words) => {
    for (const { text } of templates ?? []) words.add(text)
  })
  const given = cut(request.path, longestPath)
  return {
    code: 'path_not_allowed',
    reason: `the path ${given} is not allowed at ${request.host} with ${cut(request.method, longestWord)}`,
    remedy: `use a path like ${allowed}; or ${ask(failure, 'add it to the paths of')}`,
  }
}

const query: Teller = (failure, request) => ({
  code: 'query_not_allowed',
  reason: `the query holds a key or value, or a key twice, that is not allowed at ${request.host} on this path`,
  remedy: `keys allowed there: ${wordsOf(failure, (rule, words) => addNames(rule.query, words))}; leave out the others, or ${ask(failure, 'widen the query of')}`,
})

/** The first header that one of the rules does not let through by itself. */
function offender({ rules }: Failure, request: HttpRequest): string {
  const found = request.headers.find((field) =>
    rules.some(({ headers, free }) => headers !== null && !meets(headers, [field], free.headers)),
  )
  return found === undefined
    ? 'a header that is sent twice'
    : `the header ${cut(found[0], longestWord)}`
}

/** A value that no known service profile has, such as one that opens a part of a service. */
function tellValue({ rules }: Failure, request: HttpRequest): Refused | null {
  for (const { profile, profiledHeaders } of rules) {
    if (profile === null || !profiledHeaders) continue
    const name = unknownValue(profile, request.headers)
    if (name === null) continue
    const words = new FirstWords()
    for (const value of profile.values.get(name) ?? []) words.add(value)
    return {
      code: 'header_not_allowed',
      reason: `the header ${name} holds a value that is not known to be harmless at ${request.host}`,
      remedy: `values allowed there: ${words.toString()}; leave out the others, or ask the owner of the sandbox to name the header in \`headers\` of its rule`,
    }
  }
  return null
}

const header: Teller = (failure, request) =>
  tellValue(failure, request) ?? tellHeader(failure, request)

const tellHeader: Teller = (failure, request) => ({
  code: 'header_not_allowed',
  reason: `${offender(failure, request)} is not allowed at ${request.host}, or not with this value`,
  remedy: `headers allowed there, beside plain ones: ${wordsOf(failure, (rule, words) => addNames(rule.headers, words))}; leave out the others, or ${ask(failure, 'widen the headers of')}`,
})

const websocket: Teller = (failure, { host }) => ({
  code: 'websocket_not_allowed',
  reason: `WebSocket is not allowed at ${host} on this path`,
  remedy: `use plain requests, or ${ask(failure, 'set `websocket: true` in')}`,
})

const identity: Teller = ({ rules, identities }, request) =>
  tellIdentity(rules, request, identities)

const minting: Teller = (_failure, { host, method, path: given }) => ({
  code: 'minting_refused',
  reason: `${cut(method, longestWord)} ${cut(given, longestPath)} at ${host} would make a new credential, or a way in, out of the one that the proxy adds`,
  remedy:
    'do without it: what it makes would outlast the sandbox; ask the owner of the sandbox to make one outside',
})

const unreadable: Teller = (_failure, { host, body }) => ({
  code: 'body_unreadable',
  reason: `what is sent to ${host} is judged by its body, and this one cannot be read in one way only: ${body?.view.kind === 'unreadable' ? body.view.fault : 'it is not understood'}`,
  remedy: 'send a body that is what its content-type says, plain or gzip, and not too large',
})

const body: Teller = (failure, request) => {
  for (const rule of failure.rules) {
    const fault = ruleBodyFault(rule, request)
    if (fault !== null)
      return {
        code: 'body_not_allowed',
        reason: `at ${request.host}: ${fault.reason}`,
        remedy: `${fault.remedy}; or ${ask(failure, 'widen the body of')}`,
      }
  }
  return internal(failure, request)
}

const internal: Teller = () => ({
  code: 'internal',
  reason: 'the request was refused for a reason that is not understood',
  remedy: 'report this to the owner of the sandbox',
})

const tellers: Readonly<Record<Step, Teller>> = {
  [steps.port]: internal,
  [steps.protocol]: protocol,
  [steps.method]: method,
  [steps.path]: path,
  [steps.identity]: identity,
  [steps.minting]: minting,
  [steps.query]: query,
  [steps.header]: header,
  [steps.websocket]: websocket,
  [steps.unreadable]: unreadable,
  [steps.body]: body,
  [steps.fits]: internal,
}

/** Says what is wrong with a request and what can be done, in words that a model can act on. */
export function tellFailure(failure: Failure, request: HttpRequest): Refused {
  return tellers[failure.step](failure, request)
}
