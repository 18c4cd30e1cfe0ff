/**
 * What a field means to the framing of a message: `hop` ends with this connection and is dropped,
 * `proxy` speaks to the proxy, `plain` is passed on.
 */
export type FieldKind =
  | 'plain'
  | 'host'
  | 'length'
  | 'coding'
  | 'connection'
  | 'upgrade'
  | 'expect'
  | 'te'
  | 'hop'
  | 'proxy'

/** A field name in lower case and what it means. */
export interface FieldName {
  readonly name: string
  readonly kind: FieldKind
}

const kinds: readonly (readonly [FieldKind, string])[] = [
  ['host', 'host'],
  ['length', 'content-length'],
  ['coding', 'transfer-encoding'],
  ['connection', 'connection'],
  ['upgrade', 'upgrade'],
  ['expect', 'expect'],
  ['te', 'te'],
  ['hop', 'keep-alive proxy-connection trailer http2-settings proxy-authenticate'],
  ['hop', 'proxy-authentication-info'],
  ['proxy', 'proxy-authorization'],
  ['plain', 'accept accept-charset accept-encoding accept-language accept-ranges age allow'],
  ['plain', 'alt-svc authorization cache-control content-disposition content-encoding'],
  ['plain', 'content-language content-range content-type cookie date etag expires'],
  ['plain', 'if-match if-modified-since if-none-match last-modified link location origin'],
  ['plain', 'pragma range referer retry-after sec-fetch-mode sec-websocket-key'],
  ['plain', 'sec-websocket-version sec-websocket-accept sec-websocket-protocol server'],
  ['plain', 'set-cookie strict-transport-security user-agent vary via www-authenticate'],
  ['plain', 'x-api-key x-request-id'],
]

const titleCase = (name: string): string =>
  name
    .split('-')
    .map((part) => part.charAt(0).toUpperCase() + part.slice(1))
    .join('-')

/** The usual names by their two usual spellings, so that most names cost one look-up and no new string. */
const spellings: ReadonlyMap<string, FieldName> = new Map(
  kinds.flatMap(([kind, names]) =>
    names.split(' ').flatMap((name): [string, FieldName][] => {
      const entry = Object.freeze({ name, kind })
      return [
        [name, entry],
        [titleCase(name), entry],
        [name.toUpperCase(), entry],
      ]
    }),
  ),
)

/** Knows a name that was checked to be a token, however it is spelled. */
export function fieldName(written: string): FieldName {
  const known = spellings.get(written)
  if (known !== undefined) return known
  const name = written.toLowerCase()
  return spellings.get(name) ?? { name, kind: 'plain' }
}
