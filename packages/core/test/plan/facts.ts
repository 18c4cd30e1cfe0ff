import type { HostFacts, HostPathKind, Mount, Policy, SandboxPlan } from '@caisson/core'
import { parsePolicy, planSandbox } from '@caisson/core'

/** What a made-up host has at the sources of a policy; a folder unless said otherwise. */
export interface MadeUpHost {
  readonly kinds?: Readonly<
    Record<string, 'directory' | 'file' | 'other' | 'missing' | 'unreadable'>
  >
  /** Sources that are links, and where they lead. */
  readonly links?: Readonly<Record<string, string>>
  readonly mountPoints?: Readonly<Record<string, HostPathKind>>
  readonly uid?: number
}

const system: HostFacts['system'] = [
  { kind: 'bind', path: '/usr' },
  { kind: 'link', path: '/bin', to: 'usr/bin' },
  { kind: 'bind', path: '/etc/ld.so.cache' },
]

/** Facts of a host that nobody has. */
export function factsFor(policy: Policy, host: MadeUpHost = {}): HostFacts {
  const sources = (policy.filesystem?.mounts ?? []).map(({ source }) => {
    const kind = host.kinds?.[source] ?? 'directory'
    const isThere = kind !== 'missing' && kind !== 'unreadable'
    return { given: source, canonical: isThere ? (host.links?.[source] ?? source) : null, kind }
  })
  const uid = host.uid ?? 1000
  return {
    user: { uid, gid: uid },
    homes: ['/home/ada'],
    environment: { LANG: 'de_DE.UTF-8', TERM: 'xterm' },
    system,
    sources,
    mountPoints: host.mountPoints ?? {},
  }
}

/** Parses and plans on a made-up host. */
export function plan(input: unknown, host: MadeUpHost = {}): SandboxPlan {
  const policy = parsePolicy(input)
  return planSandbox(policy, factsFor(policy, host), 'test')
}

/** Plans mounts alone. */
export function planMounts(mounts: readonly Mount[], host: MadeUpHost = {}): SandboxPlan {
  return plan({ filesystem: { mounts } }, host)
}
