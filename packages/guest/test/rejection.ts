import { SandboxError } from '@caisson/core'

/** The error that a promise rejects with; a promise that resolves fails the test. */
export async function rejection(promise: Promise<unknown>): Promise<Error> {
  const settled = await promise.then(
    () => undefined,
    (error: unknown) => error,
  )
  if (settled instanceof Error) return settled
  throw new Error('the promise was to reject, and did not')
}

/** The `SandboxError` that a promise rejects with. */
export async function sandboxRejection(promise: Promise<unknown>): Promise<SandboxError> {
  const error = await rejection(promise)
  if (SandboxError.is(error)) return error
  throw new Error('not a SandboxError', { cause: error })
}

/** The `SandboxError` that a function throws. */
export function sandboxThrow(act: () => unknown): SandboxError {
  try {
    act()
  } catch (error) {
    if (SandboxError.is(error)) return error
    throw error
  }
  throw new Error('it was to throw, and did not')
}
