import { createPrivateKey, type KeyObject, sign } from 'node:crypto'
import { SourceFault } from '../secret.ts'

/** GitHub advises a minute, for clocks that differ. */
const backdatedSeconds = 60
/** GitHub takes ten minutes at most, by its own clock. */
const lifeSeconds = 540

/**
 * The token by which a GitHub App says who it is (GitHub Docs, "Generating a JSON Web Token (JWT) for a
 * GitHub App"; RFC 7515): RS256, `iat` a minute back, `exp` nine minutes ahead, `iss` the app.
 *
 * @throws SourceFault when the key is no private RSA key of 2048 bits at least, in PEM
 */
export function appJwt({
  appId,
  pem,
  nowMs,
}: {
  readonly appId: string
  readonly pem: Buffer
  readonly nowMs: number
}): string {
  const now = Math.floor(nowMs / 1000)
  const claims = { iat: now - backdatedSeconds, exp: now + lifeSeconds, iss: appId }
  const text = `${part({ alg: 'RS256', typ: 'JWT' })}.${part(claims)}`
  const signature = sign('sha256', Buffer.from(text, 'latin1'), rsaKey(pem))
  return `${text}.${signature.toString('base64url')}`
}

function part(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url')
}

function rsaKey(pem: Buffer): KeyObject {
  let key: KeyObject
  try {
    key = createPrivateKey({ key: pem, format: 'pem' })
  } catch {
    // What the parser says may quote what it read.
    throw new SourceFault('the private key of the GitHub App is no PEM without a passphrase')
  }
  const bits = key.asymmetricKeyDetails?.modulusLength ?? 0
  if (key.asymmetricKeyType !== 'rsa' || bits < 2048) {
    throw new SourceFault('the private key of the GitHub App is no RSA key of 2048 bits or more')
  }
  return key
}
