const star = 0x2a
const nine = 0x39

/** What stands in the place of a found text, byte for byte. */
export interface Label {
  at(offset: number): number
}

/**
 * `[redacted:<id>]`, cut or filled up with stars to the length of what was found. None of its characters
 * means anything in the strings of JSON, in HTML, in server-sent events or in headers.
 */
export function labelFor(about: string): Label {
  const text = Buffer.from(`[redacted:${about.replace(/[^A-Za-z0-9_.-]/g, '_')}]`, 'latin1')
  return { at: (offset) => text[offset] ?? star }
}

/** A text of digits alone may stand in JSON without quotes: it stays a number. */
export const digitsLabel: Label = Object.freeze({ at: () => nine })
