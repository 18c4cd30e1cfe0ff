import { dirname } from 'node:path/posix'
import type { Denial, DenialKind } from '../denial.ts'
import { type Access, resolveAccess } from '../plan/access.ts'
import type { SandboxPlan } from '../plan/types.ts'
import type { ReportedErrno } from './error-report.ts'
import { namePath, quotePath } from './name-path.ts'

/** A failed act on a path. */
export interface PathFailure {
  /** Absolute, without `.` and `..`. */
  readonly path: string
  readonly errno: ReportedErrno
  readonly isWrite: boolean
}

/** Whether the plan explains a failure, and what then remains to be known. */
export interface Verdict {
  readonly denial: Denial
  /** A host path that has to exist for the verdict to hold, or `null`. */
  readonly ifHostHas: string | null
}

interface Words {
  readonly kind: DenialKind
  readonly why: string
  readonly remedy: string
}

const elsewhere = 'write to a mount with access "write" or "overlay", to /tmp or to the home'

type Explain = (failure: PathFailure) => Words | undefined

const none: Explain = ({ path, errno, isWrite }) => {
  if (errno === 'EROFS')
    return { kind: 'fs.write', why: 'is outside every writable place', remedy: elsewhere }
  if (errno !== 'ENOENT') return undefined
  const access = isWrite ? 'write' : 'read'
  return {
    kind: `fs.${access}`,
    why: 'is outside the mounts of the policy, so it does not exist in the sandbox',
    remedy: `work without it, or ask for { source: ${quotePath(isWrite ? dirname(path) : path)}, access: "${access}" } in filesystem.mounts`,
  }
}

const hidden: Explain = ({ errno, isWrite }) =>
  errno === 'ENOENT'
    ? undefined
    : {
        kind: isWrite ? 'fs.write' : 'fs.read',
        why: 'is hidden by the policy',
        remedy: 'work without it, or take it out of filesystem.deny',
      }

const kept: Explain = ({ errno }) =>
  errno === 'EROFS' || errno === 'EBUSY'
    ? {
        kind: 'fs.protect',
        why: 'is protected by the policy: it can be read and not be changed',
        remedy: 'leave it as it is, or change filesystem.protect or protectDefaults',
      }
    : undefined

const readOnly: Explain = ({ errno }) =>
  errno === 'EROFS'
    ? {
        kind: 'fs.write',
        why: 'lies in a mount that is read-only',
        remedy: 'give the mount access "write" or "overlay", or write elsewhere',
      }
    : undefined

const system: Explain = ({ errno, isWrite }) =>
  errno === 'EROFS' || (errno === 'EACCES' && isWrite)
    ? { kind: 'fs.write', why: 'belongs to the read-only system', remedy: elsewhere }
    : undefined

/** On a plain folder nothing is busy: only a pin that keeps a protected or hidden path in place is. */
const writable: Explain = ({ errno }) =>
  errno === 'EBUSY'
    ? {
        kind: 'fs.protect',
        why: 'contains a protected or hidden path, so it cannot be moved or removed',
        remedy: 'leave the folder where it is; what is not protected in it can be changed',
      }
    : undefined

/** A file that the host has in a folder of the same name; the sandbox's folder is another. */
const scratch: Explain = ({ path, errno, isWrite }) =>
  errno === 'ENOENT' && !isWrite
    ? {
        kind: 'fs.read',
        why: 'is on the host only: the /tmp and the home of the sandbox are its own',
        remedy: `work without it, or ask for { source: ${quotePath(path)}, access: "read" } in filesystem.mounts`,
      }
    : undefined

/** What each kind of place refuses. Anything else is the command's own affair. */
const explanations: Readonly<Record<Access, Explain>> = {
  none,
  hidden,
  protected: kept,
  read: readOnly,
  system,
  write: writable,
  overlay: () => undefined,
  scratch,
}

/** Says which clause of the policy explains a failure, if one does. */
export function judgePath(plan: SandboxPlan, failure: PathFailure): Verdict | undefined {
  const { access, rule: found } = resolveAccess(plan, failure.path)
  const words = explanations[access](failure)
  if (words === undefined) return undefined
  const { kind, why, remedy } = words
  const rule = access === 'none' || access === 'scratch' ? 'filesystem.mounts' : found
  const target = failure.path
  const message = `${namePath(target)} ${why} (${rule}); do not retry: ${remedy}.`
  const isMissing = failure.errno === 'ENOENT'
  return {
    denial: { kind, target, rule, source: 'inferred', remedy, message },
    ifHostHas: isMissing ? (failure.isWrite ? dirname(target) : target) : null,
  }
}
