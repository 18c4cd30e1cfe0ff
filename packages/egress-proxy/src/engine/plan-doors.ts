import type { EgressDoor } from '@caisson/core'

/** A host pattern of the policy, with the ports that rules name for it. */
export interface NamedHost {
  readonly pattern: string
  readonly wildcard: boolean
  readonly ports: readonly number[]
}

/** What doors are planned from. */
export interface DoorPlan {
  readonly hosts: readonly NamedHost[]
  readonly transparent: boolean
  /** The address inside that stands for a name; `null` when there are no more. */
  readonly addressOf: (name: string) => string | null
}

/** Where proxy variables point to. */
const proxyPort = 3128

/** Below it only what holds a capability may listen, and nothing of the sandbox does (ip(7)). */
const firstOpenPort = 1024
/** What a driver opens at most; names and ports beyond it are reached through the proxy alone. */
const mostDoors = 64

/**
 * What is listened on inside. Ports that programs inside cannot bind are taken on every address, so that
 * names that come to light later are served, too. Of other ports only the addresses of the names are
 * taken: a server that is developed inside may need the port itself.
 */
export function planDoors(plan: DoorPlan): readonly EgressDoor[] {
  const proxy: EgressDoor = {
    kind: 'proxy',
    protocol: 'tcp',
    address: '127.0.0.1',
    port: proxyPort,
  }
  if (!plan.transparent) return [proxy]
  const resolver = { kind: 'resolver', address: '127.0.0.1', port: 53 } as const
  const doors: readonly EgressDoor[] = [
    proxy,
    { ...resolver, protocol: 'udp' },
    { ...resolver, protocol: 'tcp' },
    ...lowPorts(plan.hosts).map((port) => transparent('0.0.0.0', port)),
    ...singleDoors(plan),
  ]
  return doors.slice(0, mostDoors)
}

function transparent(address: string, port: number): EgressDoor {
  return { kind: 'transparent', protocol: 'tcp', address, port }
}

/** The usual two first: what a newer policy names is mostly there, and they are never the ones left out. */
function lowPorts(hosts: readonly NamedHost[]): number[] {
  const named = new Set(hosts.flatMap(({ ports }) => ports))
  const others = [...named].filter((port) => port < firstOpenPort && port !== 443 && port !== 80)
  return [443, 80, ...others.toSorted((a, b) => a - b)]
}

function singleDoors({ hosts, addressOf }: DoorPlan): EgressDoor[] {
  const doors: EgressDoor[] = []
  for (const { pattern, wildcard, ports } of hosts) {
    const high = wildcard ? [] : ports.filter((port) => port >= firstOpenPort)
    const address = high.length === 0 ? null : addressOf(pattern)
    if (address === null) continue
    doors.push(...high.map((port) => transparent(address, port)))
    if (doors.length >= mostDoors) break
  }
  return doors
}
