import type { PathRule } from '@caisson/core'
import { guestInitPath, type SetupOperation } from '@caisson/guest'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { Duplex } from 'node:stream'

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

/** The system bound for commands, as far as raw tests need it. */
const bare = ['--unshare-all', '--as-pid-1', '--die-with-parent', '--uid', '0', '--gid', '0']

/** What init answers to raw bytes on its link, until it exits. */
export async function answerTo(bytes: Uint8Array): Promise<Buffer> {
  const bind = ['--ro-bind', guestInitPath(), '/init', '--proc', '/proc', '--dev', '/dev']
  const child = spawn(
    'bwrap',
    [...bare, '--cap-add', 'ALL', ...bind, '--', '/init', '--link', '3'],
    { stdio: ['ignore', 'ignore', 'inherit', 'pipe'], env: {} },
  )
  const link = child.stdio[3]
  if (!(link instanceof Duplex)) throw new Error('bwrap has no link')
  const exited = once(child, 'exit')
  link.on('error', () => undefined)
  link.end(bytes)
  const chunks: Uint8Array[] = []
  link.on('data', (chunk: Uint8Array) => chunks.push(chunk))
  await exited
  return Buffer.concat(chunks)
}

/** One frame on stream 0. */
export function frame(type: number, payload: Uint8Array): Buffer {
  const header = Buffer.alloc(10)
  header.writeUInt32LE(payload.length, 0)
  header.writeUInt8(type, 4)
  return Buffer.concat([header, payload])
}
