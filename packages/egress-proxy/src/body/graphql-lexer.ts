/** A token of an executable document. */
export interface Token {
  /** `string` and `number` stand for any value of theirs: nothing is judged by what is in them. */
  readonly kind: 'name' | 'string' | 'number' | 'mark' | 'end'
  /** The name or the mark; empty for all else. */
  readonly text: string
}

/** A document that breaks the GraphQL specification, October 2021; the message is for people. */
export class GraphqlFault extends Error {}

const mostTokens = 50_000
const longest = 1_000_000
/** Ignored tokens (2.1.7), beside comments: byte order marks, blanks, line ends, commas. */
const ignored = '\uFEFF\t\n\r ,'
const name = /[A-Za-z_][A-Za-z0-9_]*/y
const number = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y
const spread = '...'
const marks = '!$&():=@[]{|}'
/** A line end to some readers, and part of a comment to others. */
const doubtfulLineEnd = /\r(?!\n)|[\u0085\u2028\u2029]/
const control = /(?![\t\n\r])\p{Cc}/u
const escape = /\\(?:["\\/bfnrt]|u[0-9A-Fa-f]{4}|u\{[0-9A-Fa-f]{1,8}\})/y

/** Cuts a document into tokens, one after the other. Linear in its length. */
export class Lexer {
  readonly #text: string
  #at = 0
  #tokens = 0

  /** @throws GraphqlFault for characters that readers take for different things */
  constructor(text: string) {
    if (text.length > longest) throw new GraphqlFault('it is too long')
    if (control.test(text)) throw new GraphqlFault('it holds a control character')
    if (doubtfulLineEnd.test(text))
      throw new GraphqlFault('it holds a line end that is none everywhere')
    this.#text = text
  }

  /** @throws GraphqlFault */
  next(): Token {
    this.#skip()
    this.#tokens += 1
    if (this.#tokens > mostTokens) throw new GraphqlFault('it is too long')
    if (this.#at >= this.#text.length) return { kind: 'end', text: '' }
    if (this.#text.startsWith(spread, this.#at)) return this.#mark(spread)
    const mark = this.#text.charAt(this.#at)
    if (marks.includes(mark)) return this.#mark(mark)
    if (mark === '"') return this.#string()
    const word = this.#take(name)
    if (word !== '') return { kind: 'name', text: word }
    return this.#number()
  }

  #skip(): void {
    for (;;) {
      const character = this.#text.charAt(this.#at)
      if (character === '#') {
        const end = this.#text.indexOf('\n', this.#at)
        this.#at = end === -1 ? this.#text.length : end
      } else if (character === '' || !ignored.includes(character)) return
      else this.#at += 1
    }
  }

  #take(pattern: RegExp): string {
    pattern.lastIndex = this.#at
    const start = this.#at
    if (!pattern.test(this.#text)) return ''
    this.#at = pattern.lastIndex
    return this.#text.slice(start, this.#at)
  }

  #mark(text: string): Token {
    this.#at += text.length
    return { kind: 'mark', text }
  }

  #number(): Token {
    if (this.#take(number) === '')
      throw new GraphqlFault('it holds a character that begins nothing')
    // 2.9.1: what follows a number may not be read as part of it.
    if (/[A-Za-z0-9_.]/.test(this.#text.charAt(this.#at)))
      throw new GraphqlFault('it holds a number that does not end')
    return { kind: 'number', text: '' }
  }

  #string(): Token {
    if (this.#text.startsWith('"""', this.#at)) this.#blockString()
    else this.#plainString()
    return { kind: 'string', text: '' }
  }

  #plainString(): void {
    this.#at += 1
    for (;;) {
      const code = this.#text.charCodeAt(this.#at)
      if (code === 0x22) break
      if (Number.isNaN(code) || code === 0x0a || code === 0x0d)
        throw new GraphqlFault('it holds a string without an end')
      if (code !== 0x5c) this.#at += 1
      else if (this.#take(escape) === '') throw new GraphqlFault('it holds an unknown escape')
    }
    this.#at += 1
  }

  /** Ends at `"""`, unless a `\` stands before it (2.9.4). */
  #blockString(): void {
    let end = this.#text.indexOf('"""', this.#at + 3)
    while (end !== -1 && this.#text.charAt(end - 1) === '\\') {
      end = this.#text.indexOf('"""', end + 3)
    }
    if (end === -1) throw new GraphqlFault('it holds a block string without an end')
    this.#at = end + 3
  }
}
