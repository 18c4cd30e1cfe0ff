import { createSandbox } from '@caisson/bubblewrap'
import type { Credential, NetworkPolicy, Sandbox } from '@caisson/core'
import { modulesMount } from './modules.ts'

/** A way out to one port of the host's loopback interface, for a server of any protocol. */
export interface LeadingTo {
  readonly network: NetworkPolicy
  readonly port: number
  /** Whom to trust, PEM. */
  readonly trust: string
  readonly credentials?: Readonly<Record<string, Credential>>
}

/** A sandbox in which `api.good.test:443` is that port, and Node finds the modules of the tests. */
export function sandboxLeadingTo(to: LeadingTo): Promise<Sandbox> {
  const { network, port, trust, credentials } = to
  const filesystem = { mounts: [modulesMount] }
  const egress = { hosts: { 'api.good.test:443': `127.0.0.1:${port}` }, trust }
  return createSandbox({ policy: { network, filesystem, credentials }, egress })
}
