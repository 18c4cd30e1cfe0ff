import type { Isolation } from '../driver.ts'
import { deepFreeze } from './plain-value.ts'

/** What is run, and what it must not reach. Missing answers count as the more dangerous ones. */
export interface ThreatModel {
  /** Whether somebody other than the operator decides what runs: a model, a user, a package. Default `true`. */
  readonly untrustedCode?: boolean | undefined
  /** Whether somebody may try to break out on purpose, with time and skill. Default `true`. */
  readonly targeted?: boolean | undefined
  /** Whether sandboxes of customers who must not see one another share a machine. Default `true`. */
  readonly multiTenant?: boolean | undefined
  /** Whether the machine holds secrets or data whose loss would hurt. Default `true`. */
  readonly secretsOnHost?: boolean | undefined
  /** Whether a hole in the host's kernel may be a way out. Default `false`. */
  readonly sharedKernelAcceptable?: boolean | undefined
  /** Whether the machine lives for this one job and is thrown away with it. Default `false`. */
  readonly disposableHost?: boolean | undefined
}

/** A tier, and why. */
export interface Recommendation {
  readonly isolation: Isolation
  /** Sentences to put into a design document. */
  readonly reasons: readonly string[]
}

const strength: Readonly<Record<Isolation, number>> = { process: 0, kernel: 1, vm: 2 }

interface Argument {
  readonly isolation: Isolation
  readonly holds: boolean
  readonly reason: string
}

function weigh(model: Required<{ [Key in keyof ThreatModel]: boolean }>): readonly Argument[] {
  const { untrustedCode, targeted, multiTenant, secretsOnHost, disposableHost } = model
  return [
    {
      isolation: 'vm',
      holds: untrustedCode && multiTenant,
      reason:
        'Tenants who must not see one another share the machine, so one hole in a shared kernel would open all of them: give each a kernel of its own.',
    },
    {
      isolation: 'vm',
      holds: untrustedCode && targeted && secretsOnHost && !model.sharedKernelAcceptable,
      reason:
        'Somebody may attack on purpose, the host holds secrets, and a hole in its kernel may not be a way out: only a machine boundary answers that.',
    },
    {
      isolation: 'kernel',
      holds: untrustedCode && !model.sharedKernelAcceptable && !disposableHost,
      reason:
        'Untrusted code should not speak to the host kernel directly: a kernel in user space takes most of its system calls.',
    },
    {
      isolation: 'kernel',
      holds: untrustedCode && targeted && secretsOnHost,
      reason:
        'Somebody may attack on purpose and the host holds secrets, which the accepted shared kernel alone would guard.',
    },
    {
      isolation: 'process',
      holds: untrustedCode && model.sharedKernelAcceptable,
      reason:
        'A shared kernel was accepted: namespaces and filters keep honest mistakes and ordinary malice inside, at the lowest cost.',
    },
    {
      isolation: 'process',
      holds: untrustedCode && disposableHost,
      reason: 'The machine is thrown away with the job, which bounds what a way out could reach.',
    },
    {
      isolation: 'process',
      holds: !untrustedCode,
      reason: 'The code is trusted; the sandbox guards against mistakes, not against attackers.',
    },
  ]
}

/**
 * The weakest tier that a threat model allows, with every reason that led there, so that the choice is
 * an argument and not a habit. Pure; looks at nothing.
 */
export function recommendIsolation(model: ThreatModel): Recommendation {
  const known: readonly string[] = [
    'untrustedCode',
    'targeted',
    'multiTenant',
    'secretsOnHost',
    'sharedKernelAcceptable',
    'disposableHost',
  ]
  const stranger = Object.keys(model).find((key) => !known.includes(key))
  if (stranger !== undefined) throw new TypeError(`recommendIsolation: unknown key \`${stranger}\``)
  const holding = weigh({
    untrustedCode: model.untrustedCode ?? true,
    targeted: model.targeted ?? true,
    multiTenant: model.multiTenant ?? true,
    secretsOnHost: model.secretsOnHost ?? true,
    sharedKernelAcceptable: model.sharedKernelAcceptable ?? false,
    disposableHost: model.disposableHost ?? false,
  }).filter((argument) => argument.holds)
  const isolation = holding.reduce<Isolation>(
    (best, one) => (strength[one.isolation] > strength[best] ? one.isolation : best),
    'process',
  )
  const reasons = holding.filter((one) => one.isolation === isolation).map((one) => one.reason)
  return deepFreeze({ isolation, reasons })
}
