import { describeValues } from './describe-values.ts'
import type { BodyRule, JsonCondition, PartRule } from './types.ts'

/** Conditions and entries of a list that are told: a prompt is no place for a schema, and a refusal says more. */
const maxConditions = 4
const maxEntries = 8

/** The first few of a list, and how many more there are. */
function some(entries: readonly unknown[]): string {
  const told = entries.slice(0, maxEntries).map((one) => JSON.stringify(one))
  const rest = entries.length - told.length
  return `${told.join(', ')}${rest > 0 ? ` and ${rest} more` : ''}`
}

function conditionText(condition: JsonCondition): string {
  const { absent, oneOf, keys, urlHosts, dataUrl, maxLength, required } = condition
  const what = [
    absent === true ? 'absent' : [],
    oneOf === undefined ? [] : `one of ${some(oneOf)}`,
    keys === undefined ? [] : `an object with no keys but ${some(keys)}`,
    urlHosts === undefined ? [] : `a URL of https on ${some(urlHosts)}`,
    dataUrl === true ? 'a `data:` URL' : [],
    maxLength === undefined ? [] : `no longer than ${maxLength}`,
    required === true ? 'there' : [],
  ].flat()
  return `${JSON.stringify(condition.at)} must be ${what.join(' and ')}`
}

function jsonText({ keys, where = [] }: NonNullable<BodyRule['json']>): string {
  const told = where.slice(0, maxConditions).map(conditionText)
  const rest = where.length - told.length
  const parts = [
    keys === undefined ? [] : `keys ${some(keys)} and no others`,
    told,
    rest > 0 ? `${rest} more conditions, which a refusal names` : [],
  ].flat()
  return parts.length === 0 ? 'JSON' : `JSON (${parts.join('; ')})`
}

function partText([name, part]: readonly [string, PartRule]): string {
  const what = [
    part.file === true ? 'a file' : [],
    part.types === undefined ? [] : `of type ${some(part.types)}`,
    part.oneOf === undefined ? [] : `one of ${some(part.oneOf)}`,
    part.max === undefined ? [] : `${part.max} at most`,
    part.maxBytes === undefined ? [] : `${part.maxBytes} bytes at most`,
  ].flat()
  return what.length === 0 ? JSON.stringify(name) : `${JSON.stringify(name)} (${what.join(', ')})`
}

function graphqlText(graphql: NonNullable<BodyRule['graphql']>): string {
  const kinds = (['queries', 'mutations', 'subscriptions'] as const).flatMap((kind) =>
    (graphql[kind] ?? []).length === 0 ? [] : `${kind} ${some(graphql[kind] ?? [])}`,
  )
  return `GraphQL (${kinds.length === 0 ? 'no operation' : kinds.join('; ')})`
}

/** What a body may be, in words. */
export function describeBody(body: BodyRule): string {
  const parts = Object.entries(body.multipart ?? {}).map(partText)
  const kinds = [
    body.json === undefined ? [] : jsonText(body.json),
    body.form === undefined ? [] : `a form (${describeValues('keys', body.form)})`,
    body.multipart === undefined ? [] : `multipart/form-data (parts ${parts.join(', ')})`,
    body.graphql === undefined ? [] : graphqlText(body.graphql),
    body.grpc === undefined ? [] : `gRPC (${some(body.grpc)})`,
  ].flat()
  const size = body.maxBytes === undefined ? '' : `, ${body.maxBytes} bytes at most`
  return kinds.length === 0
    ? `a body${size === '' ? ' of any kind' : size}`
    : `no body but ${kinds.join(', or ')}${size}`
}
