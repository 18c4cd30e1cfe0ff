import type { SessionNotice } from '@caisson/core'
import { Builtin } from './builtin.ts'
import type { Reader } from './decode.ts'
import { Writer } from './encode.ts'
import type { GuestLink } from './link.ts'
import type { Notices } from './notices.ts'
import { bound } from './protocol.ts'
import { protocolError } from './protocol-error.ts'
import { recordStream, sizeWithStrings, type RecordShape } from './record-stream.ts'
import { writeRules } from './rules-field.ts'
import type { SetupOperation } from './setup.ts'
import { printable } from './text.ts'

type Mount = Extract<SetupOperation, { kind: 'mount' }>

/** What the sentinel watches of one mount. */
export type WatchedMount = Pick<Mount, 'index' | 'target' | 'deny' | 'protect'>

const ruleIdMost = 256

/**
 * The mounts with rules that can come to match something new. Protect only where the host would see the write: overlays keep
 * it to themselves until they are committed, and commit judges it.
 */
export function watchedMounts(operations: readonly SetupOperation[]): WatchedMount[] {
  return operations
    .filter((step): step is Mount => step.kind === 'mount')
    .map(({ index, target, deny, protect, access }) => ({
      index,
      target,
      deny,
      protect: access === 'write' ? protect : [],
    }))
    .filter((mount) => mount.deny.length + mount.protect.length > 0)
}

/** Watches for as long as the session lives. That it cannot, or no longer does, is told as a notice. */
export async function runSentinel(
  link: GuestLink,
  mounts: readonly WatchedMount[],
  notices: Notices,
): Promise<void> {
  try {
    await watch(link, mounts, notices)
    notices.tell(stopped('it ended'))
  } catch (error) {
    if (link.over === undefined && !link.closing) {
      notices.tell(stopped(error instanceof Error ? error.message : 'unknown'))
    }
  }
}

async function watch(
  link: GuestLink,
  mounts: readonly WatchedMount[],
  notices: Notices,
): Promise<void> {
  const builtin = new Builtin(link, ['sentinel'], 'pipe')
  const records = recordStream(builtin, shapeFor(mounts))
  await builtin.write(encodeWatched(mounts))
  builtin.closeStdin()
  for await (const notice of records) notices.tell(notice)
  await builtin.succeed('watching the rules')
}

function encodeWatched(mounts: readonly WatchedMount[]): Buffer {
  const to = new Writer(4096).u32(mounts.length)
  for (const { index, target, deny, protect } of mounts) {
    to.u32(index).str(target)
    writeRules(to, deny)
    writeRules(to, protect)
  }
  return to.finish()
}

function shapeFor(mounts: readonly WatchedMount[]): RecordShape<SessionNotice> {
  const byIndex = new Map(mounts.map((mount) => [mount.index, mount]))
  return {
    size: (bytes) => sizeWithStrings(bytes, 5, [ruleIdMost, bound.PATH_BYTES_MAX]),
    read: (reader) => readRecord(reader, byIndex),
  }
}

function readRecord(reader: Reader, mounts: ReadonlyMap<number, WatchedMount>): SessionNotice {
  const mount = mounts.get(reader.u32())
  const isProtect = reader.below(2, 'list of rules') === 1
  const id = printable(reader.str(ruleIdMost))
  const path = printable(reader.str(bound.PATH_BYTES_MAX))
  const rule = (isProtect ? mount?.protect : mount?.deny)?.find((known) => known.rule === id)
  if (rule === undefined) throw protocolError('a notice about a rule that is not watched')
  return { kind: isProtect ? 'protect-created' : 'deny-created', path, rule: rule.rule }
}

function stopped(why: string): SessionNotice {
  return { kind: 'log', message: `files that rules name are no longer watched for: ${why}` }
}
