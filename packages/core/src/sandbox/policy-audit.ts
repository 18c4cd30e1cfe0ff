import type { EgressGateway, FindingSeverity, PolicyFinding } from '../egress.ts'
import { SandboxError } from '../errors.ts'
import { deepFreeze } from '../policy/plain-value.ts'
import type { Policy } from '../policy/types.ts'
import { withoutSecrets } from '../policy/without-secrets.ts'

/** What becomes of findings about a policy. */
export type AuditMode = 'warn' | 'strict' | 'off'

const modes: readonly AuditMode[] = ['warn', 'strict', 'off']

/** What is told without being asked, and what `strict` refuses. */
const grave: readonly FindingSeverity[] = ['critical', 'high']

/** Findings that one error tells; the rest is counted. */
const maxTold = 5

/** What somebody who looked has to say. */
export interface Audited {
  readonly findings: readonly PolicyFinding[]
  /** Why nobody could look; `null` when somebody did. */
  readonly failure: string | null
}

const nothing: Audited = { findings: Object.freeze([]), failure: null }

/** @throws TypeError for what is no mode. */
export function checkAuditMode(mode: AuditMode = 'warn'): AuditMode {
  if (modes.includes(mode)) return mode
  throw new TypeError(`createSandbox: \`audit\` must be one of ${modes.join(', ')}`)
}

/** One finding in one line: how bad, where, what, and what to do. */
function line({ severity, clause, title, remedy }: PolicyFinding): string {
  return `${severity}: ${clause}: ${title.replace(/\.$/, '')}; ${remedy}`.replaceAll('\n', ' ')
}

function key({ id, severity, clause, title }: PolicyFinding): string {
  return JSON.stringify([id, severity, clause, title])
}

function refusal(found: readonly PolicyFinding[]): SandboxError {
  const told = found.slice(0, maxTold).map(line).join('\n')
  const rest = found.length > maxTold ? `\nand ${found.length - maxTold} more` : ''
  return new SandboxError('POLICY_INVALID', `data could leave by this policy:\n${told}${rest}`, {
    hint: "change the policy as it says, or pass `audit: 'warn'` to accept what was found",
  })
}

/** Has policies of one sandbox looked at before they count, and remembers what was found. */
export class PolicyAudit {
  readonly #gateway: EgressGateway | null
  readonly #mode: AuditMode
  #current: Audited = nothing

  constructor(gateway: EgressGateway | null, mode: AuditMode) {
    this.#gateway = gateway
    this.#mode = mode
  }

  /** What was found about the policy that counts; worst first. */
  get findings(): readonly PolicyFinding[] {
    return this.#current.findings
  }

  /**
   * Looks at a policy that is to count.
   *
   * @throws SandboxError `POLICY_INVALID` where it must be faultless and is not, or could not be looked at.
   * @throws TypeError where it must be faultless and the gateway looks at none.
   */
  judge(policy: Policy): Audited {
    if (this.#mode === 'off') return nothing
    if (this.#mode === 'warn' && this.#gateway?.audit === undefined) return nothing
    const audited = this.#look(policy)
    if (this.#mode !== 'strict') return audited
    if (audited.failure !== null)
      throw new SandboxError('POLICY_INVALID', audited.failure, {
        hint: "nothing was started; pass `audit: 'warn'` to go on without",
      })
    const found = audited.findings.filter(({ severity }) => grave.includes(severity))
    if (found.length > 0) throw refusal(found)
    return audited
  }

  /** From now on the policy counts. Returns what is worth telling and was not told of the one before. */
  accept(audited: Audited): readonly string[] {
    const known = new Set(this.#current.findings.map(key))
    this.#current = audited
    const found = audited.findings.filter(
      (one) => grave.includes(one.severity) && !known.has(key(one)),
    )
    const lines = found.map((one) => `policy audit: ${line(one)}`)
    return audited.failure === null ? lines : [audited.failure]
  }

  /** Whoever looks needs no secret for it, and what he throws may hold anything: it is not repeated. */
  #look(policy: Policy): Audited {
    const gateway = this.#gateway
    if (gateway?.audit === undefined)
      throw new TypeError(
        "createSandbox: `audit: 'strict'` needs a gateway that audits, such as egressGateway() of @caisson/egress-proxy",
      )
    try {
      const found = gateway.audit(withoutSecrets(policy))
      return { findings: deepFreeze(found.map((one) => ({ ...one }))), failure: null }
    } catch {
      return { findings: nothing.findings, failure: 'the policy could not be audited' }
    }
  }
}
