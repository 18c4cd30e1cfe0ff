import { S3Client } from '@aws-sdk/client-s3'
import { createHash } from 'node:crypto'
import type { Answer, SeenRequest, Site } from '../packages/origin.ts'

/** Keys of AWS, and where they hold. */
export interface S3Account {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly sessionToken: string
  readonly region: string
}

/** S3, as far as clients get, put and list objects: whose signature does not hold is refused. */
export function s3Site(account: S3Account): Site {
  const { region, ...credentials } = account
  const s3 = new S3Client({ region, credentials })
  const stored = new Map<string, Buffer>()
  return async (request) => {
    const fault = await signatureFault(request, s3)
    if (fault !== null) return failure('SignatureDoesNotMatch', fault)
    const [path = '', query = ''] = request.target.split('?')
    if (request.method === 'PUT') {
      stored.set(nameOf(request, path), request.body)
      return { headers: { etag: '"made-up"' }, body: '' }
    }
    if (new URLSearchParams(query).has('list-type')) return listing([...stored.keys()])
    const object = stored.get(nameOf(request, path))
    return object === undefined ? failure('NoSuchKey', 'no such key') : { body: object }
  }
}

/** The same object, whichever of the two kinds of address leads to it. */
function nameOf({ headers }: SeenRequest, path: string): string {
  const [bucket = ''] = String(headers['host']).split('.s3.', 1)
  return String(headers['host']).includes('.s3.') ? `/${bucket}${path}` : path
}

/**
 * Signs what came once more with the vendor's own library, and compares.
 *
 * @returns what is wrong, or `null`
 */
async function signatureFault(request: SeenRequest, s3: S3Client): Promise<string | null> {
  const field = (name: string): string => String(request.headers[name] ?? '')
  const signed = /SignedHeaders=([^,]+)/.exec(field('authorization'))?.[1]?.split(';') ?? []
  const unsigned = Object.keys(request.headers).find(
    (name) => (name === 'host' || name.startsWith('x-amz-')) && !signed.includes(name),
  )
  if (unsigned !== undefined) return `${unsigned} is not signed`
  const hash = createHash('sha256').update(request.body).digest('hex')
  if (field('x-amz-content-sha256') !== hash) return 'another body'
  const scheme = { name: 'sigv4', signingName: 's3', properties: {} }
  const signingRegion = await s3.config.region()
  const signer = await s3.config.signer({ ...scheme, signingRegion })
  const again = await signer.sign(unsignedRequest(request, signed), {
    signingDate: dateOf(field('x-amz-date')),
  })
  return again.headers['authorization'] === field('authorization') ? null : 'another signature'
}

function unsignedRequest({ method, target, headers, body }: SeenRequest, names: readonly string[]) {
  const url = new URL(target, `https://${String(headers['host'])}`)
  const kept = names.map((name) => [name, String(headers[name] ?? '')] as const)
  return {
    method,
    protocol: 'https:',
    hostname: url.hostname,
    path: url.pathname,
    query: Object.fromEntries(url.searchParams),
    headers: Object.fromEntries(kept),
    body,
  }
}

/** `20261124T010203Z`. */
function dateOf(stamp: string): Date {
  const form = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/
  return new Date(stamp.replace(form, '$1-$2-$3T$4:$5:$6Z'))
}

function listing(names: readonly string[]): Answer {
  const contents = names.map((name) => `<Contents><Key>${name.split('/').at(-1)}</Key></Contents>`)
  const body = `<ListBucketResult><IsTruncated>false</IsTruncated>${contents.join('')}</ListBucketResult>`
  return { type: 'application/xml', body }
}

function failure(code: string, message: string): Answer {
  const body = `<Error><Code>${code}</Code><Message>${message}</Message></Error>`
  return { status: code === 'NoSuchKey' ? 404 : 403, type: 'application/xml', body }
}
