import type { BodyView } from './body-view.ts'
import { planUndoing, undo, undoLater, type Undone } from './content-coding.ts'
import { readForm, readLooseForm, writeForm } from './form.ts'
import { isJsonType, isUnicode, type Parameters, readMediaType } from './media-type.ts'
import { partView, readMultipart, writeMultipart } from './multipart.ts'
import { parseJson, writeJson } from './strict-json.ts'

/** A body as it came, with what its header says of it. */
export interface GivenBody {
  /** All of its fields `content-type`, joined by `, ` where there are several; `null` without one. */
  readonly contentType: string | null
  readonly contentEncoding: string | null
  readonly bytes: Buffer
}

/** A body that was read. */
export interface ReadBody {
  readonly view: BodyView
  /** What is sent: written anew from `view`, where it is of a kind that is looked into. */
  readonly bytes: Buffer
  /** A content coding was undone; then `content-encoding` may not be sent. */
  readonly decoded: boolean
  /** The field `content-type` that belongs to `bytes`. */
  readonly contentType: string | null
}

/** Bodies coded in more bytes than this keep a thread for long: {@link readBodyLater}. */
export const readLaterBytes = 4_194_304

/** A kind of body, once its coding is undone. */
interface Plain {
  readonly contentType: string | null
  readonly bytes: Buffer
  readonly decoded: boolean
}

function unreadable(plain: Plain, fault: string): ReadBody {
  return { ...plain, view: { kind: 'unreadable', fault, tooLarge: false } }
}

function asJson(plain: Plain): ReadBody {
  const read = parseJson(plain.bytes)
  if ('fault' in read) return unreadable(plain, `it is not strict JSON: ${read.fault}`)
  return { ...plain, view: { kind: 'json', value: read.value }, bytes: writeJson(read.value) }
}

function asForm(plain: Plain): ReadBody {
  const fields = readForm(plain.bytes)
  if (fields === null) return asLooseForm(plain)
  return { ...plain, view: { kind: 'form', fields }, bytes: writeForm(fields) }
}

function asLooseForm(plain: Plain): ReadBody {
  const fields = readLooseForm(plain.bytes)
  if (fields === null) return unreadable(plain, 'it is a form with too many fields')
  return { ...plain, view: { kind: 'loose-form', fields } }
}

function asMultipart(plain: Plain, type: Parameters): ReadBody {
  const boundary = type.parameters.get('boundary')
  const parts = boundary === undefined ? null : readMultipart(plain.bytes, boundary)
  if (parts === null)
    return unreadable(plain, 'it is not multipart/form-data that is written in one way only')
  const view: BodyView = { kind: 'multipart', parts: parts.map(partView) }
  return { ...plain, ...writeMultipart(parts, plain.bytes), view }
}

/** Whether the first character that is no blank opens an object or an array. */
function looksLikeJson(bytes: Buffer): boolean {
  let at = bytes.length >= 3 && bytes.readUIntBE(0, 3) === 0xefbbbf ? 3 : 0
  for (;;) {
    const code = bytes[at]
    if (code === 0x7b || code === 0x5b) return true
    if (code !== 0x20 && code !== 0x09 && code !== 0x0a && code !== 0x0d) return false
    at += 1
  }
}

/**
 * A body of a type that is not looked into. Servers that ignore the type read JSON where they find it, so
 * it is shown as JSON then, but sent as it came: it may be a file, which nobody wants changed.
 */
function asOther(plain: Plain): ReadBody {
  const other: ReadBody = { ...plain, view: { kind: 'other' } }
  if (!looksLikeJson(plain.bytes)) return other
  const read = parseJson(plain.bytes)
  return 'fault' in read ? other : { ...plain, view: { kind: 'json', value: read.value } }
}

function byType(plain: Plain, type: Parameters): ReadBody {
  const { word } = type
  if (word.startsWith('application/grpc')) return { ...plain, view: { kind: 'grpc' } }
  const isForm = word === 'application/x-www-form-urlencoded'
  const isParts = word === 'multipart/form-data'
  const isJson = isJsonType(word)
  if (isForm || isParts || isJson) {
    if (!isUnicode(type)) return unreadable(plain, 'it is of another charset than UTF-8')
  }
  if (isParts) return asMultipart(plain, type)
  if (isJson || (isForm && looksLikeJson(plain.bytes))) return asJson(plain)
  if (isForm) return asForm(plain)
  return word.startsWith('multipart/')
    ? unreadable(plain, 'it is a body of bodies that is not a form')
    : asOther(plain)
}

function judge(plain: Plain): ReadBody {
  const { contentType, bytes } = plain
  const type = contentType === null ? null : readMediaType(contentType)
  if (contentType !== null && type === null)
    return unreadable(plain, 'its content-type is not one media type')
  if (bytes.length === 0 && !type?.word.startsWith('application/grpc'))
    return { ...plain, view: { kind: 'empty' } }
  if (type !== null) return byType(plain, type)
  return looksLikeJson(bytes) ? asJson(plain) : { ...plain, view: { kind: 'other' } }
}

function finish(given: GivenBody, undone: Undone): ReadBody {
  const { contentType } = given
  if ('bytes' in undone) {
    return judge({ contentType, bytes: undone.bytes, decoded: undone.bytes !== given.bytes })
  }
  const view: BodyView = { kind: 'unreadable', ...undone }
  return { contentType, bytes: given.bytes, decoded: false, view }
}

/**
 * Undoes the content coding of a body, and reads it by its media type. What cannot be read in one way only
 * is `unreadable`. An empty body of gRPC is one of gRPC.
 */
export function readBody(given: GivenBody, limits: { readonly judgedBodyBytes: number }): ReadBody {
  const plan = planUndoing(given.contentEncoding, given.bytes, limits.judgedBodyBytes)
  return finish(given, 'coding' in plan ? undo(plan) : plan)
}

/** The same, with the coding undone on another thread. */
export async function readBodyLater(
  given: GivenBody,
  limits: { readonly judgedBodyBytes: number },
): Promise<ReadBody> {
  const plan = planUndoing(given.contentEncoding, given.bytes, limits.judgedBodyBytes)
  return finish(given, 'coding' in plan ? await undoLater(plan) : plan)
}
