import { type Expectation, meets } from '../decide/expectation.ts'
import type { BodyView, JsonValue } from './body-view.ts'
import type { CompiledBody } from './compile-body.ts'
import type { FormFields } from './form.ts'
import { graphqlFault } from './graphql-fault.ts'
import { type BodyFault, listText } from './json-check.ts'
import { jsonFault } from './json-fault.ts'
import { isJsonType, readMediaType } from './media-type.ts'
import { partsFault } from './parts-fault.ts'
import { keyText } from './pointer-text.ts'

export type { BodyFault } from './json-check.ts'

/** What has to be known of a request to judge its body. */
export interface BodyRequest {
  /** The field `content-type`, or `null` without one. */
  readonly contentType: string | null
  /** Canonical, without query. */
  readonly path: string
  /** Bytes, decoded; `null` where they are not known, which no `maxBytes` allows. */
  readonly length: number | null
}

function kindsOf(rule: CompiledBody): string {
  const kinds = [
    rule.json === null ? [] : ['JSON'],
    rule.graphql === null ? [] : ['GraphQL over JSON'],
    rule.form === null ? [] : ['application/x-www-form-urlencoded'],
    rule.multipart === null ? [] : ['multipart/form-data'],
    rule.grpc === null ? [] : ['gRPC'],
  ]
  return kinds.flat().join(', ')
}

function otherKind(rule: CompiledBody, what: string): BodyFault {
  return { reason: `its body is ${what}`, remedy: `send ${kindsOf(rule)}` }
}

function sizeFault(rule: CompiledBody, request: BodyRequest): BodyFault | null {
  if (rule.maxBytes === null) return null
  if (request.length !== null && request.length <= rule.maxBytes) return null
  return { reason: `its body is larger than ${rule.maxBytes} bytes`, remedy: 'send less at once' }
}

function judgeJson(rule: CompiledBody, value: JsonValue, request: BodyRequest): BodyFault | null {
  if (rule.json === null && rule.graphql === null) return otherKind(rule, 'JSON')
  const type = request.contentType === null ? null : readMediaType(request.contentType)
  if (type === null || !isJsonType(type.word)) {
    return {
      reason: 'its body is JSON, and its content-type says something else',
      remedy: 'set content-type to application/json',
    }
  }
  const json = rule.json === null ? null : jsonFault(rule.json, value)
  if (rule.json !== null && json === null) return null
  // Where a body may be either, the last one's fault is told.
  return rule.graphql === null ? json : graphqlFault(rule.graphql, value)
}

function judgeForm(rule: CompiledBody, fields: FormFields): BodyFault | null {
  const { form } = rule
  if (form === null) return otherKind(rule, 'a form')
  if (meets(form, fields)) return null
  return fieldFault(form, fields)
}

function fieldFault(form: Expectation, fields: FormFields): BodyFault {
  for (const field of fields) {
    const values = form.get(field[0])
    const name = keyText(field[0])
    if (values === undefined) {
      const remedy = `leave it out; known fields: ${listText([...form.keys()])}`
      return { reason: `it may not have the field ${name}`, remedy }
    }
    if (values !== null && !values.has(field[1])) {
      const remedy = `use ${listText([...values])}`
      return { reason: `the field ${name} has a value that is not allowed`, remedy }
    }
  }
  return { reason: 'it has a field twice', remedy: 'send each field once' }
}

function judgeGrpc(rule: CompiledBody, { path }: BodyRequest): BodyFault | null {
  if (rule.grpc === null) return otherKind(rule, 'gRPC')
  const method = path.slice(1)
  const slash = method.indexOf('/')
  const isOne = slash > 0 && method.indexOf('/', slash + 1) === -1 && slash < method.length - 1
  if (isOne && (rule.grpc.has(method) || rule.grpc.has(method.slice(0, slash + 1)))) return null
  const methods = [...rule.grpc].map((one) => (one.endsWith('/') ? `${one}*` : one))
  return { reason: 'the gRPC method is not allowed', remedy: `call ${listText(methods)}` }
}

/**
 * Why a body does not fit a rule, in words for people and models, or `null` when it does. Neither reason nor
 * remedy holds a value of the body. A request without a body fits every rule.
 */
export function bodyFault(
  rule: CompiledBody,
  view: BodyView,
  request: BodyRequest,
): BodyFault | null {
  if (view.kind === 'empty') return null
  if (view.kind === 'unreadable') {
    const remedy = `send ${kindsOf(rule)}, in its plainest form`
    return { reason: `its body cannot be judged: ${view.fault}`, remedy }
  }
  const tooLarge = sizeFault(rule, request)
  if (tooLarge !== null) return tooLarge
  if (view.kind === 'json') return judgeJson(rule, view.value, request)
  if (view.kind === 'form') return judgeForm(rule, view.fields)
  if (view.kind === 'loose-form')
    return otherKind(rule, 'a form that can be read in more than one way')
  if (view.kind === 'grpc') return judgeGrpc(rule, request)
  if (view.kind === 'other') return otherKind(rule, 'of a kind that is not allowed')
  return rule.multipart === null
    ? otherKind(rule, 'multipart/form-data')
    : partsFault(rule.multipart, view.parts)
}
