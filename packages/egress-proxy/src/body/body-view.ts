/** A part of a `multipart/form-data` body. */
export interface PartView {
  readonly name: string
  readonly filename: string | null
  /** Media type in lower case, without parameters; `text/plain` when it says none (RFC 7578, 4.4). */
  readonly type: string
  readonly content: Buffer
}

/** A JSON number as it was written, so that it is sent as it was written. */
export class JsonNumber {
  readonly text: string

  constructor(text: string) {
    this.text = text
  }
}

/** A JSON value, read strictly: no key twice. */
export type JsonValue =
  null | boolean | string | JsonNumber | readonly JsonValue[] | ReadonlyMap<string, JsonValue>

/** A whole body as it is judged. `unread` is not known: it reads as anything, so that it has to be read first. */
export type BodyView =
  | { readonly kind: 'empty' }
  | { readonly kind: 'json'; readonly value: JsonValue }
  | { readonly kind: 'form'; readonly fields: readonly (readonly [string, string])[] }
  /**
   * Says it is a form, and is none that all readers read alike, or is other text, as `curl -d` sends it: what
   * the most lenient of them would find. It is sent as it is, and fits no rule about bodies.
   */
  | { readonly kind: 'loose-form'; readonly fields: readonly (readonly [string, string])[] }
  | { readonly kind: 'multipart'; readonly parts: readonly PartView[] }
  | { readonly kind: 'grpc' }
  /** No kind that is looked into: it is sent as it is. */
  | { readonly kind: 'other' }
  /** Says it is of a kind, and is not, or is too large, too deep, or coded in a way that cannot be undone. */
  | { readonly kind: 'unreadable'; readonly fault: string; readonly tooLarge: boolean }
