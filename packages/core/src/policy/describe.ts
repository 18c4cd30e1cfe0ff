import { describeCredentials } from './describe-credentials.ts'
import { describeNetwork } from './describe-network.ts'
import { quoted } from './quoted.ts'
import type { FilesystemPolicy, Mount, Policy, ResourcePolicy } from './types.ts'

const accessWords: Readonly<Record<Mount['access'], string>> = {
  read: 'read only',
  write: 'read and write; changes are real at once',
  overlay: 'read and write on a private copy; the host decides later which changes it keeps',
}

function mountLine({ source, target, access }: Mount): string {
  return `- ${JSON.stringify(target ?? source)}: ${accessWords[access]}.`
}

function describeSystem(system: FilesystemPolicy['system']): string {
  if (system === 'none') return 'No programs of the host are there.'
  if (typeof system === 'object') return `Programs come from the image ${quoted([system.image])}.`
  return 'The programs and libraries of the host are there, read only (/usr, /bin, /lib).'
}

function describeMounts(mounts: readonly Mount[]): string {
  if (mounts.length === 0) return 'No folder of the host is visible.'
  const lines = mounts.map(mountLine).join('\n')
  return `These folders of the host are visible, and no others:\n${lines}`
}

/** What becomes of a change depends on the mount: it fails at once, or is left out of the commit. */
function fateOfProtected(mounts: readonly Mount[]): string {
  const fails =
    'commands that change them (such as `git config` and `git remote add`) fail, and repeating them does not help'
  const isLeftOut = 'a change to them stays in the private copy and is never kept'
  const hasWrite = mounts.some(({ access }) => access === 'write')
  const hasOverlay = mounts.some(({ access }) => access === 'overlay')
  if (hasWrite && hasOverlay)
    return `In folders that are written directly, ${fails}; elsewhere ${isLeftOut}.`
  return hasWrite ? `C${fails.slice(1)}.` : `A${isLeftOut.slice(1)}.`
}

function describeProtected(policy: FilesystemPolicy): readonly string[] {
  const protect = policy.protect ?? []
  const byDefault = policy.protectDefaults ?? true
  const defaults =
    'Readable and never changed for good: git hooks and configuration, shell start-up files, editor, agent and tool configuration, and build pipelines.'
  if (!byDefault && protect.length === 0) return []
  const named = `${byDefault ? 'Likewise' : 'Readable and never changed for good'}: ${quoted(protect)}.`
  return [
    byDefault ? defaults : [],
    protect.length > 0 ? named : [],
    fateOfProtected(policy.mounts ?? []),
  ].flat()
}

function describeFilesystem(policy: FilesystemPolicy): readonly string[] {
  const mounts = policy.mounts ?? []
  const deny = policy.deny ?? []
  const isWritable = mounts.some((mount) => mount.access !== 'read')
  return [
    describeSystem(policy.system),
    describeMounts(mounts),
    deny.length > 0 ? `Hidden even there, as if without permission: ${quoted(deny)}.` : [],
    isWritable ? describeProtected(policy) : [],
    `/tmp and the home are private, writable, ${policy.tmpMiB ?? 512} MiB each, and gone with the sandbox.`,
  ].flat()
}

function describeLimits(resources: ResourcePolicy): string {
  const limits = [
    `${resources.memoryMiB ?? 2048} MiB of memory in all`,
    `${resources.pids ?? 512} processes and threads in all`,
    `${resources.openFiles ?? 4096} open files for each process`,
    `${resources.diskMiB ?? 1024} MiB of changes for each overlay`,
  ]
  if (resources.cpus !== undefined) limits.push(`${resources.cpus} processors`)
  if (resources.wallTimeMs !== undefined) limits.push(`${resources.wallTimeMs} ms for each command`)
  if (resources.outputBytes !== undefined) {
    limits.push(`${resources.outputBytes} bytes of output for each command`)
  }
  return `Limits: ${limits.join('; ')}.`
}

/**
 * What a policy means, in prose for the prompt of a model that works inside: what it can see and
 * write, what stays as it is, what it can reach and in whose name, and its limits. Values of variables and
 * secrets are left out, and nothing is said of canaries: whoever knows of them steps over them. Pure; relative sources are shown as they were written.
 */
export function describePolicy(policy: Policy): string {
  const names = Object.keys(policy.environment ?? {})
  const lines = [
    'Commands run in a sandbox.',
    ...describeFilesystem(policy.filesystem ?? {}),
    describeNetwork(policy.network ?? {}),
    ...describeCredentials(policy),
    names.length === 0 ? [] : `Variables set for it: ${quoted(names)}.`,
    policy.process?.unixSockets === false ? 'Unix sockets cannot be made.' : [],
    describeLimits(policy.resources ?? {}),
  ]
  return lines.flat().join('\n')
}
