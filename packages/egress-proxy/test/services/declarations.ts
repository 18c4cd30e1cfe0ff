import { readdirSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'

const find = createRequire(import.meta.url)

/** The folder of an installed library, by a file of it. */
export function folderOf(file: string): string {
  return dirname(find.resolve(file))
}

/** Type declarations as vendors generate them: one declaration after another, a property on a line. */
export class Declarations {
  readonly #bodies = new Map<string, string>()

  constructor(file: string) {
    const text = readFileSync(file, 'utf8').replaceAll(/\/\*\*[\s\S]*?\*\//g, '')
    const form = /^export (?:interface|type) (\w+)[^{=\n]*(?:= ([^;]*);|\{\n([\s\S]*?)^\})/gm
    for (const [, name = '', union, members] of text.matchAll(form))
      this.#bodies.set(name, union ?? members ?? '')
  }

  #body(name: string): string {
    const body = this.#bodies.get(name)
    if (body === undefined) throw new Error(`${name} is not declared any more`)
    return body
  }

  /** The literals that a union of literals has. */
  literals(name: string): readonly string[] {
    return [...this.#body(name).matchAll(/'([^']+)'/g)].map(([, word = '']) => word)
  }

  /** The properties of an interface. */
  keys(name: string): readonly string[] {
    return [...this.#body(name).matchAll(/^ {4}(\w+)\??:/gm)].map(([, key = '']) => key)
  }

  /** The names of types that stand in one property. */
  typesOf(name: string, key: string): readonly string[] {
    const [, type = ''] = new RegExp(`^ {4}${key}\\??: ([^;]*);`, 'm').exec(this.#body(name)) ?? []
    return [...type.matchAll(/[A-Z]\w+/g)].map(([word]) => word).filter((word) => word !== 'Array')
  }

  /** What `type` may be, of an interface or of each in a union. */
  kinds(name: string): readonly string[] {
    const body = this.#body(name)
    const [, own] = /^ {4}type\??: ([^;]*);/m.exec(body) ?? []
    if (own !== undefined) return [...own.matchAll(/'([^']+)'/g)].map(([, kind = '']) => kind)
    return body.split('|').flatMap((part) => this.kinds(part.trim()))
  }
}

/** A call that a library can make: the method, and the path with `x` for what is filled in. */
export type Call = `${string} ${string}`

function filesBelow(folder: string): readonly string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) return filesBelow(path)
    return entry.name.endsWith('.js') ? [path] : []
  })
}

/** Every text of the generated methods of a library, below one folder. */
export function sourceBelow(folder: string): string {
  return filesBelow(folder)
    .map((file) => readFileSync(file, 'utf8'))
    .join('\n')
}

export function callsIn(source: string): readonly Call[] {
  const form =
    /_client\s*\.(get|post|put|patch|delete|getAPIList)\((?:\(0, path_\d+\.path\) ?)?[`']([^`']+)/g
  const calls = [...source.matchAll(form)].map(([, method = '', path = '']): Call => {
    const verb = method === 'getAPIList' ? 'GET' : method.toUpperCase()
    return `${verb} ${path.replaceAll(/\$\{[^}]*\}/g, 'x')}`
  })
  return [...new Set(calls)]
}
