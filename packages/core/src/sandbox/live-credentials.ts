import type { Policy } from '../policy/types.ts'
import type { SandboxContext } from './context.ts'
import type { SandboxCredentials } from './credentials.ts'
import type { WayOut } from './way-out.ts'

/** Most letters of an unknown id that an error repeats. */
const maxToldLetters = 64

/** What a caller without types passed may be anything. */
function named(id: unknown): string {
  return JSON.stringify(String(id).slice(0, maxToldLetters))
}

/** What the credentials of a sandbox are made from. */
export interface CredentialsStart {
  readonly wayOut: WayOut | null
  /** The policy that counts now. */
  policy(): Policy
}

/** The credentials of a sandbox that runs; the way out keeps them. */
export class LiveCredentials implements SandboxCredentials {
  readonly #context: SandboxContext
  readonly #start: CredentialsStart

  constructor(context: SandboxContext, start: CredentialsStart) {
    this.#context = context
    this.#start = start
  }

  rotate(id: string): Promise<void> {
    return this.#during(id, (wayOut) => wayOut.rotate(id))
  }

  revoke(id: string): Promise<void> {
    return this.#during(id, (wayOut) => wayOut.revoke(id))
  }

  async #during(id: string, turn: (wayOut: WayOut) => Promise<void>): Promise<void> {
    await this.#context.lifeline.during(async () => {
      const known = this.#start.policy().credentials ?? {}
      const { wayOut } = this.#start
      if (wayOut === null || !Object.hasOwn(known, id))
        throw new TypeError(`there is no credential ${named(id)} in the policy of this sandbox`)
      await turn(wayOut)
    })
  }
}
