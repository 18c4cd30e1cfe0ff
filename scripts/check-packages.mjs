#!/usr/bin/env node
// Packs every package as npm would publish it and looks at the tarballs: publint, attw, and a program
// that has them installed, compiled by the TypeScript that users have and then run.
import { execFileSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const root = join(import.meta.dirname, '..')
const modules = join(root, 'node_modules')
const wantedFiles = ['README.md', 'LICENSE', 'dist/index.js', 'dist/index.d.ts', 'src/index.ts']

/**
 * @param {string[]} command
 * @param {string} cwd
 */
function run(command, cwd) {
  const [program = '', ...args] = command
  return execFileSync(program, args, {
    cwd,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  })
}

/**
 * @param {string} name
 * @param {string} into
 */
function pack(name, into) {
  const folder = join(root, 'packages', name)
  const printed = run(['npm', 'pack', '--silent', '--json', '--pack-destination', into], folder)
  const report = JSON.parse(printed)
  // npm prints a list, and newer ones an object keyed by package name.
  const [packed] = Array.isArray(report) ? report : Object.values(report)
  /** @type {string[]} */
  const files = packed.files.map((/** @type {{ path: string }} */ file) => file.path)
  const init = `bin/linux-${process.arch}/caisson-init`
  const wanted = name === 'guest' ? [...wantedFiles, init] : wantedFiles
  const missing = wanted.filter((file) => !files.includes(file))
  const stray = files.filter((file) => /tsbuildinfo|\.test\.|^test\//.test(file))
  if (stray.length > 0) throw new Error(`${name}: the tarball should not have ${stray.join(', ')}`)
  if (missing.length > 0) throw new Error(`${name}: the tarball lacks ${missing.join(', ')}`)
  return join(into, packed.filename)
}

/** @param {string} tarball */
function lintTarball(tarball) {
  const bin = (/** @type {string} */ program) => join(modules, '.bin', program)
  run([bin('publint'), '--strict', tarball], root)
  run([bin('attw'), '--profile', 'esm-only', '--no-emoji', tarball], root)
}

/**
 * A project with our tarballs unpacked as npm would, and everything else linked from this checkout, so
 * that nothing is fetched.
 *
 * @param {string} folder
 * @param {Map<string, string>} tarballs
 */
function consumer(folder, tarballs) {
  const own = join(folder, 'node_modules')
  mkdirSync(join(own, '@caisson'), { recursive: true })
  for (const entry of readdirSync(modules)) {
    if (entry.startsWith('.') || entry.startsWith('caisson') || entry === '@caisson') continue
    symlinkSync(join(modules, entry), join(own, entry))
  }
  for (const [name, tarball] of tarballs) {
    const place = join(own, '@caisson', name)
    mkdirSync(place)
    run(['tar', '-xzf', tarball, '-C', place, '--strip-components=1'], folder)
  }
  cpSync(join(root, 'scripts', 'consumer'), folder, { recursive: true })
}

/** @param {string} folder */
function compileAndRun(folder) {
  run([process.execPath, join(modules, 'typescript', 'bin', 'tsc'), '-p', '.'], folder)
  run([process.execPath, 'dist/consumer.js'], folder)
  const required =
    "require('@caisson/core').SandboxError; require('@caisson/bubblewrap').bubblewrap()"
  run([process.execPath, '-e', required], folder)
}

const folder = mkdtempSync(join(tmpdir(), 'caisson-packages-'))
try {
  const names = readdirSync(join(root, 'packages'))
  const tarballs = new Map(names.map((name) => [name, pack(name, folder)]))
  for (const tarball of tarballs.values()) lintTarball(tarball)
  const project = join(folder, 'project')
  mkdirSync(project)
  consumer(project, tarballs)
  compileAndRun(project)
  console.log(`packages: ${names.join(', ')} pack, lint, compile and load`)
} finally {
  rmSync(folder, { recursive: true, force: true })
}
