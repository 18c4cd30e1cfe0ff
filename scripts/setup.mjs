#!/usr/bin/env node
// Brings a fresh Debian or Ubuntu machine that has only Node and npm to where `npm test` can run.
// Says what it lacks and why before it installs anything; does nothing, quickly, when nothing lacks.
// Uses nothing but Node itself: it runs before npm has installed anything.
//
//   node scripts/setup.mjs [--ci] [--bench] [--check]
//
// --ci and --bench add what those need; --check only reports, and exits 1 when something is missing.
import { execFileSync, spawnSync } from 'node:child_process'
import { accessSync, constants, existsSync, readFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { always, forBench, forCi } from './setup/needs.mjs'
import { firstDifference } from './setup/lock.mjs'

const root = join(import.meta.dirname, '..')
const flags = new Set(process.argv.slice(2))

/** @param {string} program */
function isOnPath(program) {
  return (process.env['PATH'] ?? '').split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, program), constants.X_OK)
      return true
    } catch {
      return false // not there, or not executable: the next folder
    }
  })
}

/** @param {string} file */
function clangHas(file) {
  if (!isOnPath('clang')) return false
  const path = execFileSync('clang', [`--print-file-name=${file}`], { encoding: 'utf8' }).trim()
  return path !== file && existsSync(path)
}

/** @param {import('./setup/needs.mjs').Need} need */
function isMet(need) {
  if (need.programs !== undefined) return need.programs.every(isOnPath)
  if (need.files !== undefined) return need.files.some((file) => existsSync(file))
  return (need.clangFiles ?? []).some(clangHas)
}

function missingDebianPackages() {
  const needs = [
    ...always,
    ...(flags.has('--ci') ? forCi : []),
    ...(flags.has('--bench') ? forBench : []),
  ]
  return needs.filter((need) => !isMet(need))
}

/** @param {string} path */
function parseFile(path) {
  return JSON.parse(readFileSync(path, 'utf8'))
}

/** @returns {string | null} why `npm ci` is due */
function npmReason() {
  const installed = join(root, 'node_modules', '.package-lock.json')
  if (!existsSync(installed)) return 'node_modules is not there'
  return firstDifference(parseFile(join(root, 'package-lock.json')), parseFile(installed))
}

/** How to become root: `[]`, a prefix, or null when there is no way. */
function rootPrefix() {
  if (process.getuid?.() === 0) return []
  if (!isOnPath('sudo')) return null
  if (spawnSync('sudo', ['-n', 'true'], { stdio: 'ignore' }).status === 0) return ['sudo', '-n']
  return process.stdin.isTTY ? ['sudo'] : null
}

/** @param {readonly string[]} command */
function run(command) {
  const [program = '', ...args] = command
  console.log(`setup: $ ${command.join(' ')}`)
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  const { status, error } = spawnSync(program, args, { cwd: root, stdio: 'inherit', env })
  if (status !== 0) fail(`${program} failed: ${error?.message ?? `exit code ${status}`}`)
}

/** @param {string} message */
function fail(message) {
  console.error(`setup: ${message}`)
  process.exit(1)
}

/** @param {readonly import('./setup/needs.mjs').Need[]} needs */
function installDebianPackages(needs) {
  const names = needs.map((need) => need.debian)
  const byHand = `apt-get update && apt-get install -y --no-install-recommends ${names.join(' ')}`
  if (!isOnPath('apt-get')) fail(`no apt-get here; install what provides: ${names.join(', ')}`)
  const prefix = rootPrefix()
  if (prefix === null) return fail(`installing needs root; run: sudo sh -c '${byHand}'`)
  run([...prefix, 'apt-get', '-q', 'update'])
  run([...prefix, 'apt-get', '-qy', 'install', '--no-install-recommends', ...names])
  const left = needs.filter((need) => !isMet(need))
  if (left.length > 0)
    fail(`still missing after installing: ${left.map((need) => need.debian).join(', ')}`)
}

function installNpmPackages() {
  run(['npm', 'ci', '--no-audit', '--no-fund'])
  const left = npmReason()
  if (left !== null) fail(`npm did not install what package-lock.json says: ${left}`)
}

function refuseOldNode() {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
  if (major > 20 || (major === 20 && minor >= 19)) return
  fail(`Node ${process.version} is too old; 20.19 or later is needed`)
}

function main() {
  refuseOldNode()
  const needs = process.platform === 'linux' ? missingDebianPackages() : []
  const npm = npmReason()
  for (const need of needs) console.log(`setup: missing ${need.debian}: ${need.why}`)
  if (npm !== null) console.log(`setup: npm packages are not as package-lock.json says: ${npm}`)
  if (flags.has('--check')) process.exit(needs.length > 0 || npm !== null ? 1 : 0)
  if (needs.length > 0) installDebianPackages(needs)
  if (npm !== null) installNpmPackages()
}

main()
