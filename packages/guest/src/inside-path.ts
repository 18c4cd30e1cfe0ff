import { SandboxError } from '@caisson/core'
import { bound } from './protocol.ts'
import { decodeUtf8, printable } from './text.ts'

/** Checks a path on its way in: absolute, no NUL, at most 4095 bytes. Anything else is a `TypeError`. */
export function absolutePath(path: string): string {
  if (typeof path !== 'string' || !path.startsWith('/')) {
    throw new TypeError(`${JSON.stringify(path)} is not an absolute path`)
  }
  return boundedPath(path)
}

/** Checks a path relative to a mount: no empty, `.` or `..` component. */
export function relativePath(path: string): string {
  if (typeof path !== 'string' || !isPlainRelative(path)) {
    throw new TypeError(`${JSON.stringify(path)} is not a path relative to a mount`)
  }
  return boundedPath(path)
}

/** Whether a path is relative and has no empty, `.` or `..` component. */
export function isPlainRelative(path: string): boolean {
  return path.split('/').every((part) => part !== '' && part !== '.' && part !== '..')
}

/** The string of a name that came from inside; a name that is not UTF-8 is `FILE` with `EILSEQ`. */
export function nameFromInside(bytes: Uint8Array, where: string): string {
  const text = decodeUtf8(bytes)
  if (text !== undefined) return text
  const shown = printable(bytes)
  throw new SandboxError('FILE', `the name '${shown}' in ${where} is not valid UTF-8`, {
    errno: 'EILSEQ',
    path: shown,
    hint: 'rename or remove it with a command',
  })
}

function boundedPath(path: string): string {
  if (path.includes('\0')) throw new TypeError(`a NUL inside ${JSON.stringify(path)}`)
  const size = Buffer.byteLength(path)
  if (size > bound.PATH_BYTES_MAX) {
    throw new TypeError(`a path of ${size} bytes; ${bound.PATH_BYTES_MAX} are allowed`)
  }
  return path
}
