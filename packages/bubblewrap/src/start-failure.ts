import type { ProbeFinding } from '@caisson/core'

/** Why a sandbox did not start, as a finding. The cause of the `LAUNCH_FAILED` that callers see. */
export class StartFailure extends Error {
  readonly finding: ProbeFinding

  constructor(finding: ProbeFinding, cause: unknown) {
    super(finding.message, { cause })
    this.finding = finding
  }
}
