import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto'
import { type Carrier, CarrierFault } from './carrier.ts'
import { distinct } from './secret-text.ts'

interface Pem {
  readonly certificate: string
  readonly key: string
}

const mostBlocks = 17

/** A certificate that the TLS handshake shows, and its key: both PEM, in one text. */
export function mtlsCarrier(): Carrier {
  return {
    slot: { kind: 'mtls' },
    needsBody: false,
    put: (outgoing) => outgoing,
    // It is in no request; a service that has it from elsewhere must not show it all the same.
    hidden: (secret) => {
      const { key } = pemOf(secret)
      const [, ...lines] = key.trimEnd().split(/\r?\n/)
      const inner = lines.slice(0, -1)
      const joined = inner.join('')
      return distinct(inner.join('\n'), joined.replace(/=+$/, ''), Buffer.from(joined, 'base64'))
    },
    certificate: pemOf,
  }
}

/** Both parts of the text. The key has to be that of the first certificate. */
function pemOf(secret: Buffer): Pem {
  const blocks = blocksOf(secret.toString('latin1'))
  const certificates = blocks.filter(({ label }) => label === 'CERTIFICATE')
  const [key, ...more] = blocks.filter(({ label }) => label.endsWith('PRIVATE KEY'))
  const [leaf] = certificates
  if (leaf === undefined || key === undefined || more.length > 0)
    throw new CarrierFault('the secret must be certificates and one private key, PEM')
  if (!read(leaf.text).checkPrivateKey(readKey(key.text)))
    throw new CarrierFault('the private key is not that of the first certificate')
  return { certificate: certificates.map(({ text }) => text).join(''), key: key.text }
}

function read(certificate: string): X509Certificate {
  try {
    return new X509Certificate(certificate)
  } catch {
    throw new CarrierFault('the certificate cannot be read')
  }
}

function readKey(key: string): KeyObject {
  try {
    return createPrivateKey(key)
  } catch {
    throw new CarrierFault('the private key cannot be read; it must not be encrypted')
  }
}

function blocksOf(text: string): readonly { readonly label: string; readonly text: string }[] {
  const blocks: { label: string; text: string }[] = []
  let from = text.indexOf('-----BEGIN ')
  while (from !== -1) {
    const label = labelAt(text, from + '-----BEGIN '.length)
    const last = `-----END ${label}-----`
    const end = text.indexOf(last, from)
    if (end === -1 || blocks.length === mostBlocks)
      throw new CarrierFault('the secret holds PEM that is cut, or too much of it')
    blocks.push({ label, text: `${text.slice(from, end + last.length)}\n` })
    from = text.indexOf('-----BEGIN ', end)
  }
  return blocks
}

function labelAt(text: string, from: number): string {
  const label = /^[A-Z0-9 ]{1,32}(?=-----)/.exec(text.slice(from, from + 40))?.[0]
  if (label === undefined) throw new CarrierFault('the secret holds PEM that cannot be read')
  return label
}
