import { canonicalHost, hostPatternFault, isAddressRange } from './host-pattern.ts'
import type { NotCarriedOver } from './srt-notes.ts'
import type { AllowRule, DenyRule, NetworkPolicy } from './types.ts'

/** The lists of the other runtime that have an equal here. */
export interface SrtNetwork {
  readonly allowedDomains: readonly string[]
  readonly deniedDomains: readonly string[]
  readonly deniedDomainReasons: Readonly<Record<string, string>>
  readonly deniedResolvedAddresses: readonly string[]
}

/** What became of them. */
export interface CarriedNetwork {
  readonly network: NetworkPolicy
  readonly notCarriedOver: readonly NotCarriedOver[]
}

interface Pattern {
  readonly given: string
  readonly host: string
  readonly port: number | undefined
}

function splitPort(given: string): Pattern {
  const found = /^(.*?):([0-9]{1,5})$/.exec(given)
  const host = canonicalHost((found?.[1] ?? given).toLowerCase())
  return { given, host, port: found?.[2] === undefined ? undefined : Number(found[2]) }
}

/** Ports that no rule opens: SSH, mail and names. */
const neverCarried: readonly number[] = [22, 25, 53, 853]

function isAllowable(pattern: Pattern): boolean {
  return isUsable(pattern) && !(pattern.port !== undefined && neverCarried.includes(pattern.port))
}

function isUsable({ host, port }: Pattern): boolean {
  const isPort = port === undefined || (port >= 1 && port <= 65_535)
  // One label is a name of the host's own network, such as `localhost`.
  return isPort && host.includes('.') && hostPatternFault(host) === undefined
}

function leave(setting: string, given: string): NotCarriedOver {
  return {
    path: `network.${setting}`,
    value: given,
    why: 'rules name public hosts; addresses, single labels, bare `*`, and ports of SSH, mail and DNS have no equal',
    instead: 'name hosts, and address ranges in network.addresses',
  }
}

const narrower = (value: readonly string[]): NotCarriedOver => ({
  path: 'network.allowedDomains',
  value,
  why: 'a domain there allows every port, operation and identity; here reading over HTTPS on port 443, without credentials',
  instead: 'write `ports`, `methods`, `paths` and `identity` into the rules that need them',
})

/**
 * Carries hosts over. Each rule allows less than its origin did. A pattern of `deniedDomains` that
 * cannot be written here takes every allowed host with it, as it may have denied any of them.
 */
export function carryNetwork(from: SrtNetwork): CarriedNetwork {
  const allowed = from.allowedDomains.map(splitPort)
  const denied = from.deniedDomains.map(splitPort)
  const unclear = denied.filter((one) => !isUsable(one))
  const ranges = from.deniedResolvedAddresses.map((one) => {
    if (one.includes('/')) return one
    return `${one}/${one.includes(':') ? 128 : 32}`
  })
  const badRanges = ranges.filter((range) => !isAddressRange(range))
  const isClear = unclear.length === 0 && badRanges.length === 0
  const allow = allowed
    .filter(isAllowable)
    .map(({ host, port }): string | AllowRule =>
      port === undefined ? host : { host, ports: [port] },
    )
  const deny = denied.filter(isUsable).map(({ given, host, port }): DenyRule => {
    const reason = from.deniedDomainReasons[given]
    return {
      host,
      ...(port === undefined ? {} : { ports: [port] }),
      ...(reason === undefined || reason === '' ? {} : { reason: reason.slice(0, 1024) }),
    }
  })
  return {
    network: {
      allow: isClear ? allow : [],
      deny,
      addresses: { deny: ranges.filter(isAddressRange) },
    },
    notCarriedOver: [
      ...(allow.length > 0 ? [narrower(from.allowedDomains)] : []),
      ...allowed
        .filter((one) => !isAllowable(one))
        .map((one) => leave('allowedDomains', one.given)),
      ...unclear.map((one) => leave('deniedDomains', one.given)),
      ...badRanges.map((one) => leave('deniedResolvedAddresses', one)),
    ],
  }
}
