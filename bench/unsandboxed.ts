import { spawn } from 'node:child_process'
import { once } from 'node:events'

/** Runs a program with pipes, as a host without a sandbox would; how many bytes it printed. */
export async function runPlain(program: string, args: readonly string[]): Promise<number> {
  const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'pipe'] })
  let bytes = 0
  let complaint = ''
  child.stdout.on('data', (chunk: Buffer) => (bytes += chunk.length))
  child.stderr.on('data', (chunk: Buffer) => (complaint += chunk.toString()))
  child.stdin.end()
  const [code] = (await once(child, 'close')) as [number | null]
  if (code !== 0) throw new Error(`${program}: exit code ${code}: ${complaint}`)
  return bytes
}

/** A bare `bwrap` with all its namespaces and the mounts of the benchmark's policy, for one command. */
export function runBwrap(folder: string, command: string): Promise<number> {
  const system = '--ro-bind /usr /usr --symlink usr/bin /bin --symlink usr/lib /lib'.split(' ')
  const rest = '--symlink usr/lib64 /lib64 --proc /proc --dev /dev --tmpfs /tmp'.split(' ')
  const wall = '--unshare-all --die-with-parent --new-session'.split(' ')
  const mount = ['--bind', folder, '/work', '--chdir', '/work']
  return runPlain('bwrap', [...wall, ...system, ...rest, ...mount, '--', command])
}
