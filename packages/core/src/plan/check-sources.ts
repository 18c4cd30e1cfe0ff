import type { Mount } from '../policy/types.ts'
import type { HostFacts, SourceFact } from './host-facts.ts'
import { isWithin } from './inside-path.ts'
import { planFault } from './plan-fault.ts'

/** Places of the host that no sandbox may be shown: kernel interfaces, devices, and sockets of services. */
const forbiddenTrees = ['/proc', '/sys', '/dev', '/run', '/var/run'] as const

/** Folders that hold the files of every program or user; something inside must be named instead. */
const sharedFolders = ['/', '/home', '/Users', '/tmp', '/var/tmp', '/private/tmp'] as const

const kindFaults: Readonly<Partial<Record<SourceFact['kind'], readonly [string, string]>>> = {
  missing: ['does not exist', 'make it first, or correct the path'],
  unreadable: ['cannot be looked at by this user', 'give this user access, or name another path'],
  other: ['is neither a folder nor a file', 'sockets, devices and pipes cannot be mounted'],
}

/** Whether the policy writes the home out, so that showing it is no accident. */
function namesHome(given: string, homes: readonly string[]): boolean {
  const plain = given.length > 1 ? given.replace(/\/+$/, '') : given
  return homes.includes(plain)
}

/** A source that is there. */
interface FoundSource {
  readonly clause: string
  readonly given: string
  readonly source: string
}

function checkPlace({ clause, given, source }: FoundSource, facts: HostFacts): void {
  const quoted = `source \`${given}\``
  const forbidden = forbiddenTrees.find((tree) => isWithin(source, tree))
  if (forbidden !== undefined) {
    throw planFault(
      clause,
      `${quoted} lies in ${forbidden}`,
      'it cannot be mounted; the sandbox has its own',
    )
  }
  const home = facts.homes.find((one) => one !== '/' && one !== source && isWithin(one, source))
  if (home !== undefined) {
    const message = `${quoted} (${source}) contains the home ${home} of this user`
    throw planFault(clause, message, 'name the folders below it that the sandbox needs')
  }
  if (facts.homes.includes(source) && source !== '/' && !namesHome(given, facts.homes)) {
    const message = `${quoted} is the home ${source} of this user, keys and configuration included`
    throw planFault(
      clause,
      message,
      'name a folder in it, or write its absolute path to mean all of it',
    )
  }
  if (sharedFolders.some((folder) => folder === source) && !namesHome(given, facts.homes)) {
    const message = `${quoted} (${source}) holds files of every program and user`
    throw planFault(clause, message, 'name the folders in it that the sandbox needs')
  }
}

/** Checks the source of every mount: that it is there, and that it does not show too much. */
export function checkSources(mounts: readonly Mount[], facts: HostFacts): void {
  for (const [index, mount] of mounts.entries()) {
    const clause = `filesystem.mounts[${index}]`
    const fact = facts.sources[index]
    if (fact === undefined || fact.given !== mount.source) {
      throw planFault(
        clause,
        'the facts are those of another policy',
        'call probeHost with this one',
      )
    }
    const fault = kindFaults[fact.kind]
    if (fault !== undefined)
      throw planFault(clause, `source \`${fact.given}\` ${fault[0]}`, fault[1])
    if (fact.canonical === null || !fact.canonical.startsWith('/')) {
      throw planFault(clause, `source \`${fact.given}\` has no absolute path`, 'correct the path')
    }
    if (fact.canonical === '/') {
      throw planFault(clause, 'source is `/`', 'name the folders that the sandbox needs')
    }
    if (mount.access === 'overlay' && fact.kind === 'file') {
      const hint = 'mount the folder that holds it, or use `read` or `write`'
      throw planFault(
        clause,
        `source \`${fact.given}\` is a file, and only folders can be overlays`,
        hint,
      )
    }
    checkPlace({ clause, given: fact.given, source: fact.canonical }, facts)
  }
}
