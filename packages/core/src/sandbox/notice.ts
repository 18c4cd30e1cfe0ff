import type { Denial } from '../denial.ts'
import { namePath } from '../denials/name-path.ts'
import type { SessionNotice } from '../driver.ts'

/** The refusal that a sentinel's notice tells of: something appeared where the policy wants nothing to. */
export function noticeDenial(
  notice: Extract<SessionNotice, { kind: 'protect-created' | 'deny-created' }>,
): Denial {
  const isProtect = notice.kind === 'protect-created'
  const clause = isProtect ? 'filesystem.protect' : 'filesystem.deny'
  return {
    kind: isProtect ? 'fs.protect' : 'fs.write',
    target: notice.path,
    rule: notice.rule,
    source: 'guest',
    remedy: `remove it again, or change ${clause}`,
    message: `${namePath(notice.path)} was created although the policy ${isProtect ? 'protects' : 'hides'} that path (${notice.rule}); remove it.`,
  }
}
