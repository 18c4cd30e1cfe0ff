import { createSandbox } from '@caisson/bubblewrap'
import type { NetworkPolicy, Sandbox } from '@caisson/core'
import { createRequire } from 'node:module'
import { dirname } from 'node:path'

const modules = dirname(dirname(createRequire(import.meta.url).resolve('ws/package.json')))

/** Where the modules of this checkout are inside. */
export const modulesInside = '/opt/clients/node_modules'

/** A way out to one port of the host's loopback interface, for a server of any protocol. */
export interface LeadingTo {
  readonly network: NetworkPolicy
  readonly port: number
  /** Whom to trust, PEM. */
  readonly trust: string
}

/** A sandbox in which `api.good.test:443` is that port, and Node finds the modules of the tests. */
export function sandboxLeadingTo({ network, port, trust }: LeadingTo): Promise<Sandbox> {
  const filesystem = {
    mounts: [{ source: modules, target: modulesInside, access: 'read' as const }],
  }
  const egress = { hosts: { 'api.good.test:443': `127.0.0.1:${port}` }, trust }
  return createSandbox({ policy: { network, filesystem }, egress })
}
