import { createHash, type KeyObject, randomBytes, sign } from 'node:crypto'
import {
  bitString,
  boolean,
  contextConstructed,
  contextPrimitive,
  namedBits,
  objectIdentifier,
  octetString,
  sequence,
  setOfOne,
  time,
  unsignedInteger,
  utf8String,
} from './der.ts'

/** The names that a constrained authority may vouch for. */
export interface NameConstraints {
  /**
   * Canonical names. Each permits itself and every name below it: RFC 5280 (section 4.2.1.10) has no way
   * to permit one name alone.
   */
  readonly names: readonly string[]
}

/** What both kinds of certificate say. */
interface CertificateRequest {
  /** Milliseconds since the epoch. */
  readonly notBefore: number
  readonly notAfter: number
  /** The key that the certificate is about. */
  readonly publicKey: KeyObject
}

/** An authority to be. */
export interface AuthorityRequest extends CertificateRequest {
  readonly commonName: string
  /** Authorities that may follow it in a chain. */
  readonly pathLength: number
  /** `null` is any name. */
  readonly constraints: NameConstraints | null
}

/** A server's certificate to be. */
export interface LeafRequest extends CertificateRequest {
  /** The only name in it. */
  readonly host: string
}

/** Who signs. */
export interface Issuer {
  readonly commonName: string
  readonly publicKey: KeyObject
  readonly privateKey: KeyObject
}

const commonNameBytes = 64

const oid = {
  commonName: objectIdentifier('2.5.4.3'),
  ecdsaWithSha256: objectIdentifier('1.2.840.10045.4.3.2'),
  subjectKeyIdentifier: objectIdentifier('2.5.29.14'),
  keyUsage: objectIdentifier('2.5.29.15'),
  subjectAltName: objectIdentifier('2.5.29.17'),
  basicConstraints: objectIdentifier('2.5.29.19'),
  nameConstraints: objectIdentifier('2.5.29.30'),
  authorityKeyIdentifier: objectIdentifier('2.5.29.35'),
  extendedKeyUsage: objectIdentifier('2.5.29.37'),
  serverAuth: objectIdentifier('1.3.6.1.5.5.7.3.1'),
} as const

const usage = { digitalSignature: 0, keyCertSign: 5, crlSign: 6 } as const
const generalName = { dns: 2, ip: 7 } as const

const signatureAlgorithm = sequence(oid.ecdsaWithSha256)
/** Version 3. */
const version = contextConstructed(0, unsignedInteger(Buffer.from([2])))

/**
 * DER of an authority's certificate (RFC 5280), signed with ECDSA P-256 and SHA-256. Self-signed when
 * the issuer is the authority itself.
 */
export function buildAuthority(request: AuthorityRequest, issuer: Issuer): Buffer {
  const pathLength = unsignedInteger(Buffer.from([request.pathLength]))
  const extensions = [
    critical(oid.basicConstraints, sequence(boolean(true), pathLength)),
    critical(oid.keyUsage, namedBits(usage.keyCertSign, usage.crlSign)),
    subjectKey(request.publicKey),
    authorityKey(issuer.publicKey),
  ]
  if (request.constraints !== null) {
    extensions.push(critical(oid.nameConstraints, constrained(request.constraints)))
  }
  return build(request, [name(request.commonName), extensions], issuer)
}

/** DER of a server's certificate for one name. */
export function buildLeaf(request: LeafRequest, issuer: Issuer): Buffer {
  const { host } = request
  const isShort = Buffer.byteLength(host) <= commonNameBytes
  const alternatives = sequence(contextPrimitive(generalName.dns, Buffer.from(host, 'latin1')))
  const extensions = [
    critical(oid.basicConstraints, sequence()),
    critical(oid.keyUsage, namedBits(usage.digitalSignature)),
    plain(oid.extendedKeyUsage, sequence(oid.serverAuth)),
    subjectKey(request.publicKey),
    authorityKey(issuer.publicKey),
    // Without a subject, the name has to be critical (section 4.2.1.6).
    (isShort ? plain : critical)(oid.subjectAltName, alternatives),
  ]
  return build(request, [isShort ? name(host) : sequence(), extensions], issuer)
}

/** DER as PEM (RFC 7468). */
export function toPem(der: Uint8Array): string {
  const lines =
    Buffer.from(der)
      .toString('base64')
      .match(/.{1,64}/g) ?? []
  return `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`
}

function build(
  request: CertificateRequest,
  [subject, extensions]: readonly [Buffer, readonly Buffer[]],
  issuer: Issuer,
): Buffer {
  const toBeSigned = sequence(
    version,
    unsignedInteger(serialNumber()),
    signatureAlgorithm,
    name(issuer.commonName),
    sequence(time(request.notBefore), time(request.notAfter)),
    subject,
    request.publicKey.export({ format: 'der', type: 'spki' }),
    contextConstructed(3, sequence(...extensions)),
  )
  const signature = sign('sha256', toBeSigned, issuer.privateKey)
  return sequence(toBeSigned, signatureAlgorithm, bitString(signature))
}

/** Random, positive, and always 16 bytes long. */
function serialNumber(): Buffer {
  const serial = randomBytes(16)
  serial[0] = ((serial[0] ?? 0) & 0x3f) | 0x40
  return serial
}

function name(commonName: string): Buffer {
  return sequence(setOfOne(sequence(oid.commonName, utf8String(commonName))))
}

function critical(id: Buffer, value: Buffer): Buffer {
  return sequence(id, boolean(true), octetString(value))
}

function plain(id: Buffer, value: Buffer): Buffer {
  return sequence(id, octetString(value))
}

function subjectKey(key: KeyObject): Buffer {
  return plain(oid.subjectKeyIdentifier, octetString(keyIdentifier(key)))
}

function authorityKey(key: KeyObject): Buffer {
  return plain(oid.authorityKeyIdentifier, sequence(contextPrimitive(0, keyIdentifier(key))))
}

/** The leftmost 160 bits of SHA-256 of the key (RFC 7093, section 2, method 4). */
function keyIdentifier(key: KeyObject): Buffer {
  const spki = key.export({ format: 'der', type: 'spki' })
  return createHash('sha256').update(spki).digest().subarray(0, 20)
}

/**
 * Names by what is permitted, addresses by excluding all of them: a kind of name that no subtree speaks
 * of would be unbounded. With no name at all, what stands there is a name that never exists (RFC 6761).
 */
function constrained({ names }: NameConstraints): Buffer {
  const permitted = names.length === 0 ? ['invalid'] : names
  const subtrees = permitted.map((one) =>
    sequence(contextPrimitive(generalName.dns, Buffer.from(one, 'latin1'))),
  )
  // Address and mask, both zero: 0.0.0.0/0 and ::/0.
  const excluded = [8, 32].map((bytes) =>
    sequence(contextPrimitive(generalName.ip, Buffer.alloc(bytes))),
  )
  return sequence(contextConstructed(0, ...subtrees), contextConstructed(1, ...excluded))
}
