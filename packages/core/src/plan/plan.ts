import { deepFreeze } from '../policy/plain-value.ts'
import type { FilesystemPolicy, Policy, ResourcePolicy } from '../policy/types.ts'
import { checkOverlaps } from './check-overlaps.ts'
import { checkSources } from './check-sources.ts'
import { checkSupport } from './check-support.ts'
import { checkTargets } from './check-targets.ts'
import { planEnvironment } from './environment.ts'
import { etcFiles, type InsideUser } from './etc-files.ts'
import type { HostFacts } from './host-facts.ts'
import { byDepth, type PlacedMount, placeMounts } from './mount-places.ts'
import { planRules } from './path-rules.ts'
import { type PlanEgress, planEgress } from './plan-egress.ts'
import { planFault } from './plan-fault.ts'
import { checkPlanted } from './planted-variables.ts'
import { withTrust } from './trust.ts'
import type { PlannedLimits, PlannedMount, SandboxPlan, SystemEntry } from './types.ts'

const bytesPerMiB = 1024 * 1024
const home = '/home/sandbox'
const tmp = '/tmp'

/** Which sandbox a plan is for. */
export interface PlanOptions {
  /** Name of the sandbox: letters, digits, `_` and `-`, 64 at most. */
  readonly id: string
  /** Its way out. Missing or `null`: none, and a policy that names something to reach is refused. */
  readonly egress?: PlanEgress | null | undefined
}

function planUser(policy: Policy, facts: HostFacts): InsideUser {
  const wanted = policy.process?.user ?? 'caller'
  if (wanted === 'caller' || wanted === facts.user.uid) {
    return { name: facts.user.uid === 0 ? 'root' : 'sandbox', ...facts.user, home }
  }
  if (facts.user.uid !== 0) {
    const message = `only root may run a sandbox as user ${wanted}, and this process is user ${facts.user.uid}`
    throw planFault('process.user', message, 'leave it out, or write `"caller"`')
  }
  return { name: 'sandbox', uid: wanted, gid: wanted, home }
}

function planLimits(resources: ResourcePolicy): PlannedLimits {
  return {
    cpus: resources.cpus ?? null,
    memoryBytes: (resources.memoryMiB ?? 2048) * bytesPerMiB,
    pids: resources.pids ?? 512,
    diskBytes: (resources.diskMiB ?? 1024) * bytesPerMiB,
    openFiles: resources.openFiles ?? 4096,
    wallTimeMs: resources.wallTimeMs ?? null,
    outputBytes: resources.outputBytes ?? null,
  }
}

function planProcess(policy: Policy, user: InsideUser): SandboxPlan['process'] {
  const { hostname, unixSockets } = policy.process ?? {}
  return {
    uid: user.uid,
    gid: user.gid,
    hostname: hostname ?? 'sandbox',
    unixSockets: unixSockets ?? true,
  }
}

/** The host's part of the view, copied so that freezing the plan leaves the facts alone. */
function planSystem(
  view: NonNullable<FilesystemPolicy['system']>,
  facts: HostFacts,
  made: readonly SystemEntry[],
): readonly SystemEntry[] {
  const shown = view === 'host' ? facts.system.map((entry) => ({ ...entry })) : []
  return [...shown, ...made]
}

function planMounts(
  policy: FilesystemPolicy,
  placed: readonly PlacedMount[],
): readonly PlannedMount[] {
  const rules = planRules(policy, placed)
  return placed.map((one, index) => ({
    source: one.source,
    target: one.target,
    access: one.mount.access,
    kind: one.kind,
    rule: `filesystem.mounts[${one.index}]`,
    deny: rules[index]?.deny ?? [],
    protect: rules[index]?.protect ?? [],
  }))
}

/** The first folder that the policy mounts, by the order in which it was written. */
function startFolder(placed: readonly PlacedMount[]): string {
  const folders = placed.filter((one) => one.kind === 'directory')
  return folders.toSorted((a, b) => a.index - b.index)[0]?.target ?? home
}

function checkId(id: string): void {
  if (/^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/.test(id)) return
  throw new TypeError('the id of a sandbox is 1 to 64 letters, digits, `_` and `-`')
}

/**
 * Makes a policy concrete for one host: every path canonical, every mount in order, every default
 * spelled out. Pure: what it must know of the host is in `facts`, gathered by `probeHost`. The order of
 * lists in the policy changes nothing but `workingDirectory` and the numbers in rule names.
 *
 * @param policy - as `parsePolicy` returns it
 * @param options - the name of the sandbox and its way out, or the name alone
 * @throws SandboxError `POLICY_INVALID` when the policy does not fit the host or contradicts itself:
 * the message names the clause and the remedy; `POLICY_UNSUPPORTED` for a clause that nothing enforces.
 */
export function planSandbox(
  policy: Policy,
  facts: HostFacts,
  options: string | PlanOptions,
): SandboxPlan {
  const { id, egress = null } = typeof options === 'string' ? { id: options } : options
  checkId(id)
  checkSupport(policy, egress !== null)
  const filesystem = policy.filesystem ?? {}
  const wanted = filesystem.mounts ?? []
  checkSources(wanted, facts)
  const view = filesystem.system ?? 'host'
  const user = planUser(policy, facts)
  const process = planProcess(policy, user)
  const wayOut = planEgress(egress, facts.trust)
  checkPlanted(wayOut.planted, policy.environment)
  const { hostname } = process
  const made = etcFiles({ user, hostname, hasResolver: wayOut.hasResolver })
  const system = withTrust(planSystem(view, facts, made), wayOut.trust)
  const placed = placeMounts(wanted, facts.sources).toSorted(byDepth)
  checkTargets(placed, { system, scratch: [tmp, home], facts })
  checkOverlaps(placed)
  const scratchBytes = (filesystem.tmpMiB ?? 512) * bytesPerMiB
  return deepFreeze<SandboxPlan>({
    id,
    system,
    image: typeof view === 'object' ? view.image : null,
    mounts: planMounts(filesystem, placed),
    scratch: { tmpBytes: scratchBytes, home, homeBytes: scratchBytes },
    environment: planEnvironment(
      { userName: user.name, home, wayOut: { ...wayOut.environment, ...wayOut.planted } },
      facts,
      policy.environment ?? {},
    ),
    workingDirectory: startFolder(placed),
    process,
    limits: planLimits(policy.resources ?? {}),
    network: wayOut.network,
  })
}
