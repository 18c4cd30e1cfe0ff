import type { Field, IncomingHead } from '../http-message.ts'
import { fieldFault, readLength, sectionTooLarge, type SectionBounds } from './field-syntax.ts'

/** A request header that passed, and how long its body says it is. */
export interface ReadHead {
  readonly head: IncomingHead
  /** `null`: the request does not say. */
  readonly length: number | null
}

/** Why a request header is refused, and the status that tells so. */
export interface HeadFault {
  readonly status: 400 | 417 | 431 | 501
  readonly message: string
}

interface Sections {
  readonly pseudo: Map<string, string>
  readonly fields: Field[]
}

/** As long as HTTP/1 takes one: it is told to people and written down. */
const methodForm = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]{1,32}$/

/** Visible ASCII: what a path and an authority are made of. Their meaning is judged elsewhere. */
const visibleForm = /^[\x21-\x7e]+$/

/**
 * Reads a request header from the list that nghttp2 hands over (name, value, name, value …). nghttp2
 * checks most of this too; but what is forwarded rests on our reading, not on a build option of Node's.
 */
export function readRequestHead(
  raw: readonly string[],
  bounds: SectionBounds,
): ReadHead | HeadFault {
  const large = sectionTooLarge(raw, bounds)
  if (large !== null) return { status: 431, message: large }
  const sections = split(raw)
  if (typeof sections === 'string') return { status: 400, message: sections }
  const { pseudo, fields } = sections
  const fault = pseudoFault(pseudo)
  if (fault !== null) return fault
  return assemble(pseudo, fields)
}

const pseudoNames: ReadonlySet<string> = new Set([':method', ':scheme', ':path', ':authority'])

function split(raw: readonly string[]): Sections | string {
  const pseudo = new Map<string, string>()
  const fields: Field[] = []
  for (let index = 0; index < raw.length; index += 2) {
    const name = raw[index] ?? ''
    const value = raw[index + 1] ?? ''
    if (name.startsWith(':')) {
      if (fields.length > 0) return 'a pseudo field after a regular one'
      if (name !== ':protocol' && !pseudoNames.has(name)) return 'an unknown pseudo field'
      if (pseudo.has(name)) return 'a pseudo field sent twice'
      pseudo.set(name, value)
      continue
    }
    const fault = fieldFault(name, value)
    if (fault !== null) return fault
    fields.push([name, value])
  }
  return { pseudo, fields }
}

function pseudoFault(pseudo: ReadonlyMap<string, string>): HeadFault | null {
  const bad = (message: string): HeadFault => ({ status: 400, message })
  if (pseudo.has(':protocol')) return { status: 501, message: 'extended CONNECT' }
  const method = pseudo.get(':method') ?? ''
  if (method === 'CONNECT') return { status: 501, message: 'CONNECT over HTTP/2' }
  if (!methodForm.test(method)) return bad('a method that is missing or not a token')
  const scheme = pseudo.get(':scheme')
  if (scheme !== 'https' && scheme !== 'http') return bad('a scheme other than http and https')
  const authority = pseudo.get(':authority') ?? ''
  if (!visibleForm.test(authority)) return bad('an authority that is missing or malformed')
  if (/[@/?#\\,]/.test(authority)) return bad('an authority that is more than host and port')
  return pathFault(pseudo.get(':path') ?? '', method)
}

function pathFault(path: string, method: string): HeadFault | null {
  if (path === '*' && method === 'OPTIONS') return null
  if (!path.startsWith('/')) return { status: 400, message: 'a path that is not in origin form' }
  if (!visibleForm.test(path) || path.includes('#')) {
    return { status: 400, message: 'a path with characters that have no place in it' }
  }
  return null
}

/** What several regular fields say together. */
interface Gathered {
  readonly headers: Field[]
  host: string | null
  length: number | null
  expectsContinue: boolean
  cookieAt: number
}

function assemble(
  pseudo: ReadonlyMap<string, string>,
  fields: readonly Field[],
): ReadHead | HeadFault {
  const gathered: Gathered = {
    headers: [],
    host: null,
    length: null,
    expectsContinue: false,
    cookieAt: -1,
  }
  const crumbs: string[] = []
  for (const field of fields) {
    const fault = gather(field, gathered, crumbs)
    if (fault !== null) return fault
  }
  if (crumbs.length > 0) gathered.headers[gathered.cookieAt] = ['cookie', crumbs.join('; ')]
  const authority = pseudo.get(':authority') ?? ''
  if (gathered.host !== null && gathered.host !== authority) {
    return { status: 400, message: 'an authority and a host that differ' }
  }
  const head: IncomingHead = {
    version: '2',
    method: pseudo.get(':method') ?? '',
    target: pseudo.get(':path') ?? '',
    authority,
    scheme: pseudo.get(':scheme') ?? '',
    headers: gathered.headers,
    upgrade: null,
    expectsContinue: gathered.expectsContinue,
  }
  return { head, length: gathered.length }
}

function gather(field: Field, into: Gathered, crumbs: string[]): HeadFault | null {
  const [name, value] = field
  if (name === 'cookie') {
    // A client may cut a cookie into crumbs to compress it (RFC 9113, 8.2.3). One value is what judges
    // and HTTP/1 upstreams expect.
    if (into.cookieAt < 0) into.cookieAt = into.headers.push(field) - 1
    crumbs.push(value)
    return null
  }
  if (name === 'host') {
    if (into.host !== null) return { status: 400, message: 'two host fields' }
    into.host = value
    return null
  }
  if (name === 'content-length') return gatherLength(value, into)
  if (name === 'expect') {
    if (value.toLowerCase() !== '100-continue')
      return { status: 417, message: 'an unknown expectation' }
    into.expectsContinue = true
  }
  into.headers.push(field)
  return null
}

function gatherLength(value: string, into: Gathered): HeadFault | null {
  if (into.length !== null) return { status: 400, message: 'two lengths' }
  into.length = readLength(value)
  return into.length === null ? { status: 400, message: 'a length that is not a number' } : null
}
