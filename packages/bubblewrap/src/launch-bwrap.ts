import { type ChildProcess, spawn } from 'node:child_process'
import { Duplex, type Readable, type Writable } from 'node:stream'
import type { SandboxPlan, SystemEntry } from '@caisson/core'
import { DoorReceiver } from './launch-doors.ts'
import { openSources } from './launch-sources.ts'
import type { Machine } from './machine.ts'
import { bwrapOptions, type Wiring } from './plan/arguments.ts'
import { descriptor, doorChannel, firstFile } from './plan/descriptors.ts'
import { doorsOf } from './plan/doors.ts'
import { initPath } from './plan/places.ts'

/** A started bwrap. */
export interface RunningBwrap {
  readonly child: ChildProcess
  /** The byte stream to init. */
  readonly link: Duplex
  /** What init hands over of the plan's doors; `null` when it has none. */
  readonly doors: DoorReceiver | null
  /** Process id of init on the host. Rejects when bwrap ends before telling it. */
  readonly initPid: Promise<number>
  /** Resolves when bwrap ended, or could not be started. */
  readonly exited: Promise<void>
  /** What bwrap and init complained about so far. */
  complaint(): string
}

const complaintBytes = 4096
const statusBytes = 4096

/**
 * Starts bwrap for a plan: an empty environment, no arguments that tell anything, no descriptor but
 * those named here, a session of its own. It goes through `doors`, descriptors of the `tasks` files of
 * cgroups, before anything else.
 */
export function launchBwrap(
  machine: Machine,
  plan: SandboxPlan,
  doors: readonly number[],
): RunningBwrap {
  const contents = plan.system.flatMap((entry) => (entry.kind === 'file' ? [contentOf(entry)] : []))
  const sources = openSources(plan, machine.initPath)
  try {
    const first = firstFile(plan)
    const firstSource = first + contents.length
    const wiring: Wiring = {
      status: descriptor.status,
      files: contents.map((_, index) => first + index),
      init: machine.bindsDescriptors ? { descriptor: firstSource } : { path: machine.initPath },
      mounts: plan.mounts.map((mount, index) =>
        machine.bindsDescriptors ? { descriptor: firstSource + 1 + index } : { path: mount.source },
      ),
    }
    const bound = machine.bindsDescriptors ? [sources.init, ...sources.mounts] : []
    const firstDoor = firstSource + bound.length
    const channel = doorChannel(plan) === null ? [] : ['ipc' as const]
    const stdio = [...channel, ...contents.map(() => 'pipe' as const), ...bound, ...doors]
    const child = start(machine, plan, [stdio, doors.map((_, index) => firstDoor + index)])
    return attend(child, plan, [bwrapOptions(plan, wiring), contents])
  } finally {
    sources.close()
  }
}

function contentOf(entry: Extract<SystemEntry, { kind: 'file' }>): Buffer {
  return Buffer.from(entry.content, entry.encoding ?? 'utf8')
}

function start(
  machine: Machine,
  plan: SandboxPlan,
  [added, doors]: readonly [readonly ('pipe' | 'ipc' | number)[], readonly number[]],
): ChildProcess {
  const { uid, gid } = plan.process
  // Root may ask for another user: bwrap itself then runs as that user, so no kernel id is 0.
  const isOther = machine.uid === 0 && uid !== 0
  const init = [initPath, '--link', String(descriptor.link)]
  const bwrap = [machine.bwrapPath, '--args', String(descriptor.options), '--', ...init]
  const [program = '', ...argv] =
    doors.length === 0 ? bwrap : [machine.initPath, '--enter', doors.join(','), ...bwrap]
  return spawn(program, argv, {
    stdio: ['ignore', 'ignore', 'pipe', 'pipe', 'pipe', 'pipe', ...added],
    cwd: '/',
    // With a channel Node.js adds two variables that tell of it; bwrap takes them away again.
    env: {},
    serialization: 'json',
    detached: true,
    ...(isOther ? { uid, gid } : {}),
  })
}

function attend(
  child: ChildProcess,
  plan: SandboxPlan,
  [options, contents]: readonly [readonly string[], readonly Buffer[]],
): RunningBwrap {
  let complaint = ''
  const exited = new Promise<void>((resolve) => {
    child.once('close', () => resolve())
    child.on('error', (error) => {
      complaint ||= error.message
      // A program that could not be started never closes.
      if (child.pid === undefined) resolve()
    })
  })
  readable(child, descriptor.error).on('data', (chunk: Buffer) => {
    if (complaint.length < complaintBytes) complaint += chunk.toString('utf8')
  })
  const link = stream(child, descriptor.link)
  const doors = doorChannel(plan) === null ? null : new DoorReceiver(child, doorsOf(plan))
  send(child, descriptor.options, options.join('\0'))
  for (const [index, content] of contents.entries()) send(child, firstFile(plan) + index, content)
  return {
    child,
    link,
    doors,
    exited,
    initPid: readInitPid(child, exited),
    complaint: () => complaint,
  }
}

/** The line that bwrap writes first: `{ "child-pid": 4711, … }`, maybe in pieces. */
function readInitPid(child: ChildProcess, exited: Promise<void>): Promise<number> {
  const status = readable(child, descriptor.status)
  const told = new Promise<number>((resolve, reject) => {
    let text = ''
    status.on('data', (chunk: Buffer) => {
      if (text.length < statusBytes) text += chunk.toString('latin1')
      const [, digits] = /"child-pid":\s*(\d+)\D/.exec(text) ?? []
      if (digits !== undefined) resolve(Number(digits))
    })
    void exited.then(() => reject(new Error('bwrap ended before init started')))
  })
  told.catch(() => undefined)
  return told
}

function send(child: ChildProcess, at: number, content: string | Buffer): void {
  const target: Writable = stream(child, at)
  // A bwrap that ends early leaves nobody to read; its end is what gets reported.
  target.on('error', () => undefined)
  target.end(content)
}

function readable(child: ChildProcess, at: number): Readable {
  const source: Readable = at === descriptor.error ? stderrOf(child) : stream(child, at)
  source.on('error', () => undefined)
  return source
}

function stream(child: ChildProcess, at: number): Duplex {
  const found = child.stdio[at]
  // Node's pipes are socket pairs: both directions, whatever the type says.
  if (found instanceof Duplex) return found
  throw new Error('bwrap was started without its pipes')
}

function stderrOf(child: ChildProcess): Readable {
  if (child.stderr !== null) return child.stderr
  throw new Error('bwrap was started without its pipes')
}
