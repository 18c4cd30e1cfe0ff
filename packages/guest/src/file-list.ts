import { SandboxError, type DirectoryEntry, type FileKind } from '@caisson/core'
import type { Reader } from './decode.ts'
import type { FileCalls } from './file-calls.ts'
import { readKind } from './file-kind.ts'
import { nameFromInside } from './inside-path.ts'
import { call } from './protocol.ts'
import { protocolError } from './protocol-error.ts'

interface Page {
  readonly next: bigint
  readonly entries: readonly { readonly name: Buffer; readonly kind: FileKind }[]
}

const nameMost = 255
// A directory that grows while it is listed, or an init that lies, must not grow a host array without end.
const entriesMost = 1_000_000

/** All names of a folder, without `.` and `..`. A name that is not UTF-8 fails it with `EILSEQ`. */
export async function listDirectory(calls: FileCalls, path: string): Promise<DirectoryEntry[]> {
  const entries: DirectoryEntry[] = []
  let offset = 0n
  do {
    const page = await listPage(calls, path, offset)
    for (const { name, kind } of page.entries) {
      entries.push({ name: nameFromInside(name, `'${path}'`), kind })
    }
    if (entries.length > entriesMost) throw tooMany(path)
    offset = page.next
  } while (offset !== 0n)
  return entries
}

async function listPage(calls: FileCalls, path: string, offset: bigint): Promise<Page> {
  return await calls.call({
    operation: call.LIST,
    what: 'list',
    path,
    fields: (to) => to.str(path).u64(offset),
    reply: decodePage,
  })
}

function decodePage(reader: Reader): Page {
  const next = reader.u64()
  const count = reader.count(5)
  if (count === 0 && next !== 0n)
    throw protocolError('a page of a folder without names, but not the last')
  const entries = Array.from({ length: count }, () => {
    const name = reader.str(nameMost)
    if (!isName(name)) throw protocolError('a name in a folder with a slash, or none')
    return { name, kind: readKind(reader) }
  })
  return { next, entries }
}

function isName(name: Buffer): boolean {
  if (name.length === 0 || name.includes(0x2f)) return false
  const text = name.length <= 2 ? name.toString('latin1') : ''
  return text !== '.' && text !== '..'
}

function tooMany(path: string): SandboxError {
  return new SandboxError('LIMIT', `'${path}' has more than ${entriesMost} names`, { path })
}
