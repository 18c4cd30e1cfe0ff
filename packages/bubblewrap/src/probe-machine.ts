import type { ProbeFinding } from '@caisson/core'
import { findCgroupPlace } from './cgroup/place.ts'
import { areNamespacesOff, diagnose } from './diagnosis.ts'
import type { Machine } from './machine.ts'
import type { FilledOptions } from './options.ts'
import { isOlder } from './plan/limit-placement.ts'
import type { ProbeSource } from './probe-source.ts'

/** What was found. No machine without a reason among the findings. */
export interface MachineProbe {
  readonly machine: Machine | null
  readonly findings: readonly ProbeFinding[]
  readonly facts: Readonly<Record<string, string>>
}

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
/** tmpfs has user xattrs, which overlays need here, since Linux 6.6. */
const overlayKernel = [6, 6] as const

/** Looks for everything that the driver needs; starts nothing but `bwrap --help` and `--version`. */
export async function probeMachine(
  options: FilledOptions,
  source: ProbeSource,
): Promise<MachineProbe> {
  const findings: ProbeFinding[] = []
  const kernel = parseRelease(source.release)
  const architecture =
    source.architecture === 'x64' || source.architecture === 'arm64' ? source.architecture : null
  if (source.platform !== 'linux' || architecture === null)
    findings.push(unsupported(source.platform, source.architecture))
  const bwrap = await probeBwrap(options, source, findings)
  const initPath = findInit(options, source, findings)
  if (areNamespacesOff(source)) findings.push(diagnose('user namespaces are switched off', source))
  const cgroup = findCgroupPlace(source, options.cgroupRoot)
  findings.push(...warnings(kernel, cgroup !== null))
  const facts = {
    kernel: source.release,
    architecture: source.architecture,
    bwrap: bwrap === null ? 'none' : `${bwrap.bwrapPath} ${bwrap.bwrapVersion}`,
    cgroup: cgroup?.version ?? 'none',
    user: String(source.uid),
  }
  const isBlocked = findings.some((finding) => finding.severity === 'blocking')
  if (isBlocked || bwrap === null || initPath === null || architecture === null)
    return { machine: null, findings, facts }
  const { uid, gid } = source
  return {
    machine: { ...bwrap, initPath, architecture, kernel, uid, gid, cgroup },
    findings,
    facts,
  }
}

type Bwrap = Pick<Machine, 'bwrapPath' | 'bwrapVersion' | 'bindsDescriptors'>

async function probeBwrap(
  options: FilledOptions,
  source: ProbeSource,
  findings: ProbeFinding[],
): Promise<Bwrap | null> {
  const bwrapPath = findBwrap(options, source)
  if (bwrapPath === null) {
    const where = options.bwrapPath === null ? 'is not on PATH' : `is not at ${options.bwrapPath}`
    findings.push(blocking('bwrap-missing', `bwrap ${where}`, install))
    return null
  }
  const [help, version] = await Promise.all(
    ['--help', '--version'].map((flag) => source.run(bwrapPath, [flag], helpDeadlineMs)),
  )
  const text = `${help?.stdout ?? ''}${help?.stderr ?? ''}`
  const [bwrapVersion = 'of unknown version'] = /\d[\w.]*/.exec(version?.stdout ?? '') ?? []
  if (help?.exitCode !== 0) {
    findings.push(
      blocking('bwrap-broken', `${bwrapPath} does not run: ${text.slice(0, 300)}`, install),
    )
    return null
  }
  const offered = new Set(text.match(/--[a-z0-9-]+/g))
  const missing = neededOptions.filter((option) => !offered.has(option))
  if (missing.length > 0) {
    const message = `bwrap ${bwrapVersion} has no ${missing.join(', ')}; 0.8 or later is needed`
    findings.push(blocking('bwrap-too-old', message, install))
    return null
  }
  const bindsDescriptors = offered.has('--bind-fd') && offered.has('--ro-bind-fd')
  return { bwrapPath, bwrapVersion, bindsDescriptors }
}

/** Relative folders of PATH are passed over: what they hold depends on where the host process stands. */
function findBwrap(options: FilledOptions, source: ProbeSource): string | null {
  const folders = source.searchPath.split(':').filter((folder) => folder.startsWith('/'))
  const candidates =
    options.bwrapPath === null ? folders.map((folder) => `${folder}/bwrap`) : [options.bwrapPath]
  return candidates.find((path) => source.isExecutable(path)) ?? null
}

function findInit(
  options: FilledOptions,
  source: ProbeSource,
  findings: ProbeFinding[],
): string | null {
  const path = options.initPath ?? source.shippedInit()
  if (path !== null && source.isExecutable(path)) return path
  const message = `the init binary ${path ?? `for ${source.architecture}`} is missing`
  findings.push(blocking('init-missing', message, 'npm run build:init  # needs musl-gcc'))
  return null
}

function warnings(kernel: readonly [number, number], hasCgroup: boolean): ProbeFinding[] {
  const found: ProbeFinding[] = []
  if (isOlder(kernel, overlayKernel))
    found.push({
      code: 'overlay-unsupported',
      severity: 'warning',
      message: `mounts with access "overlay" need Linux 6.6, this is ${kernel.join('.')}`,
      remedy: 'use access "read" or "write", or a newer kernel',
    })
  if (!hasCgroup)
    found.push({
      code: 'no-cgroup',
      severity: 'warning',
      message:
        'no cgroup can be made here, so memory is limited per process and processors are not',
      remedy: 'systemd-run --user --scope -p Delegate=yes node your-program.js',
    })
  return found
}

function unsupported(platform: string, architecture: string): ProbeFinding {
  const message = `bubblewrap runs on Linux on x64 and arm64, this is ${platform} on ${architecture}`
  return blocking('platform-unsupported', message, 'use a driver made for this machine')
}

function blocking(code: string, message: string, remedy: string): ProbeFinding {
  return { code, severity: 'blocking', message, remedy }
}

function parseRelease(release: string): readonly [number, number] {
  const [, major = '0', minor = '0'] = /^(\d+)\.(\d+)/.exec(release) ?? []
  return [Number(major), Number(minor)]
}
