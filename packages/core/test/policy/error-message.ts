import { SandboxError } from '@caisson/core'
import { expect } from 'chai'

/** The message of the SandboxError that a call throws, with its code in front. */
export function refusal(call: () => unknown): string {
  try {
    call()
  } catch (error) {
    expect(SandboxError.is(error), `not a SandboxError: ${String(error)}`).to.equal(true)
    return error instanceof SandboxError ? `${error.code} ${error.message}` : ''
  }
  throw new Error('nothing was refused')
}
