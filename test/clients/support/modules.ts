import type { Mount } from '@caisson/core'
import { createRequire } from 'node:module'
import { dirname } from 'node:path'

const modules = dirname(dirname(createRequire(import.meta.url).resolve('ws/package.json')))

/** Where the modules of this checkout are inside. */
export const modulesInside = '/opt/clients/node_modules'

/** Shows the modules of this checkout inside. */
export const modulesMount: Mount = { source: modules, target: modulesInside, access: 'read' }

/** Runs an ES module that imports what is installed by name. */
export function nodeModule(source: string, ...args: readonly string[]): readonly string[] {
  const script = 'cd /opt/clients && exec node --input-type=module -e "$@"'
  return ['sh', '-c', script, 'sh', source, ...args]
}
