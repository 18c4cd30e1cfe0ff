import { createHash, createHmac } from 'node:crypto'

/** A request as a server got it. */
export interface ReceivedRequest {
  readonly method: string
  /** Origin form. */
  readonly target: string
  /** Names in lower case, `host` among them. */
  readonly headers: Readonly<Record<string, string>>
  readonly body: Buffer
}

const form =
  /^AWS4-HMAC-SHA256 Credential=([^/,]+)\/(\d{8})\/([^/,]+)\/([^/,]+)\/aws4_request, SignedHeaders=([a-z0-9;-]+), Signature=([0-9a-f]{64})$/

/** Whose signature, for what and when. */
export interface ExpectedSignature {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly region: string
  readonly service: string
  readonly nowMs: number
}

interface Told {
  readonly id: string
  readonly day: string
  readonly region: string
  readonly service: string
  readonly names: string
  readonly signature: string
}

/**
 * Verifies a signature as a service does, written from the documentation alone (IAM User Guide, "Create a
 * signed AWS API request") and by other means than the signer's, so that a mistake in one shows.
 *
 * @returns why it does not hold, or `null`
 */
export function signatureFault(
  request: ReceivedRequest,
  expected: ExpectedSignature,
): string | null {
  const parts = form.exec(request.headers['authorization'] ?? '')
  if (parts === null) return 'no authorization'
  const [, id = '', day = '', region = '', service = '', names = '', signature = ''] = parts
  const told: Told = { id, day, region, service, names, signature }
  const bodyHash = createHash('sha256').update(request.body).digest('hex')
  const fault = scopeFault(request, told, expected) ?? bodyFault(request, service, bodyHash)
  if (fault !== null) return fault
  const right = signatureOf(request, told, { secret: expected.secretAccessKey, bodyHash })
  return right === signature ? null : 'another signature'
}

function scopeFault(
  request: ReceivedRequest,
  told: Told,
  expected: ExpectedSignature,
): string | null {
  if (told.id !== expected.accessKeyId) return 'another key id'
  if (told.region !== expected.region || told.service !== expected.service) return 'another scope'
  const date = request.headers['x-amz-date'] ?? ''
  const stamp = Date.parse(
    date.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, '$1-$2-$3T$4:$5:$6Z'),
  )
  if (!(Math.abs(stamp - expected.nowMs) <= 300_000)) return 'another time'
  if (date.slice(0, 8) !== told.day) return 'another day'
  const listed = told.names.split(';')
  const must = Object.keys(request.headers).filter((n) => n === 'host' || n.startsWith('x-amz-'))
  const missing = must.find((name) => !listed.includes(name))
  return missing === undefined ? null : `${missing} is not signed`
}

function bodyFault(request: ReceivedRequest, service: string, bodyHash: string): string | null {
  const told = request.headers['x-amz-content-sha256']
  if (told !== undefined && told !== bodyHash) return 'another body'
  return service === 's3' && told === undefined ? 'no x-amz-content-sha256' : null
}

function signatureOf(
  request: ReceivedRequest,
  { day, region, service, names }: Told,
  { secret, bodyHash }: { readonly secret: string; readonly bodyHash: string },
): string {
  const value = (name: string) => (request.headers[name] ?? '').trim().split(/ +/).join(' ')
  const canonical = [
    request.method,
    pathOf(request.target, service === 's3'),
    queryOf(request.target),
    ...names.split(';').map((name) => `${name}:${value(name)}`),
    '',
    names,
    bodyHash,
  ].join('\n')
  const hashed = createHash('sha256').update(canonical, 'latin1').digest('hex')
  let key: Buffer | string = `AWS4${secret}`
  for (const part of [day, region, service, 'aws4_request']) {
    key = createHmac('sha256', key).update(part).digest()
  }
  const scope = `${day}/${region}/${service}/aws4_request`
  const text = `AWS4-HMAC-SHA256\n${request.headers['x-amz-date'] ?? ''}\n${scope}\n${hashed}`
  return createHmac('sha256', key).update(text).digest('hex')
}

/** RFC 3986 alone stays; `encodeURIComponent` leaves five characters more. */
function uriEncode(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`,
  )
}

function pathOf(target: string, once: boolean): string {
  const path = target.split('?', 1)[0] ?? ''
  const segments = path.split('/')
  if (once) return segments.map((s) => uriEncode(decodeURIComponent(s))).join('/')
  const kept = segments.filter((segment, at) => segment !== '' || at === segments.length - 1)
  return `/${kept.map(uriEncode).join('/')}`
}

function queryOf(target: string): string {
  const mark = target.indexOf('?')
  if (mark < 0) return ''
  return [...new URLSearchParams(target.slice(mark + 1))]
    .map(([key, value]) => [uriEncode(key), uriEncode(value)] as const)
    .toSorted(([a, x], [b, y]) =>
      Buffer.compare(Buffer.from(`${a}\0${x}`), Buffer.from(`${b}\0${y}`)),
    )
    .map((pair) => pair.join('='))
    .join('&')
}
