import type { PlannedMount, SandboxPlan } from '../plan/types.ts'

const accessWords = {
  read: 'read-only',
  write: 'readable and writable; changes are made on the host at once',
  overlay: 'readable and writable; changes stay in the sandbox until the host commits them',
} as const

function listed(rules: readonly { readonly rule: string }[], verb: string): string {
  const names = [...new Set(rules.map((one) => one.rule.replace(/^protectDefaults:/, '')))]
  if (names.length === 0) return ''
  const shown = names.slice(0, 8).join(', ')
  const more = names.length > 8 ? ` and ${names.length - 8} more` : ''
  return ` ${verb}: ${shown}${more}.`
}

function mountLine(mount: PlannedMount): string {
  const hidden = listed(mount.deny, 'Hidden by')
  const kept = listed(mount.protect, 'Kept as they are')
  return `- ${mount.target}: ${accessWords[mount.access]}.${hidden}${kept}`
}

function mib(bytes: number): string {
  return `${Math.round(bytes / 1024 / 1024)} MiB`
}

/** What a sandbox may see and do, in prose for a model's prompt. Names no path of the host but targets. */
export function describePlan(plan: SandboxPlan): string {
  const { limits, scratch } = plan
  const lines = [
    `Commands run in a sandbox and start in ${plan.workingDirectory}. What is not listed here does not exist in it.`,
    ...plan.mounts.map(mountLine),
    `- /tmp and ${scratch.home}: private, writable, gone with the sandbox (${mib(scratch.tmpBytes)} and ${mib(scratch.homeBytes)}).`,
    plan.system.length > 0
      ? '- Programs of the system are there, read-only; nothing can be installed into it.'
      : '- There are no programs but those in the mounts.',
    'There is no network but loopback; do not try to download anything.',
    `At most ${mib(limits.memoryBytes)} of memory and ${limits.pids} processes.`,
  ]
  if (limits.wallTimeMs !== null) lines.push(`A command is ended after ${limits.wallTimeMs} ms.`)
  if (limits.outputBytes !== null)
    lines.push(`A command is ended when it has written ${limits.outputBytes} bytes.`)
  lines.push(
    'When something is refused, the result lists it under `denials`; trying again does not help.',
  )
  return lines.join('\n')
}
