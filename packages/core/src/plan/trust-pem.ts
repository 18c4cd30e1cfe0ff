const block = /-----BEGIN CERTIFICATE-----([A-Za-z0-9+/=\s]*)-----END CERTIFICATE-----/g

/** The certificates in PEM text, as DER; comments and anything else between them is left out. */
export function certificatesOf(pem: string): readonly Buffer[] {
  const found = [...pem.matchAll(block)].map(([, body = '']) => Buffer.from(body, 'base64'))
  return found.filter((der) => der.length > 0)
}

/** DER as PEM (RFC 7468). */
export function pemOf(der: Uint8Array): string {
  const lines =
    Buffer.from(der)
      .toString('base64')
      .match(/.{1,64}/g) ?? []
  return `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`
}
