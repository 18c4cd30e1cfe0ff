import type { ReasonCode } from '../decide/reason.ts'
import type { Refusal } from '../refusal.ts'
import type { FilledBudgets } from './budgets.ts'
import { TokenBucket } from './token-bucket.ts'
import { WindowSum } from './window-sum.ts'

interface HostAccount {
  readonly bytes: WindowSum
  readonly urlBytes: WindowSum
}

/**
 * What one sandbox has sent so far, and whether more may go. Bytes are those of the request line, the
 * header, the body, tunnels and WebSocket messages on their way out; names of connections count as well.
 */
export class Ledger {
  #budgets: FilledBudgets
  readonly #now: () => number
  readonly #hosts = new Map<string, HostAccount>()
  readonly #requests: TokenBucket
  #total = 0
  #tunnels = 0

  constructor(budgets: FilledBudgets, now: () => number) {
    this.#budgets = budgets
    this.#now = now
    this.#requests = new TokenBucket(budgets.requestsPerSecond, now())
  }

  /** What was used so far stays used. */
  update(budgets: FilledBudgets): void {
    this.#budgets = budgets
    this.#requests.perSecond = budgets.requestsPerSecond
  }

  get totalBytes(): number {
    return this.#total
  }

  /** One more request or connection; a name that was not seen before counts. */
  admit(host: string): ReasonCode | null {
    if (!this.#requests.take(this.#now())) return 'rate_limited'
    return this.#account(host) === null ? 'budget_names' : null
  }

  /** Path and query of a request to a host. */
  spendUrl(host: string, bytes: number): ReasonCode | null {
    const account = this.#account(host)
    if (account === null) return 'budget_names'
    const { windowMs, urlBytesPerWindow } = this.#budgets
    const now = this.#now()
    if (account.urlBytes.at(now, windowMs) + bytes > urlBytesPerWindow) return 'budget_url'
    account.urlBytes.add(bytes, now, windowMs)
    return null
  }

  /** Whether so much would go, without taking it: an announced length is refused before it is read. */
  fits(host: string, bytes: number): ReasonCode | null {
    return bytes > this.#budgets.bytesPerRequest ? 'budget_request' : this.#hasRoom(host, bytes)
  }

  #hasRoom(host: string, bytes: number): ReasonCode | null {
    const { bytesPerWindow, bytesTotal, windowMs } = this.#budgets
    if (this.#total + bytes > bytesTotal) return 'budget_total'
    const account = this.#account(host)
    if (account === null) return 'budget_names'
    const used = account.bytes.at(this.#now(), windowMs)
    return used + bytes > bytesPerWindow ? 'budget_window' : null
  }

  /**
   * Takes bytes that are about to leave. `sentBefore` is what the same request, tunnel or connection has
   * sent already; `null` for a tunnel, which has no bound of its own but that of the window.
   */
  spend(host: string, bytes: number, sentBefore: number | null): ReasonCode | null {
    const { bytesPerRequest, windowMs } = this.#budgets
    if (sentBefore !== null && sentBefore + bytes > bytesPerRequest) return 'budget_request'
    const refused = this.#hasRoom(host, bytes)
    if (refused !== null) return refused
    this.#total += bytes
    this.#account(host)?.bytes.add(bytes, this.#now(), windowMs)
    return null
  }

  /** One more tunnel or WebSocket; give it back with `closeTunnel`. */
  openTunnel(): ReasonCode | null {
    if (this.#tunnels >= this.#budgets.openTunnels) return 'too_many_tunnels'
    this.#tunnels += 1
    return null
  }

  closeTunnel(): void {
    this.#tunnels -= 1
  }

  #account(host: string): HostAccount | null {
    const known = this.#hosts.get(host)
    if (known !== undefined) return known
    if (this.#hosts.size >= this.#budgets.distinctNames) return null
    const account = { bytes: new WindowSum(), urlBytes: new WindowSum() }
    this.#hosts.set(host, account)
    return account
  }
}

const told: Partial<Record<ReasonCode, readonly [reason: string, remedy: string]>> = {
  budget_request: [
    'this request sends more than the sandbox may send at once',
    'send less, or in parts; the owner can raise network.budgets.bytesPerRequest',
  ],
  budget_window: [
    'this sandbox has sent as much to this host as it may within the window',
    'wait, or send less; the owner can raise network.budgets.bytesPerWindow',
  ],
  budget_total: [
    'this sandbox has sent as much as it ever may',
    'do without; the owner can raise network.budgets.bytesTotal',
  ],
  budget_url: [
    'this sandbox has used up what paths and queries to this host may hold within the window',
    'ask for less, or wait; the owner can raise network.budgets.urlBytesPerWindow',
  ],
  budget_names: [
    'this sandbox has asked for as many different names as it may',
    'keep to the names used so far; the owner can raise network.budgets.distinctNames',
  ],
  rate_limited: [
    'this sandbox asks too often',
    'wait a second, and then ask less often; the owner can raise network.budgets.requestsPerSecond',
  ],
  too_many_tunnels: [
    'this sandbox has as many tunnels open as it may',
    'close one first; the owner can raise network.budgets.openTunnels',
  ],
}

/** The refusal that belongs to a budget's code. */
export function budgetRefusal(code: ReasonCode): Refusal {
  const [reason, remedy] = told[code] ?? ['a budget of this sandbox is used up', 'send less']
  return { code, rule: 'network.budgets', reason, remedy }
}
