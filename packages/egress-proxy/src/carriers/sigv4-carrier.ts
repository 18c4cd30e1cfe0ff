import type { Field } from '../http-message.ts'
import { type AwsKeys, parseAwsKeys } from './aws-keys.ts'
import { type Carrier, CarrierFault, type Outgoing } from './carrier.ts'
import { checkGuestSignature } from './sigv4-guest.ts'
import { amzDate, authorizationFor, sha256Hex } from './sigv4.ts'

/** What a signing carrier is for. */
export interface Sigv4Options {
  /** The name that the service signs with: `s3`, `bedrock`, `dynamodb`. */
  readonly service: string
  readonly region: string
  /** An account id of 12 digits: S3 refuses buckets of all others. */
  readonly bucketOwner?: string | undefined
}

/** What says who asks, or what a signature of somebody else brought along. */
const takenAway: ReadonlySet<string> = new Set([
  'authorization',
  'x-amz-date',
  'x-amz-security-token',
  'x-amz-s3session-token',
  'x-amz-content-sha256',
])
const ownerField = 'x-amz-expected-bucket-owner'
/** Beside `host` and every `x-amz-…`: what changes meaning, and nobody on the way rewrites. */
const signedToo: ReadonlySet<string> = new Set(['content-type', 'content-md5'])

/**
 * Signs requests anew with keys that stay outside: AWS Signature Version 4, over the whole body, for one
 * service and region. What programs inside signed with their dummy keys is taken away. Their session tokens
 * are, too: those of an attacker would make the request his.
 *
 * @throws TypeError when the options name no service or region, or an owner of buckets elsewhere than in S3
 */
export function sigv4Carrier(options: Sigv4Options): Carrier {
  checkOptions(options)
  return {
    slot: { kind: 'sigv4' },
    needsBody: true,
    put: (outgoing, secret, nowMs) => {
      checkGuestSignature(outgoing.head, options)
      const keys = parseAwsKeys(secret)
      try {
        return signed(outgoing, keys, { options, nowMs })
      } finally {
        keys.forget()
      }
    },
    hidden: hiddenTexts,
  }
}

function checkOptions({ service, region, bucketOwner }: Sigv4Options): void {
  for (const [name, text] of Object.entries({ service, region })) {
    if (!/^[a-z0-9-]{1,64}$/.test(text)) {
      throw new TypeError(`sigv4.${name} must be lower-case letters, digits and hyphens`)
    }
  }
  if (bucketOwner === undefined) return
  if (!/^\d{12}$/.test(bucketOwner)) {
    throw new TypeError('sigv4.bucketOwner must be an account id of 12 digits')
  }
  if (!service.startsWith('s3')) {
    throw new TypeError('sigv4.bucketOwner is for the service "s3": no other looks at it')
  }
}

function signed(
  { head, body }: Outgoing,
  keys: AwsKeys,
  { options, nowMs }: { readonly options: Sigv4Options; readonly nowMs: number },
): Outgoing {
  if (body === null) throw new CarrierFault('a signature needs the whole body, which was not read')
  if (keys.expiresAt !== null && keys.expiresAt <= nowMs) {
    throw new CarrierFault('the keys of AWS have expired')
  }
  const date = amzDate(nowMs)
  const bodyHash = sha256Hex(body)
  const { service, region, bucketOwner } = options
  const headers = head.headers.filter(
    ([name]) => !takenAway.has(name) && (bucketOwner === undefined || name !== ownerField),
  )
  headers.push(['x-amz-content-sha256', bodyHash], ['x-amz-date', date])
  if (keys.sessionToken !== null) headers.push(['x-amz-security-token', keys.sessionToken])
  if (bucketOwner !== undefined) headers.push([ownerField, bucketOwner])
  const fields: Field[] = headers.filter(isSigned)
  fields.push(['host', head.authority])
  const request = { method: head.method, target: head.target, fields, bodyHash }
  headers.push(['authorization', authorizationFor(request, keys, { service, region, date })])
  return { head: { ...head, headers }, body }
}

function isSigned([name]: Field): boolean {
  return name.startsWith('x-amz-') || signedToo.has(name)
}

/**
 * The key and the token, and the key's id: it opens nothing by itself, but names who to ask for. A secret
 * that is no keys is hidden whole.
 */
function hiddenTexts(secret: Buffer): readonly Buffer[] {
  let keys: AwsKeys
  try {
    keys = parseAwsKeys(secret)
  } catch {
    return [Buffer.from(secret)]
  }
  const texts = [Buffer.from(keys.secretAccessKey), Buffer.from(keys.accessKeyId, 'latin1')]
  if (keys.sessionToken !== null) texts.push(Buffer.from(keys.sessionToken, 'latin1'))
  keys.forget()
  return texts
}
