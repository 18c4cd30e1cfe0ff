import { BlockList, isIPv6 } from 'node:net'
import { networkInterfaces } from 'node:os'

/** Lists the addresses of the host's interfaces. */
export type InterfaceSource = () => readonly string[]

/** A listener of the proxy. `0.0.0.0` and `::` stand for every address of the host. */
export interface OwnListener {
  readonly address: string
  readonly port: number
}

/** How long a list of interfaces is believed. Interfaces come and go (VPN, containers). */
const refreshMs = 30_000

/** Asks the operating system. */
function hostInterfaces(): readonly string[] {
  return Object.values(networkInterfaces()).flatMap((list = []) =>
    list.map(({ address }) => address),
  )
}

/**
 * Knows which addresses are the host's own, and which of its ports are the proxy's. Compares by value, so
 * that an IPv4 address written as IPv6 is the same.
 */
export class OwnAddresses {
  readonly #source: InterfaceSource
  readonly #now: () => number
  readonly #listeners = new Set<OwnListener>()
  #interfaces = new BlockList()
  #readAt = -Infinity

  constructor(
    source: InterfaceSource = hostInterfaces,
    now: () => number = () => performance.now(),
  ) {
    this.#source = source
    this.#now = now
  }

  /** Registers a listener of the proxy. Returns what takes it back. */
  add(listener: OwnListener): () => void {
    const entry = { ...listener }
    this.#listeners.add(entry)
    return () => this.#listeners.delete(entry)
  }

  /** Whether the address is one of the host's: an interface's, loopback, or the unspecified one. */
  isHost(address: string): boolean {
    if (this.#now() - this.#readAt >= refreshMs) this.#refresh()
    return contains(this.#interfaces, address)
  }

  /** Whether a connection there would arrive at the proxy itself. */
  isListener(address: string, port: number): boolean {
    for (const listener of this.#listeners) {
      if (listener.port === port && this.#reaches(address, listener.address)) return true
    }
    return false
  }

  #reaches(address: string, listening: string): boolean {
    if (listening === '0.0.0.0' || listening === '::') return this.isHost(address)
    const only = new BlockList()
    addAddress(only, listening)
    return contains(only, address) || isUnspecified(address)
  }

  #refresh(): void {
    const list = new BlockList()
    list.addSubnet('127.0.0.0', 8, 'ipv4')
    list.addAddress('0.0.0.0', 'ipv4')
    list.addAddress('::', 'ipv6')
    list.addAddress('::1', 'ipv6')
    for (const address of this.#source()) addAddress(list, address)
    this.#interfaces = list
    this.#readAt = this.#now()
  }
}

function addAddress(list: BlockList, address: string): void {
  list.addAddress(withoutZone(address), family(address))
}

function contains(list: BlockList, address: string): boolean {
  return list.check(withoutZone(address), family(address))
}

function family(address: string): 'ipv4' | 'ipv6' {
  return isIPv6(address) ? 'ipv6' : 'ipv4'
}

function withoutZone(address: string): string {
  const zone = address.indexOf('%')
  return zone === -1 ? address : address.slice(0, zone)
}

/** Connecting to the unspecified address connects to loopback. */
function isUnspecified(address: string): boolean {
  return address === '0.0.0.0' || address === '::' || address === '::ffff:0.0.0.0'
}
