import { SandboxError, type TerminalSize } from '@caisson/core'
import { Writer } from './encode.ts'
import { bound } from './protocol.ts'

/** What SPAWN carries, and what its end waits for. */
export interface ProcessStart {
  readonly argv: readonly string[]
  readonly environment: Readonly<Record<string, string>>
  readonly workingDirectory: string
  readonly stdin: 'none' | 'pipe'
  readonly stderr: 'pipe' | 'merge'
  readonly terminal: TerminalSize | null
  readonly builtin: boolean
  /** Soft and hard RLIMIT_NOFILE; 0 leaves it. */
  readonly openFiles: number
  /** Not sent: what has to be done between EXIT and the caller's hearing of it. Must not reject. */
  readonly settle?: (() => Promise<void>) | undefined
}

/** The payload of SPAWN. Misuse is a `TypeError`; a command that is too long for a frame fails as `E2BIG`. */
export function encodeSpawn(start: ProcessStart): Buffer {
  if (start.argv.length === 0) throw new TypeError('a command needs at least one word')
  const { columns, rows } = checkedSize(start.terminal ?? { columns: 0, rows: 0 })
  const payload = new Writer(512)
    .strings(start.argv)
    .strings(Object.entries(start.environment).map(variable))
    .str(start.workingDirectory)
    .u8(start.stdin === 'pipe' ? 1 : 0)
    .u8(start.stderr === 'merge' ? 1 : 0)
    .u8(start.terminal === null ? 0 : 1)
    .u16(columns)
    .u16(rows)
    .u8(start.builtin ? 1 : 0)
    .u64(start.openFiles)
  if (payload.size <= bound.FRAME_PAYLOAD_MAX) return payload.finish()
  throw new SandboxError('SPAWN_FAILED', `arguments and environment take ${payload.size} bytes`, {
    errno: 'E2BIG',
    hint: `keep them below ${bound.FRAME_PAYLOAD_MAX} bytes, or pass data on stdin`,
  })
}

/** A size that fits the wire, else a `TypeError`. */
export function checkedSize(size: TerminalSize): TerminalSize {
  for (const value of [size.columns, size.rows]) {
    if (!Number.isInteger(value) || value < 0 || value > 0xffff) {
      throw new TypeError(`a terminal of ${size.columns} columns and ${size.rows} rows`)
    }
  }
  return size
}

function variable([name, value]: [string, string]): string {
  if (name === '' || name.includes('=')) throw new TypeError(`'${name}' cannot name a variable`)
  return `${name}=${value}`
}
