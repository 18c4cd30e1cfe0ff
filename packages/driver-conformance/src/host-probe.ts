import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import { lstat, readdir, readFile, readlink, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { promisify } from 'node:util'

/** Eyes outside the sandbox. */
export interface HostProbe {
  /** A word that nothing else on this machine has in its command line. */
  marker(): string
  /** Ids of host processes whose command line holds the word. */
  processes(marker: string): Promise<number[]>
  /** Rejects unless every process with the word goes away and `beatPath` (see `daemon`) stops growing. */
  assertGone(marker: string, beatPath?: string): Promise<void>
  /** Ids of the processes that descend from this one. */
  descendants(): Promise<number[]>
  /** What is mounted for this process, one line each; empty where the platform cannot say. */
  mounts(): Promise<string[]>
  /** Number of descriptors that this process holds, or `null` where the platform cannot say. */
  openDescriptors(): Promise<number | null>
  /** Every path below a folder with kind, mode and content; two equal snapshots are two equal trees. */
  snapshot(folder: string): Promise<string[]>
  /** Waits until the condition holds; rejects with the message when it does not within 10 s. */
  until(condition: () => Promise<boolean>, message: string): Promise<void>
}

const runFile = promisify(execFile)
const graceMs = 10_000
const beatSilenceMs = 400

/** Looks at the host with the rights of the current process. */
export function createHostProbe(): HostProbe {
  return {
    marker: () => `caisson-marker-${randomBytes(9).toString('hex')}`,
    processes: async (marker) =>
      (await commandLines()).filter(([, line]) => line.includes(marker)).map(([pid]) => pid),
    assertGone,
    descendants,
    mounts: () => linesOf('/proc/self/mountinfo'),
    openDescriptors,
    snapshot: (folder) => snapshotOf(folder, ''),
    until,
  }
}

async function until(condition: () => Promise<boolean>, message: string): Promise<void> {
  const deadline = Date.now() + graceMs
  while (!(await condition())) {
    assert.ok(Date.now() < deadline, message)
    await pause(20)
  }
}

async function assertGone(marker: string, beatPath?: string): Promise<void> {
  const alive = async (): Promise<boolean> =>
    (await commandLines()).some(([, line]) => line.includes(marker))
  await until(
    async () => !(await alive()),
    'processes of the sandbox are still running on the host',
  )
  if (beatPath === undefined) return
  const before = await sizeOf(beatPath)
  await pause(beatSilenceMs)
  assert.equal(await sizeOf(beatPath), before, 'a process of the sandbox still writes')
}

async function sizeOf(path: string): Promise<number> {
  return (await stat(path)).size
}

/** Id and command line of every process that this user may look at. */
async function commandLines(): Promise<[number, string][]> {
  if (process.platform !== 'linux') return commandLinesFromPs()
  const found: [number, string][] = []
  for (const name of await readdir('/proc')) {
    if (!/^\d+$/.test(name)) continue
    const line = await textOrEmpty(`/proc/${name}/cmdline`)
    if (line !== '') found.push([Number(name), line.replaceAll('\0', ' ')])
  }
  return found
}

async function commandLinesFromPs(): Promise<[number, string][]> {
  const { stdout } = await runFile('ps', ['-axww', '-o', 'pid=,command='])
  return stdout.split('\n').flatMap((line) => {
    const match = /^\s*(\d+) (.*)$/.exec(line)
    return match === null ? [] : [[Number(match[1]), match[2] ?? '']]
  })
}

async function descendants(): Promise<number[]> {
  const parents = new Map<number, number>()
  for (const name of process.platform === 'linux' ? await readdir('/proc') : []) {
    const fields = /^(\d+) \(.*\) \S+ (\d+) /s.exec(await textOrEmpty(`/proc/${name}/stat`))
    if (/^\d+$/.test(name) && fields !== null) parents.set(Number(fields[1]), Number(fields[2]))
  }
  return [...parents.keys()].filter((pid) => descendsFrom(pid, process.pid, parents))
}

function descendsFrom(
  pid: number,
  ancestor: number,
  parents: ReadonlyMap<number, number>,
): boolean {
  let current = parents.get(pid)
  while (current !== undefined && current !== ancestor) current = parents.get(current)
  return current === ancestor
}

async function openDescriptors(): Promise<number | null> {
  if (process.platform !== 'linux') return null
  return (await readdir('/proc/self/fd')).length
}

/** A process that ended meanwhile, or that belongs to somebody else, has nothing to say. */
async function textOrEmpty(path: string): Promise<string> {
  return readFile(path, 'utf8').catch(() => '')
}

async function linesOf(path: string): Promise<string[]> {
  return (await textOrEmpty(path)).split('\n').filter((line) => line !== '')
}

async function snapshotOf(root: string, relative: string): Promise<string[]> {
  const lines: string[] = []
  for (const name of (await readdir(join(root, relative))).sort()) {
    const path = join(relative, name)
    lines.push(await describeEntry(root, path))
    if ((await lstat(join(root, path))).isDirectory()) lines.push(...(await snapshotOf(root, path)))
  }
  return lines
}

async function describeEntry(root: string, relative: string): Promise<string> {
  const path = join(root, relative)
  const found = await lstat(path)
  const mode = found.mode.toString(8)
  if (found.isSymbolicLink()) return `${relative} link ${await readlink(path)}`
  if (!found.isFile()) return `${relative} ${mode}`
  const digest = createHash('sha256')
    .update(await readFile(path))
    .digest('hex')
  return `${relative} ${mode} ${digest}`
}
