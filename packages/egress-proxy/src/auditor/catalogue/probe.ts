import type { FindingSeverity } from '@caisson/core'
import { JsonNumber, type JsonValue } from '../../body/body-view.ts'
import type { JudgedBody } from '../../decide/request.ts'
import type { Field } from '../../http-message.ts'
import type { FoundCarrier } from '../../identity/found-carrier.ts'

/**
 * A request that an attacker inside would make, for the judge of requests to judge: when it is allowed, the row
 * is open. `foreign` brings the attacker's own key; `nobody` needs none; `own` goes out in the name that the rule
 * gives it, and counts only where a rule does so.
 */
export interface Probe {
  readonly as: 'foreign' | 'nobody' | 'own'
  readonly method: string
  readonly path: string
  readonly query: readonly (readonly [string, string])[]
  readonly headers: readonly Field[]
  readonly carriers: readonly FoundCarrier[]
  readonly body: JudgedBody | null
  readonly websocket: boolean
  /** How bad it is that the request is allowed. */
  readonly severity: FindingSeverity
}

/** What a probe may have beside its method and path. */
export interface ProbeParts {
  /** A JSON body. */
  readonly json?: unknown
  /** Keys of the query. */
  readonly query?: Readonly<Record<string, string>>
  readonly websocket?: true
  readonly severity?: FindingSeverity
}

const attackersKey = 'key-of-an-attacker'
const opaque: JudgedBody = { view: { kind: 'other' }, length: 64, carriers: [] }

function jsonValue(value: unknown): JsonValue {
  if (typeof value === 'string' || typeof value === 'boolean') return value
  if (typeof value === 'number') return new JsonNumber(String(value))
  if (Array.isArray(value)) return value.map((one: unknown) => jsonValue(one))
  if (typeof value !== 'object' || value === null) return null
  return new Map(Object.entries(value).map(([key, one]) => [key, jsonValue(one)]))
}

function bodyOf(method: string, json: unknown): JudgedBody | null {
  if (method === 'GET' || method === 'DELETE') return null
  if (json === undefined) return opaque
  return { view: { kind: 'json', value: jsonValue(json) }, length: 64, carriers: [] }
}

function probe(as: Probe['as'], line: string, parts: ProbeParts): Probe {
  const blank = line.indexOf(' ')
  const method = line.slice(0, blank)
  const type = parts.json === undefined ? 'application/octet-stream' : 'application/json'
  const body = bodyOf(method, parts.json)
  return Object.freeze({
    as,
    method,
    path: line.slice(blank + 1),
    query: Object.entries(parts.query ?? {}),
    headers: body === null ? [] : [['content-type', type] as const],
    carriers: [],
    body,
    websocket: parts.websocket === true,
    severity: parts.severity ?? 'critical',
  } satisfies Probe)
}

/** A request that anybody may make. @param line `POST /upload` */
export function nobody(line: string, parts: ProbeParts = {}): readonly Probe[] {
  return [probe('nobody', line, parts)]
}

/** A request in the name that the rule gives it: medium, unless said. @param line `POST /v1/messages` */
export function own(line: string, parts: ProbeParts = {}): readonly Probe[] {
  return [probe('own', line, { severity: 'medium', ...parts })]
}

function withCarrier(found: Probe, place: string): Probe {
  const [where, name = ''] = place.includes(':') ? place.split(':') : ['header', place]
  if (where === 'query') {
    const carriers = [{ where: 'query', name, value: attackersKey }] as const
    const query = [...found.query, [name, attackersKey] as const]
    return Object.freeze({ ...found, query, carriers })
  }
  if (where === 'path') {
    const carriers = [{ where: 'path', name, value: attackersKey }] as const
    return Object.freeze({ ...found, carriers })
  }
  const kind = where === 'protocol' ? 'protocol' : 'header'
  const field: Field = [kind === 'protocol' ? 'sec-websocket-protocol' : name, attackersKey]
  const carriers = [{ where: kind, name, value: attackersKey }] as const
  return Object.freeze({ ...found, headers: [...found.headers, field], carriers })
}

/**
 * A request with the attacker's own key, once for each place that the service takes one at: a header, or
 * `query:key`, `path:0` (a segment), `protocol:name`.
 *
 * @param line `POST /v1/files`
 */
export function foreign(
  line: string,
  places: readonly string[],
  parts: ProbeParts = {},
): readonly Probe[] {
  const found = probe('foreign', line, parts)
  return places.map((place) => withCarrier(found, place))
}
