import { createHash } from 'node:crypto'

/** A certificate that a Java trusts, by the name that `keytool -list` shows. */
export interface TrustedEntry {
  readonly alias: string
  readonly certificate: Uint8Array
}

const magic = 0xfeedfeed
const version = 2
const trustedCertificate = 2
/** What every Java's own store is protected with; it keeps no secret, as certificates are public. */
const password = 'changeit'
/** A word that the format puts between password and content. */
const salt = 'Mighty Aphrodite'

/**
 * A key store in the format JKS, which every Java since 1.2 reads as its `cacerts`: a header, the entries,
 * and SHA-1 over the password and all of it. Big-endian throughout.
 *
 * @param at - when the entries were made, milliseconds since the epoch
 */
export function javaTrustStore(entries: readonly TrustedEntry[], at: number): Buffer {
  const parts = [integer(magic), integer(version), integer(entries.length)]
  for (const { alias, certificate } of entries) {
    parts.push(integer(trustedCertificate), text(alias.toLowerCase()), long(at), text('X.509'))
    parts.push(integer(certificate.length), Buffer.from(certificate))
  }
  const content = Buffer.concat(parts)
  const digest = createHash('sha1')
    .update(Buffer.from(password, 'utf16le').swap16())
    .update(salt)
    .update(content)
    .digest()
  return Buffer.concat([content, digest])
}

function integer(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(value)
  return bytes
}

function long(value: number): Buffer {
  const bytes = Buffer.alloc(8)
  bytes.writeBigInt64BE(BigInt(value))
  return bytes
}

/** As `DataOutput.writeUTF` writes ASCII. */
function text(value: string): Buffer {
  const bytes = Buffer.from(value, 'ascii')
  const length = Buffer.alloc(2)
  length.writeUInt16BE(bytes.length)
  return Buffer.concat([length, bytes])
}
