import { dialRefusal } from './dial-refusal.ts'

/**
 * What the address guard says: refused, reachable as everybody's (`public`), or reachable only because
 * policy lifted a refusal (`named`).
 */
export type AddressVerdict = 'refused' | 'public' | 'named'

/** Judges literal addresses and knows which are the host's own. */
export interface AddressJudge {
  judge(address: string): AddressVerdict
  isHost(address: string): boolean
  isListener(address: string, port: number): boolean
}

/**
 * The addresses that may be dialled, in order. The proxy's own listeners never are; those of the host
 * only when policy names them.
 *
 * @throws RefusalError `self` when nothing is left and every answer was the host's own; `address_denied`
 * when nothing is left otherwise.
 */
export function vetAddresses(
  addresses: readonly string[],
  port: number,
  by: AddressJudge,
): readonly string[] {
  const verdicts = addresses.map((address) => ({ address, verdict: vet(address, port, by) }))
  const passed = verdicts.filter(({ verdict }) => verdict === 'passes')
  if (passed.length > 0) return passed.map(({ address }) => address)
  const isSelf = verdicts.length > 0 && verdicts.every(({ verdict }) => verdict === 'self')
  throw dialRefusal(isSelf ? 'self' : 'address_denied')
}

function vet(address: string, port: number, by: AddressJudge): 'passes' | 'self' | 'refused' {
  // A zone (`fe80::1%eth0`) is a second name of an interface, which no guard can judge.
  if (address.includes('%')) return 'refused'
  if (by.isListener(address, port)) return 'self'
  const verdict = by.judge(address)
  if (verdict === 'public' && by.isHost(address)) return 'self'
  return verdict === 'refused' ? 'refused' : 'passes'
}
