import type { OutgoingHead } from '../http-message.ts'
import { RequestFault } from './carrier.ts'
import { percentDecoded } from './sigv4-canonical.ts'
import type { SigningScope } from './sigv4.ts'

/** Keys by which a URL is signed (IAM User Guide, "Elements of …"; S3's Version 2 with `AWSAccessKeyId`). */
const presignedKeys: ReadonlySet<string> = new Set([
  'x-amz-algorithm',
  'x-amz-credential',
  'x-amz-date',
  'x-amz-expires',
  'x-amz-security-token',
  'x-amz-s3session-token',
  'x-amz-signature',
  'x-amz-signedheaders',
  'x-amz-region-set',
  'awsaccesskeyid',
])

/** Fields that say that the body is signed piece by piece, or for several regions. */
const streamed = 'send the body whole: turn off chunked signing and trailing checksums'
const refusedFields: ReadonlyMap<string, string> = new Map([
  ['x-amz-decoded-content-length', `the body is signed in chunks; ${streamed}`],
  ['x-amz-trailer', `the body carries a checksum behind it; ${streamed}`],
  [
    'x-amz-region-set',
    'the request is signed with Version 4A; sign with Version 4, for one region',
  ],
])

/**
 * Refuses what cannot be signed anew, or was meant for another place than the credential is: presigned URLs,
 * bodies signed in chunks, Version 4A, another service or region.
 *
 * @throws RequestFault that says what to do instead
 */
export function checkGuestSignature(head: OutgoingHead, allowed: SigningScope): void {
  checkQuery(head.target)
  for (const [name, value] of head.headers) {
    const refused = refusedFields.get(name)
    if (refused !== undefined) throw new RequestFault(refused)
    if (name === 'authorization') checkScope(value, allowed)
    else if (name === 'x-amz-content-sha256') checkContentHash(value)
    else if (name === 'content-encoding' && /\baws-chunked\b/i.test(value)) {
      throw new RequestFault(`the body is coded as aws-chunked; ${streamed}`)
    }
  }
}

function checkQuery(target: string): void {
  const mark = target.indexOf('?')
  if (mark < 0) return
  for (const piece of target.slice(mark + 1).split('&')) {
    const equals = piece.indexOf('=')
    const key = percentDecoded(equals < 0 ? piece : piece.slice(0, equals)).toString('latin1')
    if (presignedKeys.has(key.toLowerCase())) {
      throw new RequestFault(
        'the URL is presigned; send the request without a signature in its query: the proxy signs it',
      )
    }
  }
}

function checkContentHash(value: string): void {
  // "STREAMING-AWS4-HMAC-SHA256-PAYLOAD" and its kin; "UNSIGNED-PAYLOAD" and a plain hash are replaced.
  if (/^STREAMING-/i.test(value)) {
    throw new RequestFault(`the body is signed in chunks; ${streamed}`)
  }
}

/** Holds a signature of Version 4 to the scope; other schemes are taken away unread. */
function checkScope(value: string, { service, region }: SigningScope): void {
  if (!/^AWS4-/i.test(value)) return
  if (!/^AWS4-HMAC-SHA256[ \t]/i.test(value)) {
    throw new RequestFault(
      'the request is not signed with AWS4-HMAC-SHA256, the one algorithm allowed',
    )
  }
  const scope = writtenScope(value)
  if (scope?.service === service && scope.region === region) return
  // Nothing of what was written is repeated: it comes from inside.
  throw new RequestFault(
    `the request is signed for another service or region; this credential is for "${service}" in "${region}"`,
  )
}

function writtenScope(authorization: string): SigningScope | null {
  const start = authorization.indexOf('Credential=')
  if (start < 0 || authorization.includes('Credential=', start + 1)) return null
  const comma = authorization.indexOf(',', start)
  const credential = authorization.slice(start + 11, comma < 0 ? undefined : comma).trim()
  const parts = credential.split('/')
  const [, , region, service, end] = parts
  if (parts.length !== 5 || end !== 'aws4_request') return null
  return region === undefined || service === undefined ? null : { region, service }
}
