/** A text that is looked for. */
export interface Pattern {
  /** Of a credential, or of a canary. */
  readonly about: string
  readonly kind: 'secret' | 'dummy' | 'canary'
  /** The text itself; the forms that it may take are made from it. 6 bytes at least, or it is not looked for. */
  readonly bytes: Uint8Array
}
