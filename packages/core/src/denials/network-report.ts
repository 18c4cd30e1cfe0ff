import type { Denial } from '../denial.ts'

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

/** Reads one line as the report of a refused connection, where the policy allows none. */
export function readNetworkReport(line: string): Denial | undefined {
  for (const { kind, text } of patterns) {
    const target = text.exec(line)?.[1]
    if (target === undefined || target.length > longestHost || loopback.test(target)) continue
    return {
      kind,
      target,
      rule: 'network.allow',
      source: 'inferred',
      remedy:
        'use a policy and a release that allow this host, or work with what is in the sandbox',
      message: `The sandbox has no network, so ${target} cannot be reached; do not retry.`,
    }
  }
  return undefined
}
