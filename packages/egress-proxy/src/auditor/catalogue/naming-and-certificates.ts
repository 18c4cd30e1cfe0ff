import { nobody } from './probe.ts'
import type { CatalogueRow } from './row.ts'

/** Names and certificates: questions that reach whoever answers them. */
export const namingAndCertificates: readonly CatalogueRow[] = [
  {
    row: 67,
    id: 'name-servers',
    title: 'Names can be looked up over HTTPS',
    endpoints: 'GET or POST /dns-query, /resolve',
    how: 'A name below the attacker’s domain, whose labels are the data, reaches his name server through the resolver: reading is enough.',
    remedy:
      'leave the hosts out: the sandbox looks names up outside, and only those that rules hold',
    hosts: [
      'cloudflare-dns.com',
      '*.cloudflare-dns.com',
      'one.one.one.one',
      'dns.google',
      'dns.quad9.net',
      '*.quad9.net',
      'doh.opendns.com',
      'dns.nextdns.io',
      'dns.adguard-dns.com',
      'doh.cleanbrowsing.org',
      'dns.alidns.com',
      'doh.pub',
      'freedns.controld.com',
    ],
    closes: ['names', 'unlisted'],
    tags: ['channel'],
    probes: [
      ...nobody('GET /dns-query', { query: { dns: 'AAAB' }, severity: 'high' }),
      ...nobody('GET /resolve', { query: { name: 'data.attacker.example' }, severity: 'high' }),
      ...nobody('POST /dns-query'),
    ],
    safe: 'none',
  },
  {
    row: 68,
    id: 'certificate-status',
    title: 'The status of any certificate can be asked for',
    endpoints: 'GET or POST of an encoded request',
    how: 'The bytes of a request, and the serial numbers in it, are chosen inside, and are logged by whoever answers.',
    remedy: 'leave the hosts out: the proxy checks certificates by itself',
    hosts: ['*.lencr.org', '*.pki.goog', '*.digicert.com', '*.sectigo.com', '*.globalsign.com'],
    labels: ['ocsp', 'crl', 'crl3', 'crl4', 'aia', 'cacerts'],
    closes: ['unlisted'],
    tags: ['channel'],
    probes: [
      ...nobody('POST /', { severity: 'medium' }),
      ...nobody('GET /MFQ', { severity: 'low' }),
    ],
    safe: 'none',
  },
]
