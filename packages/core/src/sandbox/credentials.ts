/** The credentials of a sandbox, while it runs. No secret can be read by it. */
export interface SandboxCredentials {
  /**
   * Has a credential fetched anew before it is used again, as after its secret was changed. What it was
   * stays hidden in answers.
   *
   * @param id - its name in `policy.credentials`
   * @throws TypeError for a credential that the policy does not have.
   * @throws SandboxError `POLICY_UNSUPPORTED` when the way out has failed; `SANDBOX_ENDED`.
   */
  rotate(id: string): Promise<void>
  /**
   * Takes a credential away for good: requests that need it are refused, and a lease is given back where its
   * source knows how. No update of the policy brings it back.
   *
   * @param id - its name in `policy.credentials`
   * @throws TypeError for a credential that the policy does not have.
   * @throws SandboxError `POLICY_UNSUPPORTED` when the way out has failed; `SANDBOX_ENDED`.
   */
  revoke(id: string): Promise<void>
}
