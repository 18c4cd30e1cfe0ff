/** A part of the address space that a sandbox has no business in, unless policy says otherwise. */
export interface SpecialRange {
  /** Address and prefix length. */
  readonly cidr: string
  readonly name: string
  /**
   * Answers a cloud machine's questions about itself, often with credentials. Lifted only by a range that
   * is no wider: whoever allows a private network does not mean its metadata service.
   */
  readonly metadata?: true
  /** Holds IPv4 addresses; how, is told in `embedded.ts`. */
  readonly embeds?: Embedding
}

/** Where in an IPv6 address the IPv4 address lies: `rfc6052-96` is the last 32 bits. */
export type Embedding =
  | '6to4'
  | 'teredo'
  | 'isatap'
  | 'rfc6052-32'
  | 'rfc6052-40'
  | 'rfc6052-48'
  | 'rfc6052-56'
  | 'rfc6052-64'
  | 'rfc6052-96'

/** IANA's special-purpose IPv4 registry (RFC 6890 and later), multicast, and metadata services. */
const ipv4Ranges: readonly SpecialRange[] = [
  { cidr: '0.0.0.0/8', name: 'this network' },
  { cidr: '10.0.0.0/8', name: 'private' },
  { cidr: '100.64.0.0/10', name: 'carrier-grade NAT' },
  { cidr: '127.0.0.0/8', name: 'loopback' },
  { cidr: '169.254.0.0/16', name: 'link-local' },
  { cidr: '172.16.0.0/12', name: 'private' },
  { cidr: '192.0.0.0/24', name: 'protocol assignments' },
  { cidr: '192.0.2.0/24', name: 'documentation' },
  { cidr: '192.31.196.0/24', name: 'AS112' },
  { cidr: '192.52.193.0/24', name: 'multicast relay' },
  { cidr: '192.88.99.0/24', name: '6to4 relay' },
  { cidr: '192.168.0.0/16', name: 'private' },
  { cidr: '192.175.48.0/24', name: 'AS112' },
  { cidr: '198.18.0.0/15', name: 'benchmarking' },
  { cidr: '198.51.100.0/24', name: 'documentation' },
  { cidr: '203.0.113.0/24', name: 'documentation' },
  { cidr: '224.0.0.0/4', name: 'multicast' },
  { cidr: '240.0.0.0/4', name: 'reserved' },
  { cidr: '255.255.255.255/32', name: 'broadcast' },
  { cidr: '100.100.100.200/32', name: 'cloud metadata', metadata: true },
  { cidr: '168.63.129.16/32', name: 'cloud metadata', metadata: true },
  { cidr: '169.254.0.23/32', name: 'cloud metadata', metadata: true },
  { cidr: '169.254.169.253/32', name: 'cloud metadata', metadata: true },
  { cidr: '169.254.169.254/32', name: 'cloud metadata', metadata: true },
  { cidr: '169.254.170.2/32', name: 'cloud metadata', metadata: true },
  { cidr: '169.254.170.23/32', name: 'cloud metadata', metadata: true },
  { cidr: '192.0.0.192/32', name: 'cloud metadata', metadata: true },
]

/** IANA's special-purpose IPv6 registry, what lost its place there, and metadata services. */
const ipv6Ranges: readonly SpecialRange[] = [
  { cidr: '::/128', name: 'unspecified' },
  { cidr: '::1/128', name: 'loopback' },
  { cidr: '::/96', name: 'IPv4-compatible', embeds: 'rfc6052-96' },
  { cidr: '::ffff:0:0/96', name: 'IPv4-mapped', embeds: 'rfc6052-96' },
  { cidr: '::ffff:0:0:0/96', name: 'IPv4-translated', embeds: 'rfc6052-96' },
  { cidr: '64:ff9b::/96', name: 'NAT64', embeds: 'rfc6052-96' },
  // RFC 8215 leaves the length of a translator's prefix open; an operator with another one lists it.
  { cidr: '64:ff9b:1::/48', name: 'local NAT64', embeds: 'rfc6052-96' },
  { cidr: '100::/64', name: 'discard' },
  { cidr: '100:0:0:1::/64', name: 'dummy' },
  { cidr: '2001::/23', name: 'protocol assignments' },
  { cidr: '2001::/32', name: 'Teredo', embeds: 'teredo' },
  { cidr: '2001:2::/48', name: 'benchmarking' },
  { cidr: '2001:10::/28', name: 'ORCHID' },
  { cidr: '2001:20::/28', name: 'ORCHID' },
  { cidr: '2001:30::/28', name: 'drone identifiers' },
  { cidr: '2001:db8::/32', name: 'documentation' },
  { cidr: '2002::/16', name: '6to4', embeds: '6to4' },
  { cidr: '2620:4f:8000::/48', name: 'AS112' },
  { cidr: '3fff::/20', name: 'documentation' },
  { cidr: '5f00::/16', name: 'segment routing' },
  { cidr: 'fc00::/7', name: 'unique local' },
  { cidr: 'fe80::/10', name: 'link-local' },
  { cidr: 'fec0::/10', name: 'site-local' },
  { cidr: 'ff00::/8', name: 'multicast' },
  { cidr: 'fd00:ec2::/32', name: 'cloud metadata', metadata: true },
  { cidr: 'fd00:ec2::23/128', name: 'cloud metadata', metadata: true },
  { cidr: 'fd00:ec2::253/128', name: 'cloud metadata', metadata: true },
  { cidr: 'fd00:ec2::254/128', name: 'cloud metadata', metadata: true },
  { cidr: 'fd20:ce::254/128', name: 'cloud metadata', metadata: true },
]

/** Everything that is refused unless policy lifts it; where ranges overlap, the narrowest counts. */
export const specialRanges: readonly SpecialRange[] = Object.freeze([...ipv4Ranges, ...ipv6Ranges])
