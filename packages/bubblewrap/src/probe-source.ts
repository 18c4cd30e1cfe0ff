import { execFile } from 'node:child_process'
import { accessSync, constants, statSync } from 'node:fs'
import { release } from 'node:os'
import type { CgroupView } from './cgroup/place.ts'
import { hostCgroupView } from './cgroup/probe-cgroup.ts'
import { guestInitPath } from '@caisson/guest'

/** How a short program ended. */
export interface RunResult {
  readonly exitCode: number | null
  readonly stdout: string
  readonly stderr: string
}

/** Where the probe looks; replaced in tests. */
export interface ProbeSource extends CgroupView {
  readonly platform: string
  readonly architecture: string
  readonly release: string
  readonly uid: number
  readonly gid: number
  readonly searchPath: string
  isExecutable(path: string): boolean
  /** The init binary of the guest package, or `null` when there is none for this processor. */
  shippedInit(): string | null
  /** Runs a program with an empty environment; a deadline that passes is `exitCode: null`. */
  run(path: string, argv: readonly string[], deadlineMs: number): Promise<RunResult>
}

/** This machine. */
export function hostProbeSource(): ProbeSource {
  return {
    ...hostCgroupView,
    platform: process.platform,
    architecture: process.arch,
    release: release(),
    uid: process.geteuid?.() ?? -1,
    gid: process.getegid?.() ?? -1,
    searchPath: process.env['PATH'] ?? '',
    isExecutable,
    shippedInit,
    run,
  }
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return statSync(path).isFile()
  } catch {
    // Missing, or not for this user: not the one to use.
    return false
  }
}

function shippedInit(): string | null {
  try {
    return guestInitPath()
  } catch {
    // The guest package has none for this processor; the finding says so.
    return null
  }
}

function run(path: string, argv: readonly string[], deadlineMs: number): Promise<RunResult> {
  return new Promise((resolve) => {
    const options = { env: {}, cwd: '/', timeout: deadlineMs, killSignal: 'SIGKILL' as const }
    execFile(path, [...argv], options, (error, stdout, stderr) => {
      const code = error === null ? 0 : error.code
      resolve({ exitCode: typeof code === 'number' ? code : null, stdout, stderr })
    })
  })
}
