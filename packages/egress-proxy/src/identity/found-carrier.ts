/**
 * Something in a request that says in whose name it comes, or may: a key, a token, a session, a signature.
 *
 * - `header`: a field; `name` is its name, in lower case.
 * - `cookie`: one cookie of the header `cookie`; `name` is the cookie's.
 * - `query`: a key of the query.
 * - `path`: a segment of the path, counted from 0; `name` is the number in decimal notation.
 * - `protocol`: a token in `sec-websocket-protocol`.
 * - `shape`: a field of any other name whose value looks like a known kind of key; `name` is the field's.
 * - `body`: a field of a body; `name` is its JSON pointer, form key or part name.
 */
export interface FoundCarrier {
  readonly where: 'header' | 'cookie' | 'query' | 'path' | 'protocol' | 'shape' | 'body'
  readonly name: string
  /** As it stands there. Never told to anybody: not in reasons, events, or the audit trail. */
  readonly value: string
}
