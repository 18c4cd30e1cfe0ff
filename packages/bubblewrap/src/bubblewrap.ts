import { type SandboxDriver, SandboxError } from '@caisson/core'
import { type CgroupWarden, launchWarden } from './cgroup/launch-warden.ts'
import { probeIdentity } from './cgroup/probe-cgroup.ts'
import { bubblewrapCapabilities } from './capabilities.ts'
import { enforcementReport } from './enforcement.ts'
import { launchSandbox } from './launch.ts'
import type { Machine } from './machine.ts'
import { type BubblewrapOptions, fillOptions } from './options.ts'
import { placeLimits } from './plan/limit-placement.ts'
import { probe, type TriedMachine } from './probe.ts'
import { hostProbeSource } from './probe-source.ts'

/**
 * The driver for Linux namespaces through bubblewrap: the host's kernel with nothing of the host in
 * view. One instance serves any number of sandboxes; what it found of the machine it keeps for itself.
 *
 * ```ts
 * await using sandbox = await createSandbox({ driver: bubblewrap(), policy: {} })
 * ```
 *
 * @throws TypeError for options that are none.
 */
export function bubblewrap(options: BubblewrapOptions = {}): SandboxDriver {
  const filled = fillOptions(options)
  const source = hostProbeSource()
  let known: TriedMachine | null = null
  let warden: CgroupWarden | null = null

  const look = async (signal?: AbortSignal): Promise<TriedMachine> => {
    // A lack may be mended at any time; that it works is looked at once.
    if (known !== null) return known
    const found = await probe(filled, source, signal)
    if (found.machine !== null) known = found
    return found
  }
  const ready = async (signal?: AbortSignal): Promise<Machine> => {
    const { machine, findings } = await look(signal)
    if (machine !== null) return machine
    const blocking = findings.find((finding) => finding.severity === 'blocking')
    throw new SandboxError('DRIVER_UNAVAILABLE', `bubblewrap: ${blocking?.message ?? 'unknown'}`, {
      driver: 'bubblewrap',
      hint: blocking?.remedy,
    })
  }
  return {
    name: 'bubblewrap',
    isolation: 'process',
    capabilities: bubblewrapCapabilities,
    probe: async ({ signal } = {}) => (await look(signal)).probe,
    enforcement: async (plan) => {
      const { cgroup, uid, kernel } = await ready()
      const kernelUid = uid === 0 ? plan.process.uid : uid
      return enforcementReport(plan, placeLimits(cgroup, { kernelUid, kernel }))
    },
    launch: async (plan, context) => {
      const machine = await ready(context.signal)
      if (machine.cgroup !== null) warden ??= launchWarden(machine.cgroup, probeIdentity())
      const { startTimeoutMs } = filled
      return launchSandbox(plan, context, { machine, warden, facts: source, startTimeoutMs })
    },
  }
}
