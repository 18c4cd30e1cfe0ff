import type { PlannedMount, SandboxPlan } from '@caisson/core'

/** A plan with the least in it, and what a test changes. */
export function examplePlan(change: Partial<SandboxPlan> = {}): SandboxPlan {
  return {
    id: 'example',
    system: [],
    image: null,
    mounts: [],
    scratch: { tmpBytes: 1048576, home: '/home/sandbox', homeBytes: 2097152 },
    environment: {},
    workingDirectory: '/home/sandbox',
    process: { uid: 1000, gid: 1000, hostname: 'sandbox', unixSockets: true },
    limits: {
      cpus: null,
      memoryBytes: 268435456,
      pids: 64,
      diskBytes: 4194304,
      openFiles: 256,
      wallTimeMs: null,
      outputBytes: null,
    },
    network: { kind: 'none' },
    ...change,
  }
}

/** A mount of a folder. */
export function exampleMount(change: Partial<PlannedMount> = {}): PlannedMount {
  return {
    source: '/host/repo',
    target: '/work',
    access: 'write',
    kind: 'directory',
    rule: 'filesystem.mounts[0]',
    deny: [],
    protect: [],
    ...change,
  }
}
