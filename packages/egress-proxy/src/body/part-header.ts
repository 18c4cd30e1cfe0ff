import { isUnicode, readMediaType, readParameterised } from './media-type.ts'

/** What the header of a part says. */
export interface PartHeader {
  readonly name: string
  readonly filename: string | null
  /** As the part says it, parameters included; `null` when it says none. */
  readonly contentType: string | null
  readonly type: string
}

const longestHeader = 4096
const known: ReadonlySet<string> = new Set([
  'content-disposition',
  'content-type',
  'content-length',
])

/** The fields of a header by name in lower case; `null` for a stranger, one that comes twice, or a fold. */
function readFields(header: string): ReadonlyMap<string, string> | null {
  const fields = new Map<string, string>()
  for (const line of header.split('\r\n')) {
    const colon = line.indexOf(':')
    const name = line.slice(0, Math.max(0, colon)).toLowerCase()
    if (!known.has(name) || fields.has(name)) return null
    const value = line.slice(colon + 1)
    // A bare line break is a new field to some readers.
    if (/(?!\t)\p{Cc}/u.test(value)) return null
    fields.set(name, value.replace(/^[ \t]{0,8}/, ''))
  }
  return fields
}

interface Disposition {
  readonly name: string
  readonly filename: string | null
}

/** RFC 7578, 4.2; without `filename*`, which that forbids, and which readers prefer to `filename` or do not. */
function readDisposition(field: string | undefined): Disposition | null {
  const read = field === undefined ? null : readParameterised(field)
  if (read === null || read.word !== 'form-data') return null
  const name = read.parameters.get('name')
  const filename = read.parameters.get('filename')
  if (name === undefined || name === '') return null
  const isKnown = read.parameters.size === (filename === undefined ? 1 : 2)
  return isKnown ? { name, filename: filename ?? null } : null
}

/** The media type of a part (RFC 7578, 4.4); `null` when it is a body of bodies, or is read otherwise than as UTF-8. */
function readType(contentType: string | undefined): string | null {
  if (contentType === undefined) return 'text/plain'
  const read = readMediaType(contentType)
  if (read === null || read.word.startsWith('multipart/') || !isUnicode(read)) return null
  return read.word
}

/** Reads the header of a part, or `null` when it can be read in more than one way. */
export function readPartHeader(bytes: Buffer): PartHeader | null {
  if (bytes.length > longestHeader) return null
  const fields = readFields(bytes.toString('utf8'))
  const disposition = readDisposition(fields?.get('content-disposition'))
  const contentType = fields?.get('content-type')
  const type = readType(contentType)
  if (disposition === null || type === null) return null
  return { ...disposition, contentType: contentType ?? null, type }
}

/** Writes a header in one fixed way. */
export function writePartHeader({ name, filename, contentType }: PartHeader): string {
  const file = filename === null ? '' : `; filename="${filename}"`
  const type = contentType === null ? '' : `\r\ncontent-type: ${contentType}`
  return `content-disposition: form-data; name="${name}"${file}${type}`
}
