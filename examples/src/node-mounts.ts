import type { Mount } from '@caisson/core'
import { realpathSync } from 'node:fs'
import { dirname } from 'node:path'

/**
 * What must be mounted so that this Node runs inside: nothing when it lies in `/usr`, which every sandbox
 * with the host's system sees, else the folder that it was installed to (nvm, `/opt`).
 */
export function nodeMounts(): Mount[] {
  const program = realpathSync(process.execPath)
  if (program.startsWith('/usr/')) return []
  return [{ source: dirname(dirname(program)), access: 'read' }]
}
