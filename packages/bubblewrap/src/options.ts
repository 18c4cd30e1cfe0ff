/** How the driver finds what it needs. Nothing here weakens a sandbox. */
export interface BubblewrapOptions {
  /** Absolute path of `bwrap`. Default: the first one on `PATH`. */
  readonly bwrapPath?: string | undefined
  /** Absolute path of the init binary. Default: the one that ships with `@caisson/guest`. */
  readonly initPath?: string | undefined
  /**
   * Absolute path of a cgroup v2 folder that the library may make cgroups in, with `memory` and `pids`
   * in its `cgroup.subtree_control`. Default: the nearest such folder above the host process, or the
   * cgroup v1 folders of the host process.
   */
  readonly cgroupRoot?: string | undefined
  /** How long a sandbox may take to start, in milliseconds. Default 15 000. */
  readonly startTimeoutMs?: number | undefined
}

/** Options with every default filled in; `null` is "look for it". */
export interface FilledOptions {
  readonly bwrapPath: string | null
  readonly initPath: string | null
  readonly cgroupRoot: string | null
  readonly startTimeoutMs: number
}

const known = ['bwrapPath', 'initPath', 'cgroupRoot', 'startTimeoutMs'] as const

/** @throws TypeError for an unknown option, a path that is not absolute, or a time that is not positive. */
export function fillOptions(options: BubblewrapOptions = {}): FilledOptions {
  for (const key of Object.keys(options))
    if (!known.some((name) => name === key))
      throw new TypeError(`bubblewrap: unknown option ${key}; known are ${known.join(', ')}`)
  const startTimeoutMs = options.startTimeoutMs ?? 15_000
  if (typeof startTimeoutMs !== 'number' || !(startTimeoutMs > 0) || startTimeoutMs > 0x7fffffff)
    throw new TypeError('bubblewrap: startTimeoutMs is a number of milliseconds above 0')
  return {
    bwrapPath: absolute('bwrapPath', options.bwrapPath),
    initPath: absolute('initPath', options.initPath),
    cgroupRoot: absolute('cgroupRoot', options.cgroupRoot),
    startTimeoutMs,
  }
}

function absolute(name: string, path: string | undefined): string | null {
  if (path === undefined) return null
  if (typeof path === 'string' && path.startsWith('/') && !path.includes('\0')) return path
  throw new TypeError(`bubblewrap: ${name} is an absolute path`)
}
