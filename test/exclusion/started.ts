import { spawnSync } from 'node:child_process'
import { readdirSync, readFileSync, readlinkSync } from 'node:fs'

/** A program that was started, as strace(1) tells it. */
export interface Started {
  readonly path: string
  /** Both as strace writes them. */
  readonly argv: string
  readonly environment: string
}

/** Whether programs that a process starts can be followed with certainty here. */
export function canTrace(): boolean {
  const { status } = spawnSync('strace', ['-f', '-o', '/dev/null', '-e', 'trace=execve', 'true'])
  return status === 0
}

/** What to start a program with so that every program that it starts is written to a file. */
export function tracing(file: string): string[] {
  const which = ['-f', '-qq', '--seccomp-bpf', '-e', 'trace=execve', '-e', 'signal=none']
  return ['strace', ...which, '-v', '-s', '131072', '-o', file]
}

/** All programs in the order of their starts, the traced one first. */
export function readTrace(file: string): Started[] {
  const lines = readFileSync(file, 'latin1').split('\n')
  return lines.flatMap((line) => {
    const [, path = '', rest = ''] = /^\d+\s+execve\("([^"]*)", (\[.*)$/s.exec(line) ?? []
    if (path === '') return []
    const border = rest.indexOf('], [')
    const [argv, environment] =
      border === -1 ? [rest, rest] : [rest.slice(0, border), rest.slice(border)]
    return [{ path, argv, environment }]
  })
}

function read(path: string): string {
  try {
    return readFileSync(path, 'latin1')
  } catch {
    return '' // It ended while we looked, or may not be looked at.
  }
}

/** A process, as `/proc` tells of it. */
export interface Descendant {
  readonly argv: string
  readonly environment: string
  /** What it has open. */
  readonly opened: readonly string[]
}

function opened(id: string): string[] {
  try {
    return readdirSync(`/proc/${id}/fd`).map((number) => readlinkSync(`/proc/${id}/fd/${number}`))
  } catch {
    return []
  }
}

/** Processes that come from one, at this moment. */
export function descendants(of: number): readonly Descendant[] {
  const ids = readdirSync('/proc').filter((name) => /^\d+$/.test(name))
  const parents = new Map(
    ids.map((id) => [id, /^PPid:\s*(\d+)/m.exec(read(`/proc/${id}/status`))?.[1] ?? '0']),
  )
  const isBelow = (id: string, depth = 0): boolean => {
    const parent = parents.get(id) ?? '0'
    return parent === String(of) || (parent !== '0' && depth < 32 && isBelow(parent, depth + 1))
  }
  // In this order: one that becomes another program meanwhile shows the environment of that.
  return ids
    .filter((id) => isBelow(id))
    .map((id) => ({
      argv: read(`/proc/${id}/cmdline`),
      environment: read(`/proc/${id}/environ`),
      opened: opened(id),
    }))
}
