import { authorityOf, parseEndpoint, parseHostAndPort, type Endpoint } from './endpoint.ts'

/**
 * Where named destinations are dialled instead of where DNS says, as the host application wrote it: keys
 * `name:port`, values `address:port` (`{ "api.test:443": "127.0.0.1:18443", "b.test:80": "[::1]:8080" }`).
 */
export type HostsOption = Readonly<Record<string, string>>

/** Looks up the fixed endpoint of a destination; `null` when it has none. */
export type FixedEndpoints = (host: string, port: number) => Endpoint | null

/**
 * Reads the option once, up front.
 *
 * @throws TypeError for a key that is not a canonical `host:port`, or a value that is not a literal
 * `address:port`.
 */
export function parseHosts(hosts: HostsOption = {}): FixedEndpoints {
  const fixed = new Map(Object.entries(hosts).map(([key, value]) => [key, parseEntry(key, value)]))
  if (fixed.size === 0) return () => null
  return (host, port) => fixed.get(authorityOf(host, port)) ?? null
}

function parseEntry(key: string, value: unknown): Endpoint {
  const where = `hosts[${JSON.stringify(key)}]`
  if (parseHostAndPort(key) === null) {
    throw new TypeError(
      `${where}: the key must be a lower-case "host:port", such as "api.test:443"`,
    )
  }
  const endpoint = typeof value === 'string' ? parseEndpoint(value) : null
  if (endpoint === null) {
    throw new TypeError(
      `${where}: the value must be a literal "address:port", such as "127.0.0.1:8443" or "[::1]:8443"`,
    )
  }
  return endpoint
}
