import ts from 'typescript'

/** Which packages of ours, or entrances of them, the sources of a package may import. Imports go one way. */
export const edges: Readonly<Record<string, readonly string[]>> = {
  core: [],
  'egress-proxy': ['core'],
  guest: ['core'],
  bubblewrap: ['core', 'guest', 'egress-proxy'],
  'driver-conformance': ['core', 'egress-proxy', 'egress-proxy/testing'],
}

/** Modules that start processes or reach the network. */
const effects = new Set(
  'child_process cluster dgram dns dns/promises http http2 https net tls worker_threads'
    .split(' ')
    .map((name) => `node:${name}`)
    .concat('execa'),
)

/** Effects live in files whose names say so, so that a reviewer knows where to look. */
const effectFile = /(^|-)(probe|launch|cleanup|listen|dial|source)(-|\.ts$)/

/** One import or use that the house does not allow. */
export interface Violation {
  readonly file: string
  readonly what: string
}

/**
 * What a source file does that its place forbids.
 *
 * @param file Path from the repository's root, `packages/core/src/plan/mounts.ts`.
 */
export function violations(file: string, text: string): Violation[] {
  const [, name = '', ...rest] = file.split('/')
  const found = importsOf(text)
  const fileName = rest.at(-1) ?? ''
  const forbidden = [...found].filter((module) => isForeign(name, module))
  const effectful = effectFile.test(fileName) ? [] : effectsOf(file, text, found)
  return [...forbidden.map((module) => `imports ${module}`), ...effectful].map((what) => ({
    file,
    what,
  }))
}

function importsOf(text: string): Set<string> {
  const { importedFiles } = ts.preProcessFile(text, true, true)
  // `import type` has no effect when the program runs, but it is an arrow between packages all the same.
  return new Set(importedFiles.map((imported) => imported.fileName))
}

function isForeign(name: string, module: string): boolean {
  if (module.startsWith('.')) return module.includes('/packages/') || /\/(dist|src)\//.test(module)
  if (!module.startsWith('@caisson/')) return false
  return !(edges[name] ?? []).includes(module.slice('@caisson/'.length))
}

function effectsOf(file: string, text: string, imports: ReadonlySet<string>): string[] {
  const typeOnly = typeOnlyImports(file, text)
  const modules = [...imports].filter((module) => effects.has(prefixed(module)))
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.ES2023)
  return [
    ...modules.filter((module) => !typeOnly.has(module)).map((module) => `imports ${module}`),
    ...usesOf(source),
  ]
}

function prefixed(module: string): string {
  return module.startsWith('node:') || module === 'execa' ? module : `node:${module}`
}

function typeOnlyImports(file: string, text: string): Set<string> {
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.ES2023)
  const all = source.statements.filter((statement) => ts.isImportDeclaration(statement))
  const isTypeOnly = (node: ts.ImportDeclaration) => node.importClause?.isTypeOnly === true
  const name = (node: ts.ImportDeclaration) => (node.moduleSpecifier as ts.StringLiteral).text
  const loaded = new Set(all.filter((node) => !isTypeOnly(node)).map(name))
  return new Set(
    all
      .filter(isTypeOnly)
      .map(name)
      .filter((module) => !loaded.has(module)),
  )
}

function usesOf(node: ts.Node): string[] {
  const own = useOf(node)
  const below: string[] = []
  ts.forEachChild(node, (child) => void below.push(...usesOf(child)))
  return own === null ? below : [own, ...below]
}

function useOf(node: ts.Node): string | null {
  const isGlobal = (part: ts.Node, text: string) => ts.isIdentifier(part) && part.text === text
  if (ts.isPropertyAccessExpression(node) && isGlobal(node.expression, 'process')) {
    return node.name.text === 'env' ? 'reads process.env' : null
  }
  if (ts.isElementAccessExpression(node) && isGlobal(node.expression, 'process')) {
    return 'reads process by a computed name'
  }
  if (ts.isCallExpression(node) && isGlobal(node.expression, 'fetch')) return 'calls fetch'
  if (ts.isNewExpression(node) && isGlobal(node.expression, 'WebSocket')) return 'opens a WebSocket'
  return null
}
