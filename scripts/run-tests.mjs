#!/usr/bin/env node
// Runs every compiled test with mocha; as root also the driver's suites a second time as an ordinary
// user. The last line is `N passed, N failed, N skipped`, counted from the runs. Fails on a failure, on
// a run without tests, and on a skip whose title does not say why.
//
//   node scripts/run-tests.mjs [mocha options, such as --grep overlay]
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { compiledTests } from './tests/compiled.mjs'
import { summarize } from './tests/summary.mjs'
import { unprivileged } from './tests/unprivileged.mjs'

const root = join(import.meta.dirname, '..')
/** How long a run may take to exit after its last test. */
const stragglerMs = 15_000
/** What is run again without root's rights: whatever starts a sandbox. */
const sandboxSuites = /^(packages\/bubblewrap\/|test\/dist\/(examples\.|exclusion\.|clients\/))/

/**
 * One run of mocha.
 *
 * @typedef {object} Run
 * @property {string} label
 * @property {string[]} command what starts Node
 * @property {string} root
 * @property {string[]} files relative to root
 * @property {Record<string, string>} environment
 * @property {string} output where the reporter writes its counts
 */

/** @param {Run} run */
function start(run) {
  const [program = '', ...prefix] = run.command
  const mocha = ['node_modules/mocha/bin/mocha.js', '--forbid-only', '--exit']
  const reporter = ['--reporter', join(run.root, 'scripts/tests/reporter.cjs')]
  const option = ['--reporter-option', `output=${run.output}`]
  const args = [...prefix, ...mocha, ...reporter, ...option, ...process.argv.slice(2), ...run.files]
  const required = process.platform === 'linux' ? { CAISSON_REQUIRE: 'bubblewrap' } : {}
  const env = { ...required, ...process.env, ...run.environment }
  // A process group of its own, so that all of it can be ended: mocha starts a second Node.
  const stdio = /** @type {import('node:child_process').StdioOptions} */ ([
    'ignore',
    'inherit',
    'inherit',
  ])
  const child = spawn(program, args, { cwd: run.root, env, stdio, detached: true })
  return ending(child, run.output)
}

/**
 * Waits for a run, and ends one that told its result long ago and does not exit: something of it hangs (a
 * blocked thread, say), which is a failure.
 *
 * @param {import('node:child_process').ChildProcess} child
 * @param {string} output
 * @returns {Promise<number | null>} exit code; null when a signal ended it
 */
async function ending(child, output) {
  const end = () => child.pid !== undefined && process.kill(-child.pid, 'SIGKILL')
  const interrupt = () => {
    end()
    process.exit(130)
  }
  const guard = setInterval(() => {
    const written = statSync(output, { throwIfNoEntry: false })?.mtimeMs ?? Infinity
    if (Date.now() - written > stragglerMs) end()
  }, 1000)
  process.once('SIGINT', interrupt).once('SIGTERM', interrupt)
  try {
    const [code] = await once(child, 'close')
    return code
  } finally {
    clearInterval(guard)
    process.off('SIGINT', interrupt).off('SIGTERM', interrupt)
  }
}

/**
 * @param {string} broken why
 * @returns {import('./tests/summary.mjs').Report}
 */
const nothing = (broken) => ({ passed: 0, failed: 0, skipped: [], failures: [], broken })

/**
 * @param {Run} run
 * @returns {Promise<import('./tests/summary.mjs').Report>}
 */
async function perform(run) {
  console.log(`\n== ${run.label} (${run.files.length} files)`)
  if (run.files.length === 0) return nothing('no test files')
  const code = await start(run)
  try {
    const report = JSON.parse(readFileSync(run.output, 'utf8'))
    // mocha exits with the number of failures; null is a signal, ours when it did not exit by itself.
    const isClean = code === 0 || (code !== null && report.failed > 0)
    return { ...report, broken: isClean ? null : `mocha ended with ${code ?? 'a signal'}` }
  } catch {
    // No report was written: the run did not reach its end.
    return nothing(`mocha exited with ${code}`)
  }
}

/** @param {string[]} files */
async function performAsUser(files) {
  const user = unprivileged(root)
  const { command, environment, own } = user
  const run = { label: 'as uid 1000', command, root: user.root, files, environment }
  try {
    return await perform({ ...run, output: join(own, 'report.json') })
  } finally {
    user.remove()
  }
}

async function main() {
  const files = compiledTests(root)
  const folder = mkdtempSync(join(tmpdir(), 'caisson-tests-'))
  const output = join(folder, 'report.json')
  const environment = {}
  const run = { label: 'all tests', command: [process.execPath], root, files, environment, output }
  const reports = [await perform(run)]
  rmSync(folder, { recursive: true, force: true })
  if (process.getuid?.() === 0 && process.platform === 'linux') {
    reports.push(await performAsUser(files.filter((file) => sandboxSuites.test(file))))
  }
  const { lines, counts, isGood } = summarize(reports, process.argv.length > 2)
  const summaryFile = process.env['CAISSON_TEST_SUMMARY']
  const failures = reports.flatMap((report) => report.failures)
  const summary = { ...counts, failures }
  if (summaryFile !== undefined) writeFileSync(summaryFile, JSON.stringify(summary))
  console.log(lines.join('\n'))
  process.exitCode = isGood ? 0 : 1
}

await main()
