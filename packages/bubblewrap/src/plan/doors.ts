import type { EgressDoor, SandboxPlan } from '@caisson/core'

/**
 * What init listens on for the host's process; nothing when the plan has no way out.
 */
export function doorsOf(plan: SandboxPlan): readonly EgressDoor[] {
  return plan.network.kind === 'egress' ? plan.network.doors : []
}

/**
 * What `connect` would reach at these ports is a door: it asks 127.0.0.1 first. They are not the sandbox's own.
 */
export function withoutDoors(ports: readonly number[], plan: SandboxPlan): number[] {
  const taken = new Set(
    doorsOf(plan)
      .filter(({ protocol, address }) => protocol === 'tcp' && isConnectable(address))
      .map(({ port }) => port),
  )
  return ports.filter((port) => !taken.has(port))
}

function isConnectable(address: string): boolean {
  return address === '0.0.0.0' || address === '127.0.0.1'
}
