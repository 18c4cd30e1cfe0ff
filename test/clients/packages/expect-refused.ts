import type { ExecResult } from '@caisson/core'
import { expect } from 'chai'

/** The command was told no by the proxy, and its caller learns of what, and what could be done. */
export function expectRefused(result: ExecResult, target: string): void {
  expect(result.exitCode, result.output).to.not.equal(0)
  const denial = result.denials.find((one) => one.target === target)
  expect(denial, JSON.stringify(result.denials)).to.include({ source: 'proxy' })
  expect(denial?.remedy).to.not.equal('')
  expect(denial?.message).to.include(target)
}

/** The command did what it was for, and nothing was refused. */
export function expectDone(result: ExecResult): void {
  expect(result.exitCode, result.output).to.equal(0)
  expect(result.denials).to.deep.equal([])
}
