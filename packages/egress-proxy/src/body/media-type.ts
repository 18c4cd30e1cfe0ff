/** A field of the form `word; name=value`, taken apart (RFC 9110, 5.6.6 and 8.3). */
export interface Parameters {
  /** What stands before the parameters, in lower case. */
  readonly word: string
  /** Names in lower case, values without their quotes. */
  readonly parameters: ReadonlyMap<string, string>
}

const longestField = 1024
const mostParameters = 16
const token = /[A-Za-z0-9!#$%&'*+.^_`|~-]+/y
/** No escapes: servers undo them in different ways, or not at all. */
const quotedText = /"([^"\\\p{Cc}]*)"/uy
const separator = /[ \t]*;[ \t]*/y
const mediaType = /^[a-z0-9!#$%&'*+.^_`|~-]+\/[a-z0-9!#$%&'*+.^_`|~-]+$/

/** Reads from the front of a text, piece by piece. */
class Scanner {
  readonly #text: string
  #at: number

  constructor(text: string, at: number) {
    this.#text = text
    this.#at = at
  }

  get done(): boolean {
    return this.#at === this.#text.length
  }

  take(pattern: RegExp): RegExpExecArray | null {
    pattern.lastIndex = this.#at
    const found = pattern.exec(this.#text)
    if (found !== null) this.#at = pattern.lastIndex
    return found
  }

  skip(literal: string): boolean {
    if (!this.#text.startsWith(literal, this.#at)) return false
    this.#at += literal.length
    return true
  }
}

function readParameters(scanner: Scanner): ReadonlyMap<string, string> | null {
  const parameters = new Map<string, string>()
  while (!scanner.done) {
    if (parameters.size >= mostParameters || scanner.take(separator) === null) return null
    const name = scanner.take(token)?.[0].toLowerCase()
    if (name === undefined || parameters.has(name) || !scanner.skip('=')) return null
    const value = scanner.take(token)?.[0] ?? scanner.take(quotedText)?.[1]
    if (value === undefined) return null
    parameters.set(name, value)
  }
  return parameters
}

/**
 * Takes a field apart; `null` when it can be read in more than one way: a parameter twice, without a value,
 * with an escape in its quotes, or something that belongs to none.
 */
export function readParameterised(field: string): Parameters | null {
  if (field.length > longestField) return null
  const end = field.search(/[ \t]*(?:;|$)/)
  const word = field.slice(0, end)
  if (word === '' || /[^!-~]|[",;]/.test(word)) return null
  const parameters = readParameters(new Scanner(field, end))
  return parameters === null ? null : { word: word.toLowerCase(), parameters }
}

/** A media type with its parameters, or `null` when it is none, or more than one. */
export function readMediaType(field: string): Parameters | null {
  const read = readParameterised(field)
  return read !== null && mediaType.test(read.word) ? read : null
}

/** Whether a text of this type is UTF-8, or says nothing else. */
export function isUnicode({ parameters }: Parameters): boolean {
  const charset = parameters.get('charset')?.toLowerCase()
  return charset === undefined || charset === 'utf-8' || charset === 'utf8'
}

/** `application/json`, and every type whose name ends in `+json` (RFC 6839, 3.1). */
export function isJsonType(type: string): boolean {
  return type === 'application/json' || type === 'text/json' || type.endsWith('+json')
}
