import type { Denial } from '../denial.ts'
import type { PlannedNetwork } from '../plan/types.ts'

/** How programs say that a name could not be resolved, or an address not be reached. */
const patterns: readonly { readonly kind: 'net.resolve' | 'net.connect'; readonly text: RegExp }[] =
  [
    { kind: 'net.resolve', text: /could not resolve (?:host|hostname|proxy):? ["'‘]?([\w.-]+)/i },
    { kind: 'net.resolve', text: /getaddrinfo (?:ENOTFOUND|EAI_AGAIN) ([\w.-]+)/ },
    { kind: 'net.resolve', text: /unable to resolve host address ["'‘]?([\w.-]+)/i },
    { kind: 'net.resolve', text: /dial tcp: lookup ([\w.-]+)/ },
    { kind: 'net.connect', text: /connect ENETUNREACH ([\w.:-]+)/ },
    {
      kind: 'net.connect',
      text: /connect to (?:host )?([\w.-]+)(?: port \d+)?: network is unreachable/i,
    },
  ]

/** Longest name of a host: RFC 1035, section 2.3.4. */
const longestHost = 255

/** Loopback works inside: a failure to reach it is the command's own. */
const loopback = /^(?:localhost|127\.|::1)/

interface Words {
  readonly remedy: string
  readonly message: string
}

function withoutWayOut(target: string): Words {
  return {
    remedy: 'allow this host in network.allow, or work with what is in the sandbox',
    message: `The sandbox has no network, so ${target} cannot be reached; do not retry.`,
  }
}

/** With a way out, whoever finds no route went past it. */
function pastTheWayOut(target: string): Words {
  const remedy = 'connect by the name of a host that the policy allows, through HTTPS_PROXY'
  return {
    remedy,
    message: `The sandbox is left through its proxy only, and the program tried to reach ${target} past it; do not retry: ${remedy}.`,
  }
}

/**
 * Whether the plan explains such a report. With a resolver inside, a name that did not resolve was either
 * refused by it, which it told itself, or does not exist.
 */
function explains(network: PlannedNetwork, kind: 'net.resolve' | 'net.connect'): boolean {
  if (network.kind === 'none' || kind === 'net.connect') return true
  return network.doors.every((door) => door.kind !== 'resolver')
}

/** Reads one line as the report of a connection that the network of a plan made impossible. */
export function readNetworkReport(line: string, network: PlannedNetwork): Denial | undefined {
  for (const { kind, text } of patterns) {
    const target = text.exec(line)?.[1]
    if (target === undefined || target.length > longestHost || loopback.test(target)) continue
    if (!explains(network, kind)) return undefined
    const words = network.kind === 'none' ? withoutWayOut(target) : pastTheWayOut(target)
    return { kind, target, rule: 'network.allow', source: 'inferred', ...words }
  }
  return undefined
}
