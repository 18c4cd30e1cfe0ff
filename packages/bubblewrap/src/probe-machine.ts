import type { ProbeFinding } from '@caisson/core'
import { findCgroupPlace } from './cgroup/place.ts'
import { areNamespacesOff, diagnose } from './diagnosis.ts'
import type { Machine } from './machine.ts'
import { blocking, probeBwrap } from './probe-bwrap.ts'
import type { FilledOptions } from './options.ts'
import { isOlder } from './plan/limit-placement.ts'
import type { ProbeSource } from './probe-source.ts'

/** What was found. No machine without a reason among the findings. */
export interface MachineProbe {
  readonly machine: Machine | null
  readonly findings: readonly ProbeFinding[]
  readonly facts: Readonly<Record<string, string>>
}

/**
 * tmpfs has user xattrs since Linux 6.6. Without them overlayfs mounts all the same and cannot mark a
 * folder that hides the one below it, so making a folder where one was removed fails with EIO.
 */
const overlayKernel = [6, 6] as const

/** Looks for everything that the driver needs; starts nothing but `bwrap --help` and `--version`. */
export async function probeMachine(
  options: FilledOptions,
  source: ProbeSource,
): Promise<MachineProbe> {
  const findings: ProbeFinding[] = []
  const kernel = parseRelease(source.release)
  const architecture = knownArchitecture(source)
  if (architecture === null) findings.push(unsupported(source))
  const bwrap = await probeBwrap(options, source)
  if ('finding' in bwrap) findings.push(bwrap.finding)
  const initPath = findInit(options, source, findings)
  if (areNamespacesOff(source)) findings.push(diagnose('user namespaces are switched off', source))
  const cgroup = findCgroupPlace(source, options.cgroupRoot)
  findings.push(...warnings(kernel, cgroup !== null))
  const facts = {
    kernel: source.release,
    architecture: source.architecture,
    bwrap: 'finding' in bwrap ? 'none' : `${bwrap.bwrapPath} ${bwrap.bwrapVersion}`,
    cgroup: cgroup?.version ?? 'none',
    user: String(source.uid),
  }
  const isBlocked = findings.some((finding) => finding.severity === 'blocking')
  if (isBlocked || 'finding' in bwrap || initPath === null || architecture === null)
    return { machine: null, findings, facts }
  const { uid, gid } = source
  return {
    machine: { ...bwrap, initPath, architecture, kernel, uid, gid, cgroup },
    findings,
    facts,
  }
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
      code: 'overlay-incomplete',
      severity: 'warning',
      message: `in mounts with access "overlay" a removed folder can be made again from Linux 6.6 on, this is ${kernel.join('.')}`,
      remedy: 'use a newer kernel where programs remove and make folders that the host has',
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

function knownArchitecture({
  platform,
  architecture,
}: ProbeSource): Machine['architecture'] | null {
  if (platform !== 'linux') return null
  return architecture === 'x64' || architecture === 'arm64' ? architecture : null
}

function unsupported({ platform, architecture }: ProbeSource): ProbeFinding {
  const message = `bubblewrap runs on Linux on x64 and arm64, this is ${platform} on ${architecture}`
  return blocking('platform-unsupported', message, 'use a driver made for this machine')
}

function parseRelease(release: string): readonly [number, number] {
  const [, major = '0', minor = '0'] = /^(\d+)\.(\d+)/.exec(release) ?? []
  return [Number(major), Number(minor)]
}
