#!/usr/bin/env node
// Sets the machine up, builds, and runs one example: `npm run example -- files-api`.
import { spawnSync } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'

const root = join(import.meta.dirname, '..')
const names = readdirSync(join(root, 'examples'))
  .filter((file) => file.endsWith('.ts'))
  .map((file) => file.replace(/\.ts$/, ''))
const [name = ''] = process.argv.slice(2)

/**
 * @param {string} command
 * @param {string[]} args
 */
function run(command, args) {
  const { status } = spawnSync(command, args, { cwd: root, stdio: 'inherit' })
  if (status !== 0) process.exit(status ?? 1)
}

if (!names.includes(name)) {
  console.error(`name an example: npm run example -- <${names.join('|')}>`)
  process.exit(2)
}
run(process.execPath, ['scripts/setup.mjs'])
run('npm', ['run', '-s', 'build'])
run(process.execPath, [join('examples', 'dist', `${name}.js`)])
