/**
 * What went wrong, as a stable word. Match on this, never on a message.
 *
 * | code | is |
 * |---|---|
 * | `POLICY_INVALID` | the policy does not parse, or contradicts itself |
 * | `POLICY_UNSUPPORTED` | this release or driver has no way to enforce a clause, so it refuses it |
 * | `DRIVER_UNAVAILABLE` | the driver cannot run on this machine; the findings say why |
 * | `LAUNCH_FAILED` | the sandbox could not be set up |
 * | `SANDBOX_ENDED` | the sandbox is gone: destroyed, killed, or its link was lost |
 * | `PROTOCOL` | the inside sent something out of order; the sandbox was ended |
 * | `SPAWN_FAILED` | the command could not be started; `errno` says why |
 * | `FILE` | a file operation failed inside; `errno` says why |
 * | `LIMIT` | a bound of the library was hit (size of a read, number of entries) |
 * | `TIMEOUT` | an operation that is not a command ran out of time |
 * | `ABORTED` | the caller's signal aborted the operation |
 * | `COMMIT_REFUSED` | a change could not be carried to the host safely |
 */
export type SandboxErrorCode =
  | 'POLICY_INVALID'
  | 'POLICY_UNSUPPORTED'
  | 'DRIVER_UNAVAILABLE'
  | 'LAUNCH_FAILED'
  | 'SANDBOX_ENDED'
  | 'PROTOCOL'
  | 'SPAWN_FAILED'
  | 'FILE'
  | 'LIMIT'
  | 'TIMEOUT'
  | 'ABORTED'
  | 'COMMIT_REFUSED'

/** What a {@link SandboxError} is made of. */
export interface SandboxErrorOptions {
  /** What the reader should do about it, in one sentence. */
  readonly hint?: string | undefined
  /** Whether the same call may succeed later. Default `false`. */
  readonly retryable?: boolean | undefined
  /** The driver that was at work, by name. */
  readonly driver?: string | undefined
  /** The symbolic errno of the operation, for `FILE` and `SPAWN_FAILED` (`ENOENT`, `EACCES` …). */
  readonly errno?: string | undefined
  /** The path that the operation was about, as the sandbox names it. */
  readonly path?: string | undefined
  /** The error underneath. */
  readonly cause?: unknown
}

const brand = Symbol.for('caisson.SandboxError')

/**
 * An operation of the library failed. A command that exits non-zero is not an error but a result,
 * and misuse of the API is a `TypeError`.
 */
export class SandboxError extends Error {
  readonly code: SandboxErrorCode
  readonly hint: string | undefined
  readonly retryable: boolean
  readonly driver: string | undefined
  readonly errno: string | undefined
  readonly path: string | undefined

  /** The hint is put at the end of the message, after a semicolon. */
  constructor(code: SandboxErrorCode, message: string, options: SandboxErrorOptions = {}) {
    super(options.hint === undefined ? message : `${message}; ${options.hint}`, {
      cause: options.cause,
    })
    this.name = code === 'ABORTED' ? 'AbortError' : 'SandboxError'
    this.code = code
    this.hint = options.hint
    this.retryable = options.retryable ?? false
    this.driver = options.driver
    this.errno = options.errno
    this.path = options.path
    Object.defineProperty(this, brand, { value: true })
  }

  /** Whether a value is a `SandboxError` of any copy of this library (a brand, not `instanceof`). */
  static is(value: unknown): value is SandboxError {
    return typeof value === 'object' && value !== null && brand in value
  }
}
