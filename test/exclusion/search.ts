// The program that looks for secrets inside a sandbox. It knows none: it hands out everything that it can
// read, and somebody outside looks through that. Its argument says where to look beside everywhere.
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { perl, readScript } from './kernel-stores.ts'
import { ship } from './records.ts'
import { readPath, readTree, type Take } from './search-files.ts'
import { abstractSockets, ask, listenTo, tryPort, type Wanted } from './search-network.ts'
import { readDescriptors, readMemories } from './search-processes.ts'

/** Where to look. No secret is in it. */
export interface Search {
  /** Paths of the host, to be tried as they are. */
  readonly paths: readonly string[]
  readonly abstract: readonly string[]
  readonly ports: readonly number[]
  readonly addresses: readonly string[]
  readonly requests: readonly Wanted[]
  /** Numbers of the host: shared memory, key. */
  readonly numbers: readonly number[]
  /** Makes the requests, and looks nowhere else. */
  readonly requestsOnly?: boolean
}

const take: Take = (label, content) => ship(1, label, content)

/** The host's programs, which the test compares with the host's own folder. */
function isLeftOut(path: string): boolean {
  if (path !== '/usr') return false
  take('unread', path)
  return true
}

/** Several at a time: each waits for others most of the time. */
async function askAll(requests: readonly Wanted[]): Promise<void> {
  const left = requests.values()
  const some = Array.from({ length: 8 }, async () => {
    for (const wanted of left) await ask(wanted, take)
  })
  await Promise.all(some)
}

async function searchNetwork(search: Search): Promise<void> {
  const { paths, abstract, ports, addresses, requests } = search
  const names = new Set([...abstract, ...abstractSockets()])
  await Promise.all([
    ...[...names].map((name) => listenTo({ path: `\0${name}` }, 'GET / HTTP/1.0\r\n\r\n', take)),
    ...paths.map((path) => listenTo({ path }, 'GET / HTTP/1.0\r\n\r\n', take)),
    ...ports.map((port) => tryPort(port, addresses, take)),
  ])
  await askAll(requests)
}

async function searchFiles(paths: readonly string[]): Promise<void> {
  const sockets: string[] = []
  const walk = { take, leaveOut: isLeftOut, onSocket: (path: string) => sockets.push(path) }
  for (const path of paths) {
    readPath(path, take)
    readTree(path, walk)
  }
  readTree('/', walk)
  await Promise.all(sockets.map((path) => listenTo({ path }, 'GET / HTTP/1.0\r\n\r\n', take)))
}

const commands = [
  'env; set; export -p',
  'id; mount; df -a; ipcs -a; dmesg; getent passwd; hostname',
  'cat /proc/sys/kernel/core_pattern /proc/mounts; ls -laR /run /var /home /root /tmp /dev',
  'ls -la ..; cat ../*.env ../.*/* "$HOME"/.*/* ~root/.*/*',
  'ps auxeww; ip addr; ss -anpx; git config --list --show-origin',
]

async function main(): Promise<void> {
  const search = JSON.parse(process.argv[2] ?? '{}') as Search
  if (search.requestsOnly === true) {
    await askAll(search.requests)
    return
  }
  // One that reads what is on the standard input, which this program leaves alone, and keeps it in memory.
  const keeper = spawn('/bin/sh', ['-c', 'read -r kept; echo ready; read -r kept2 <&3'], {
    stdio: ['inherit', 'pipe', 'ignore', 'pipe'],
  })
  await Promise.race([once(keeper, 'exit'), once(keeper.stdout ?? keeper, 'data')])
  take('environment', JSON.stringify(process.env))
  readMemories(take)
  readDescriptors(take)
  await searchNetwork(search)
  await searchFiles(search.paths)
  for (const command of commands) {
    const { stdout, stderr } = spawnSync('/bin/sh', ['-c', command], { maxBuffer: 64 << 20 })
    take(`command ${command}`, Buffer.concat([stdout, stderr]))
  }
  const numbers = search.numbers.map(String)
  const kernel = spawnSync(perl, ['-e', readScript, '--', ...numbers], { maxBuffer: 64 << 20 })
  take('kernel', Buffer.concat([kernel.stdout, kernel.stderr]))
  // Again: what answered may have left something behind in a process.
  readMemories(take)
  keeper.kill('SIGKILL')
  take('end', 'searched')
}

await main()
