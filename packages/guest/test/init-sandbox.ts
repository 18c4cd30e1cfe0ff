import type { PathRule } from '@caisson/core'
import type { SetupOperation } from '@caisson/guest'
import { spawnSync } from 'node:child_process'
import { guestInitPath } from '@caisson/guest'

/** A MOUNT operation. */
export type MountStep = Extract<SetupOperation, { kind: 'mount' }>

/** A writable mount of the first staged folder at `/work`, but for what is said. */
export function mount(changes: Partial<MountStep> = {}): MountStep {
  const { index = 0, access = 'write' } = changes
  return {
    kind: 'mount',
    index,
    access,
    fileKind: 'directory',
    staged: `/.caisson/m/${index}`,
    target: '/work',
    upperBytes: access === 'overlay' ? 16 * 1_048_576 : 0,
    deny: [],
    protect: [],
    ...changes,
  }
}

/** A rule over the components of a path. */
export function rule(path: string, only?: PathRule['only']): PathRule {
  const named = { rule: `filesystem.test[${path}]`, components: path.split('/') }
  return only === undefined ? named : { ...named, only }
}

/** Python that connects to the socket at its argument, says `hello` and tells how it went. */
export const connectScript = [
  'import socket, sys, errno',
  's = socket.socket(socket.AF_UNIX)',
  'try:',
  '  s.connect(sys.argv[1]); s.sendall(b"hello"); print("connected")',
  'except OSError as e: print(errno.errorcode[e.errno])',
].join('\n')

/** What init answers to raw bytes on its link, in namespaces of its own. */
export function answerTo(bytes: Uint8Array): {
  readonly status: number | null
  readonly stdout: Buffer
} {
  const namespaces = [
    '--unshare-all',
    '--as-pid-1',
    '--die-with-parent',
    '--uid',
    '0',
    '--gid',
    '0',
  ]
  const init = [
    '--ro-bind',
    guestInitPath(),
    '/init',
    '--proc',
    '/proc',
    '--',
    '/init',
    '--link',
    '0',
  ]
  const { status, stdout } = spawnSync('bwrap', [...namespaces, '--cap-add', 'ALL', ...init], {
    input: bytes,
    timeout: 10_000,
  })
  return { status, stdout }
}
