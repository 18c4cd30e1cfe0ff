import type { EgressAlarm, ExecResult, Sandbox } from '@caisson/core'
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

/**
 * The command was refused for the name that its request came in, and whoever watches was told.
 */
export function expectForeign(world: Watched, result: ExecResult, target: string): void {
  expectRefused(result, target)
  const denial = result.denials.find((one) => one.target === target)
  expect(denial?.message).to.match(/says in whose name the request comes/)
  expect(world.alarms.map(({ kind }) => kind)).to.include('foreign_credential')
}

/** Where alarms are kept. */
export interface Watched {
  readonly alarms: readonly EgressAlarm[]
}

/** A secret is nowhere inside where a program could find it, and in nothing that a program printed. */
export async function expectUnseen(
  sandbox: Sandbox,
  secret: string,
  results: readonly ExecResult[],
): Promise<void> {
  const { stdout } = await sandbox.exec(['sh', '-c', 'env; cat /proc/*/environ /proc/*/cmdline'])
  expect(stdout).to.include('PATH=').and.not.include(secret)
  for (const { output } of results) expect(output).to.not.include(secret)
}
