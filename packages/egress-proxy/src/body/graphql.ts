import { GraphqlFault, Lexer, type Token } from './graphql-lexer.ts'

export { GraphqlFault } from './graphql-lexer.ts'

export type OperationKind = 'query' | 'mutation' | 'subscription'

/** What stands at the top of an operation or a fragment. */
export interface Selections {
  /** Names of fields, whatever alias they are given. */
  readonly fields: readonly string[]
  /** Names of fragments that are spread there. */
  readonly spreads: readonly string[]
}

export interface Operation extends Selections {
  readonly kind: OperationKind
  readonly name: string | null
}

/** An executable document, as far as it is judged. */
export interface Document {
  readonly operations: readonly Operation[]
  readonly fragments: ReadonlyMap<string, Selections>
}

const deepest = 64

function isKind(text: string): text is OperationKind {
  return text === 'query' || text === 'mutation' || text === 'subscription'
}

/** Collects what stands at the top; of what stands deeper only the form is checked. */
interface Collected {
  readonly fields: string[]
  readonly spreads: string[]
}

class Parser {
  readonly #lexer: Lexer
  #token: Token
  #depth = 0

  constructor(text: string) {
    this.#lexer = new Lexer(text)
    this.#token = this.#lexer.next()
  }

  document(): Document {
    const operations: Operation[] = []
    const fragments = new Map<string, Selections>()
    while (this.#token.kind !== 'end') {
      if (this.#isName('fragment')) this.#fragment(fragments)
      else operations.push(this.#operation())
    }
    return { operations, fragments }
  }

  #advance(): Token {
    const token = this.#token
    this.#token = this.#lexer.next()
    return token
  }

  #isMark(text: string): boolean {
    return this.#token.kind === 'mark' && this.#token.text === text
  }

  #isName(text: string): boolean {
    return this.#token.kind === 'name' && this.#token.text === text
  }

  #skip(mark: string): boolean {
    if (!this.#isMark(mark)) return false
    this.#advance()
    return true
  }

  #expect(mark: string): void {
    if (!this.#skip(mark)) throw new GraphqlFault(`it lacks \`${mark}\` somewhere`)
  }

  #name(): string {
    if (this.#token.kind !== 'name') throw new GraphqlFault('it lacks a name somewhere')
    return this.#advance().text
  }

  /** Runs something one level deeper. */
  #deeper(read: () => void): void {
    this.#depth += 1
    if (this.#depth > deepest) throw new GraphqlFault('it is nested too deep')
    read()
    this.#depth -= 1
  }

  /** 2.3. A document of type definitions is not executable, and is refused here. */
  #operation(): Operation {
    if (this.#isMark('{')) return { kind: 'query', name: null, ...this.#top() }
    const kind = this.#name()
    if (!isKind(kind)) throw new GraphqlFault('it holds what is no operation and no fragment')
    const name = this.#token.kind === 'name' ? this.#name() : null
    if (this.#skip('(')) this.#variables()
    this.#directives()
    return { kind, name, ...this.#top() }
  }

  /** 2.8 */
  #fragment(fragments: Map<string, Selections>): void {
    this.#advance()
    const name = this.#name()
    if (name === 'on') throw new GraphqlFault('it holds a fragment without a name')
    if (fragments.has(name)) throw new GraphqlFault('it holds two fragments of one name')
    if (this.#name() !== 'on') throw new GraphqlFault('it holds a fragment without a type')
    this.#name()
    this.#directives()
    fragments.set(name, this.#top())
  }

  #top(): Selections {
    const collected: Collected = { fields: [], spreads: [] }
    this.#selections(collected)
    return collected
  }

  #selections(into: Collected | null): void {
    this.#expect('{')
    this.#deeper(() => {
      do this.#selection(into)
      while (!this.#isMark('}'))
    })
    this.#advance()
  }

  #selection(into: Collected | null): void {
    if (this.#skip('...')) {
      this.#spread(into)
      return
    }
    const first = this.#name()
    const field = this.#skip(':') ? this.#name() : first
    into?.fields.push(field)
    if (this.#skip('(')) this.#arguments(false)
    this.#directives()
    if (this.#isMark('{')) this.#selections(null)
  }

  /** A spread, or an inline fragment, whose fields stand where it stands (2.8.2). */
  #spread(into: Collected | null): void {
    if (this.#token.kind === 'name' && !this.#isName('on')) {
      into?.spreads.push(this.#name())
      this.#directives()
      return
    }
    if (this.#isName('on')) {
      this.#advance()
      this.#name()
    }
    this.#directives()
    this.#selections(into)
  }

  #directives(isConstant = false): void {
    while (this.#skip('@')) {
      this.#name()
      if (this.#skip('(')) this.#arguments(isConstant)
    }
  }

  #arguments(isConstant: boolean): void {
    do {
      this.#name()
      this.#expect(':')
      this.#value(isConstant)
    } while (!this.#skip(')'))
  }

  #variables(): void {
    do {
      this.#expect('$')
      this.#name()
      this.#expect(':')
      this.#type()
      if (this.#skip('=')) this.#value(true)
      this.#directives(true)
    } while (!this.#skip(')'))
  }

  #type(): void {
    if (this.#skip('[')) {
      this.#deeper(() => this.#type())
      this.#expect(']')
    } else this.#name()
    this.#skip('!')
  }

  #value(isConstant: boolean): void {
    if (this.#skip('[')) {
      this.#deeper(() => {
        while (!this.#skip(']')) this.#value(isConstant)
      })
    } else if (this.#skip('{')) {
      this.#deeper(() => {
        while (!this.#skip('}')) this.#member(isConstant)
      })
    } else if (!isConstant && this.#skip('$')) this.#name()
    else if (this.#token.kind === 'mark' || this.#token.kind === 'end') {
      throw new GraphqlFault('it lacks a value somewhere')
    } else this.#advance()
  }

  #member(isConstant: boolean): void {
    this.#name()
    this.#expect(':')
    this.#value(isConstant)
  }
}

/** Reads an executable document. @throws GraphqlFault */
export function readDocument(text: string): Document {
  return new Parser(text).document()
}

/**
 * The names of all fields at the top of an operation, with those that fragments bring there.
 *
 * @throws GraphqlFault for a fragment that is missing, or brings itself
 */
export function topFields(operation: Operation, document: Document): ReadonlySet<string> {
  const fields = new Set(operation.fields)
  const open = new Set<string>()
  const done = new Set<string>()
  const bring = (spreads: readonly string[]): void => {
    for (const name of spreads) {
      if (done.has(name)) continue
      const fragment = document.fragments.get(name)
      if (fragment === undefined) throw new GraphqlFault('it spreads a fragment that is not there')
      if (open.has(name)) throw new GraphqlFault('it holds a fragment that brings itself')
      if (open.size >= deepest) throw new GraphqlFault('it nests fragments too deep')
      open.add(name)
      for (const field of fragment.fields) fields.add(field)
      bring(fragment.spreads)
      open.delete(name)
      done.add(name)
    }
  }
  bring(operation.spreads)
  return fields
}
