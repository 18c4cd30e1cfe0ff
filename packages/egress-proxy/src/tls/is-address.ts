/**
 * Whether a canonical host is an address: in IPv6 there are colons, and a last label of digits is that of
 * IPv4, as no name ends so (RFC 3696, section 2).
 */
export function isAddress(host: string): boolean {
  return host.includes(':') || /(?:^|\.)[0-9]+$/.test(host)
}
