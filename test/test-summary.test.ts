import { expect } from 'chai'
import { spawnSync } from 'node:child_process'
import { root } from './repository.ts'

interface Summary {
  lines: string[]
  last: string
  isGood: boolean
}

/** Runs `summarize` as scripts/run-tests.mjs does; the scripts are not part of the compiled program. */
function summarize(reports: unknown[]): Summary {
  const program = `
    import { summarize } from './scripts/tests/summary.mjs'
    const { lines, isGood } = summarize(${JSON.stringify(reports)})
    console.log(JSON.stringify({ lines, last: lines.at(-1), isGood }))`
  const options = { cwd: root, encoding: 'utf8' as const }
  const { stdout } = spawnSync(process.execPath, ['--input-type=module', '-e', program], options)
  return JSON.parse(stdout) as Summary
}

const good = { passed: 2, failed: 0, skipped: [], failures: [], broken: null }

describe('the count of a test run', () => {
  it('adds the runs up', () => {
    expect(summarize([good, good])).to.deep.include({
      last: '4 passed, 0 failed, 0 skipped',
      isGood: true,
    })
  })

  it('counts a skip that says why, and is good', () => {
    const report = { ...good, skipped: ['a b (skipped: no cgroup here)'] }
    expect(summarize([report])).to.deep.include({
      last: '2 passed, 0 failed, 1 skipped',
      isGood: true,
    })
  })

  it('tells each failure again, right before the count', () => {
    const report = { ...good, failed: 1, failures: ['a b\nError: why'] }
    expect(summarize([report, good]).lines.slice(-2)).to.deep.equal([
      'failed: a b\nError: why',
      '4 passed, 1 failed, 0 skipped',
    ])
  })

  const bad: [string, object][] = [
    ['a failure', { ...good, failed: 1 }],
    ['a skip without a reason', { ...good, skipped: ['a b'] }],
    ['a run that broke off', { ...good, broken: 'mocha exited with 7' }],
    ['a run without tests', { ...good, passed: 0 }],
  ]
  for (const [title, report] of bad) {
    it(`is bad when there is ${title}`, () => {
      const { last, isGood } = summarize([good, report])
      expect(isGood).to.equal(false)
      expect(last).to.match(/passed, 1 failed, 0 skipped$/)
    })
  }
})
