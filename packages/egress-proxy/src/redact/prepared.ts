import type { Field } from '../http-message.ts'
import { type BodyCoding, decodableCodings } from '../scan/content-coding.ts'

/** Fields by which a server makes a session: in whose name it is, is not for the inside to hold. */
const sessions: ReadonlySet<string> = new Set(['set-cookie', 'set-cookie2'])

/** Fields that say what a body is when it is coded; behind a decoder they are no longer true. */
const ofCodedBody: ReadonlySet<string> = new Set([
  'content-encoding',
  'content-md5',
  'content-digest',
  'digest',
])

/**
 * What goes upstream where the answer is redacted: no range, for a secret could be had in pieces that are too
 * short to be found, and only codings that can be undone.
 */
export function preparedForRedaction(headers: readonly Field[]): readonly Field[] {
  const kept: Field[] = []
  let asked: string | null = null
  for (const field of headers) {
    const [name, value] = field
    if (name === 'accept-encoding') asked = asked === null ? value : `${asked},${value}`
    else if (!asksForPart(name)) kept.push(field)
  }
  kept.push([
    'accept-encoding',
    asked === null ? 'identity' : (usual.get(asked) ?? decodable(asked)),
  ])
  return kept
}

function asksForPart(name: string): boolean {
  return name === 'range' || name === 'if-range' || name === 'request-range'
}

/** Of what was asked for, what can be undone; weights are left out, for nobody needs them. */
function decodable(values: string): string {
  const wanted = new Set<string>()
  for (const entry of values.split(',')) {
    const [coding = '', ...parameters] = entry.toLowerCase().split(';')
    const isRefused = parameters.some((parameter) => /^\s*q=0(\.0*)?\s*$/.test(parameter))
    if (!isRefused) wanted.add(coding.trim())
  }
  const kept = decodableCodings.split(', ').filter((coding) => wanted.has(coding))
  return kept.length === 0 ? 'identity' : kept.join(', ')
}

/** What nearly every client asks for, read beforehand. */
const usual: ReadonlyMap<string, string> = new Map(
  ['identity', 'gzip', 'gzip, deflate', 'gzip, deflate, br', 'gzip, deflate, br, zstd'].map(
    (values) => [values, decodable(values)],
  ),
)

/** Fields of an answer to a request in our name, without the sessions that it would make. */
export function withoutSessions(headers: readonly Field[]): readonly Field[] {
  return headers.some(([name]) => sessions.has(name))
    ? headers.filter(([name]) => !sessions.has(name))
    : headers
}

/** Fields of an answer whose body goes on without its coding. */
export function fieldsOfDecoded(headers: readonly Field[], coding: BodyCoding): readonly Field[] {
  if (coding === 'identity') return headers
  return headers.filter(([name]) => !ofCodedBody.has(name))
}
