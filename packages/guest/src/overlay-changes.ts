import { SandboxError, type OverlayChange } from '@caisson/core'
import { Builtin } from './builtin.ts'
import type { Reader } from './decode.ts'
import { readKind } from './file-kind.ts'
import { permissions } from './file-stat.ts'
import { isPlainRelative, nameFromInside } from './inside-path.ts'
import type { GuestLink } from './link.ts'
import { bound } from './protocol.ts'
import { protocolError } from './protocol-error.ts'
import { recordStream, sizeWithStrings, type RecordShape } from './record-stream.ts'

/** Which overlay, and how much of it. */
export interface ChangesRequest {
  readonly index: number
  readonly target: string
  readonly maxEntries: number
}

const types: readonly OverlayChange['type'][] = ['created', 'modified', 'deleted']
const tooManyCode = 2

/** Every difference, parents before children, each path once. */
export async function overlayChanges(
  link: GuestLink,
  request: ChangesRequest,
): Promise<OverlayChange[]> {
  const { index, target, maxEntries } = request
  if (!Number.isInteger(maxEntries) || maxEntries < 0 || maxEntries > 0xffff_ffff) {
    throw new TypeError(`${maxEntries} is not a number of changes`)
  }
  link.assertLive()
  const builtin = new Builtin(link, ['changes', `${index}`, `${maxEntries}`])
  const found = new Map<string, OverlayChange>()
  for await (const change of recordStream(builtin, shapeFor(target))) {
    if (found.has(change.path)) throw builtin.broken('a change told twice')
    if (found.size >= maxEntries) throw tooMany(request)
    found.set(change.path, change)
  }
  const end = await builtin.succeed('listing changes', [tooManyCode])
  if (end.exitCode === tooManyCode) throw tooMany(request)
  const orphan = [...found.values()].find((change) => !hasPlace(found, change.path))
  if (orphan !== undefined) throw builtin.broken('a change below something that is not a folder')
  // A path sorts after each of its own beginnings, so parents come first.
  return [...found.values()].toSorted((a, b) => (a.path < b.path ? -1 : 1))
}

function shapeFor(target: string): RecordShape<OverlayChange> {
  return {
    size: (bytes) => sizeWithStrings(bytes, 14, [bound.PATH_BYTES_MAX]),
    read: (reader) => readChange(reader, target),
  }
}

function readChange(reader: Reader, target: string): OverlayChange {
  const type = types[reader.below(types.length + 1, 'type of change') - 1]
  if (type === undefined) throw protocolError('type of change 0')
  const kind = readKind(reader)
  const size = Number(reader.u64())
  const mode = permissions(reader.u32())
  const path = nameFromInside(reader.str(bound.PATH_BYTES_MAX), `the changes of '${target}'`)
  if (!isPlainRelative(path)) throw protocolError('a change whose path leaves its mount')
  return { path, type, kind, size: kind === 'file' ? size : 0, mode }
}

/** Nothing can lie below what is a file now, or was removed. */
function hasPlace(found: ReadonlyMap<string, OverlayChange>, path: string): boolean {
  const slash = path.lastIndexOf('/')
  const parent = slash === -1 ? undefined : found.get(path.slice(0, slash))
  return parent === undefined || (parent.kind === 'directory' && parent.type !== 'deleted')
}

function tooMany(request: ChangesRequest): SandboxError {
  return new SandboxError(
    'LIMIT',
    `'${request.target}' has more than ${request.maxEntries} changes`,
    { path: request.target },
  )
}
