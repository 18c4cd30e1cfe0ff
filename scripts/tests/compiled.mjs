import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'

/**
 * Test files that were compiled, relative to the root. What was compiled from a source that is gone is
 * left out: it would test what no longer exists.
 *
 * @param {string} root
 */
export function compiledTests(root) {
  const packages = readdirSync(join(root, 'packages')).map((name) => `packages/${name}`)
  const places = packages.map((folder) => ({
    out: `${folder}/dist-test`,
    source: `${folder}/test`,
  }))
  const rest = ['test', 'bench'].map((folder) => ({ out: `${folder}/dist`, source: folder }))
  return [...places, ...rest].flatMap((place) => testsOf(root, place))
}

/**
 * @param {string} root
 * @param {{ out: string, source: string }} place
 */
function testsOf(root, place) {
  const out = join(root, place.out)
  if (!existsSync(out)) return []
  return readdirSync(out, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.test.js'))
    .filter((file) => existsSync(join(root, place.source, file.replace(/\.js$/, '.ts'))))
    .map((file) => `${place.out}/${file}`)
    .toSorted()
}
