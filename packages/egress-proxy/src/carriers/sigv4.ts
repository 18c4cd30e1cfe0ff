import { createHmac, hash } from 'node:crypto'
import type { AwsKeys } from './aws-keys.ts'
import { canonicalRequest, type SignedRequest } from './sigv4-canonical.ts'

/** Where a signature holds, and nowhere else. */
export interface SigningScope {
  /** `s3`, `bedrock`, `sts`: the name that the service signs with. */
  readonly service: string
  readonly region: string
}

/** The services that take a path for the name of an object. */
const objectServices: ReadonlySet<string> = new Set([
  's3',
  's3express',
  's3-object-lambda',
  's3-outposts',
])

const algorithm = 'AWS4-HMAC-SHA256'

/** A moment as `x-amz-date` has it: `20150830T123600Z`. */
export function amzDate(nowMs: number): string {
  return new Date(nowMs).toISOString().replace(/[-:]|\.\d{3}/g, '')
}

/** SHA-256 in lower-case hexadecimal digits. */
export function sha256Hex(bytes: Uint8Array | string): string {
  return hash('sha256', bytes, 'hex')
}

/**
 * Signs a request: AWS Signature Version 4 (IAM User Guide, "Create a signed AWS API request"; for S3,
 * "Signature Calculations for the Authorization Header").
 *
 * @param signed - with `x-amz-date` among its fields, of this moment; with `x-amz-security-token` where the
 * keys have one
 * @param date - as {@link amzDate} makes it
 * @returns the value of `authorization`
 */
export function authorizationFor(
  signed: SignedRequest,
  keys: Pick<AwsKeys, 'accessKeyId' | 'secretAccessKey'>,
  { service, region, date }: SigningScope & { readonly date: string },
): string {
  const { text, signedHeaders } = canonicalRequest(
    signed,
    objectServices.has(service) ? 'once' : 'again',
  )
  const day = date.slice(0, 8)
  const scope = `${day}/${region}/${service}/aws4_request`
  const stringToSign = `${algorithm}\n${date}\n${scope}\n${sha256Hex(Buffer.from(text, 'latin1'))}`
  const key = signingKey(keys.secretAccessKey, { day, service, region })
  const signature = createHmac('sha256', key).update(stringToSign).digest('hex')
  key.fill(0)
  const credential = `${keys.accessKeyId}/${scope}`
  return `${algorithm} Credential=${credential}, SignedHeaders=${signedHeaders}, Signature=${signature}`
}

/** The key of one day, region and service: whoever learns it can sign there, so that it is kept nowhere. */
function signingKey(
  secret: Buffer,
  { day, region, service }: SigningScope & { readonly day: string },
): Buffer {
  const prefixed = Buffer.concat([Buffer.from('AWS4'), secret])
  let key = createHmac('sha256', prefixed).update(day).digest()
  prefixed.fill(0)
  for (const part of [region, service, 'aws4_request']) {
    const next = createHmac('sha256', key).update(part).digest()
    key.fill(0)
    key = next
  }
  return key
}
