import type { ProbeFinding } from '@caisson/core'
import type { Machine } from './machine.ts'
import type { FilledOptions } from './options.ts'
import type { ProbeSource } from './probe-source.ts'

/** What is known of bwrap, or why it cannot be used. */
export type BwrapProbe =
  | Pick<Machine, 'bwrapPath' | 'bwrapVersion' | 'bindsDescriptors'>
  | { readonly finding: ProbeFinding }

/** Options without which the driver cannot work, as `bwrap --help` lists them. */
const neededOptions = [
  '--args',
  '--as-pid-1',
  '--cap-add',
  '--chdir',
  '--die-with-parent',
  '--file',
  '--json-status-fd',
  '--new-session',
  '--perms',
  '--size',
  '--unshare-cgroup',
]

const install =
  'sudo apt-get install bubblewrap  # or: sudo dnf install bubblewrap, sudo apk add bubblewrap'
const helpDeadlineMs = 5000

/** Finds bwrap and asks it what it can do; judges by options, as distributions patch old versions. */
export async function probeBwrap(options: FilledOptions, source: ProbeSource): Promise<BwrapProbe> {
  const bwrapPath = findBwrap(options, source)
  if (bwrapPath === null) {
    const [where, remedy] =
      options.bwrapPath === null
        ? ['is not on PATH', install]
        : [`is not at ${options.bwrapPath}`, 'correct `bwrapPath`, or leave it out to use PATH']
    return { finding: blocking('bwrap-missing', `bwrap ${where}`, remedy) }
  }
  const [help, version] = await Promise.all([
    source.run(bwrapPath, ['--help'], helpDeadlineMs),
    source.run(bwrapPath, ['--version'], helpDeadlineMs),
  ])
  const text = `${help.stdout}${help.stderr}`
  if (help.exitCode !== 0) {
    const message = `${bwrapPath} does not run: ${text.slice(0, 300)}`
    return { finding: blocking('bwrap-broken', message, install) }
  }
  const [bwrapVersion = 'of unknown version'] = /\d[\w.]*/.exec(version.stdout) ?? []
  return judge({ bwrapPath, bwrapVersion }, new Set(text.match(/--[a-z0-9-]+/g)))
}

function judge(
  bwrap: Pick<Machine, 'bwrapPath' | 'bwrapVersion'>,
  offered: ReadonlySet<string>,
): BwrapProbe {
  const missing = neededOptions.filter((option) => !offered.has(option))
  if (missing.length > 0) {
    const message = `bwrap ${bwrap.bwrapVersion} has no ${missing.join(', ')}; 0.8 or later is needed`
    return { finding: blocking('bwrap-too-old', message, install) }
  }
  return { ...bwrap, bindsDescriptors: offered.has('--bind-fd') && offered.has('--ro-bind-fd') }
}

/** Relative folders of PATH are passed over: what they hold depends on where the host process stands. */
function findBwrap(options: FilledOptions, source: ProbeSource): string | null {
  const folders = source.searchPath.split(':').filter((folder) => folder.startsWith('/'))
  const candidates =
    options.bwrapPath === null ? folders.map((folder) => `${folder}/bwrap`) : [options.bwrapPath]
  return candidates.find((path) => source.isExecutable(path)) ?? null
}

/** A finding that rules the driver out. */
export function blocking(code: string, message: string, remedy: string): ProbeFinding {
  return { code, severity: 'blocking', message, remedy }
}
