// mocha's spec reporter, which also writes what happened to a file: the counts come from the run itself.
// CommonJS, because mocha loads reporters with require.
const { writeFileSync } = require('node:fs')
const Mocha = require('mocha')

const { EVENT_RUN_END, EVENT_TEST_FAIL, EVENT_TEST_PASS, EVENT_TEST_PENDING } =
  Mocha.Runner.constants

module.exports = class extends Mocha.reporters.Spec {
  /**
   * @param {Mocha.Runner} runner
   * @param {Mocha.MochaOptions} options
   */
  constructor(runner, options) {
    super(runner, options)
    const output = options.reporterOptions?.output
    if (typeof output !== 'string') throw new TypeError('reporter option "output" is missing')
    /** @type {{ passed: number, failed: number, skipped: string[], failures: string[] }} */
    const report = { passed: 0, failed: 0, skipped: [], failures: [] }
    runner.on(EVENT_TEST_PASS, () => (report.passed += 1))
    // Hooks that fail are told as failures too.
    runner.on(EVENT_TEST_FAIL, (test, error) => {
      report.failed += 1
      report.failures.push(`${test.fullTitle()}\n${error.stack ?? error}`)
    })
    runner.on(EVENT_TEST_PENDING, (test) => report.skipped.push(test.fullTitle()))
    runner.once(EVENT_RUN_END, () => writeFileSync(output, JSON.stringify(report)))
  }
}
