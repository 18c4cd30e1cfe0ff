import type { EgressDoor } from '../egress.ts'

/** What stays inside: a server of the sandbox's own is reached without the proxy. */
const insideHosts = 'localhost,127.0.0.1,::1'

/**
 * The variables by which programs find the proxy. Both spellings, as curl reads only `http_proxy` in lower
 * case and others only capitals; `NODE_USE_ENV_PROXY` makes Node (from 22.21 and 24.0) read them at all.
 *
 * `ALL_PROXY` names the HTTP proxy and not `socks5h://`, although the door speaks SOCKS too: httpx without
 * its extra package for SOCKS refuses to start when it finds such an address.
 */
export function egressEnvironment(doors: readonly EgressDoor[]): Readonly<Record<string, string>> {
  const door = doors.find(({ kind, protocol }) => kind === 'proxy' && protocol === 'tcp')
  if (door === undefined) return {}
  const host = door.address === '0.0.0.0' ? '127.0.0.1' : door.address
  const proxy = `http://${host}:${door.port}`
  const named = ['HTTP_PROXY', 'HTTPS_PROXY', 'ALL_PROXY'].flatMap((name) => [
    [name, proxy],
    [name.toLowerCase(), proxy],
  ])
  return {
    ...Object.fromEntries(named),
    NO_PROXY: insideHosts,
    no_proxy: insideHosts,
    NODE_USE_ENV_PROXY: '1',
  }
}
