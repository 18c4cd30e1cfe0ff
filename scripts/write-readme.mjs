#!/usr/bin/env node
// Writes the generated parts of the READMEs: the support table, out of the conformance suite, and the
// programs, out of `examples/`. Run by `npm run docs:readme` after a build.
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const root = join(import.meta.dirname, '..')
/** @param {string} path */
const load = (path) => import(join(root, path))
const { regenerated, supportTable } = await load('test/dist/generated-docs.js')
const { behaviours } = await load('packages/driver-conformance/dist/index.js')
const { bubblewrap } = await load('packages/bubblewrap/dist/index.js')

const pages = [
  '.',
  'packages/bubblewrap',
  'packages/driver-conformance',
  'packages/egress-proxy',
].map((p) => `${p}/README.md`)
const table = supportTable(behaviours, [bubblewrap()])
/** @param {string} path */
const read = (path) => readFileSync(join(root, path), 'utf8')
for (const page of pages) {
  writeFileSync(join(root, page), regenerated(read(page), table, read))
}
