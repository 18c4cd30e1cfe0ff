/**
 * What one run of mocha came to.
 *
 * @typedef {object} Report
 * @property {number} passed
 * @property {number} failed
 * @property {string[]} skipped full titles
 * @property {string[]} failures full titles, each with its error on the lines below
 * @property {string | null} broken why the run did not come to its end
 */

// A test that cannot run here says so in its title: `stops a fork bomb (skipped: no cgroup here)`.
const explained = /\(skipped: .+\)/

/**
 * @param {readonly Report[]} reports
 * @param {boolean} isPartial whether the caller asked for some tests only; then a run may have none
 */
export function summarize(reports, isPartial = false) {
  const broken = reports.flatMap((report) => report.broken ?? [])
  const skipped = reports.flatMap((report) => report.skipped)
  const unexplained = skipped.filter((title) => !explained.test(title))
  const isEmpty = (/** @type {Report} */ report) => report.passed + report.failed === 0
  const empty = reports.filter((report) => isEmpty(report) && !report.broken && !isPartial)
  const passed = reports.reduce((sum, report) => sum + report.passed, 0)
  const failed = reports.reduce((sum, report) => sum + report.failed, 0) + broken.length
  const total = failed + unexplained.length + empty.length
  return {
    lines: [
      '',
      ...skipped.map((title) => `skipped: ${title}`),
      // Last, since whoever reads the end of a long log looks for these.
      ...reports.flatMap((report) => report.failures.map((failure) => `failed: ${failure}`)),
      ...broken.map((why) => `broken run: ${why}`),
      ...unexplained.map((title) => `failed: skipped without a reason in its title: ${title}`),
      ...empty.map(() => 'failed: a run without tests'),
      `${passed} passed, ${total} failed, ${skipped.length - unexplained.length} skipped`,
    ],
    counts: { passed, failed: total, skipped: skipped.length - unexplained.length },
    isGood: total === 0 && passed > 0,
  }
}
