import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'

/** Where the measurements of the way out take place: a server, and the authorities of both sides. */
export interface Arena {
  readonly folder: string
  /** The compiled load generator. */
  readonly load: string
  /** What the proxies have to trust of the server. */
  readonly originAuthority: string
  /** The authority that proxies which are given one vouch by: certificate, key, and both in one file. */
  readonly proxyAuthority: {
    readonly certificate: string
    readonly key: string
    readonly both: string
  }
  /** HTTPS port of the server, and the one that answers raw connections. */
  readonly origin: { readonly secure: number; readonly raw: number }
  stop(): Promise<void>
}

/** The name in the certificates of proxies that are given an authority. */
export const proxyAuthorityName = 'bench proxy authority'

/** The proxy has one processor for itself; whoever talks to it, and the server, share the other. */
export const cores = { proxy: '0', others: '1' } as const

/** Starts a program on one processor. Its output is read by whoever asks for it. */
export function startOn(
  core: string,
  command: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): ChildProcess {
  return spawn('taskset', ['-c', core, ...command], {
    env: { PATH: process.env['PATH'] ?? '', LANG: 'C.UTF-8', ...environment },
    stdio: ['pipe', 'pipe', 'pipe'],
  })
}

/** The first line that a program prints; rejects with its complaint when it ends before. */
export async function firstLine(child: ChildProcess): Promise<string> {
  let complaint = ''
  child.stderr?.on('data', (chunk: Buffer) => (complaint = (complaint + chunk).slice(-500)))
  const { stdout } = child
  if (stdout === null) throw new Error('its output is not read')
  const settled = new AbortController()
  try {
    const line = once(createInterface({ input: stdout }), 'line', settled)
    const ended = once(child, 'exit', settled).then(() => null)
    const first = await Promise.race([line as Promise<[string]>, ended])
    if (first === null) throw new Error(complaint.trim() || 'it ended without a word')
    return first[0]
  } finally {
    settled.abort()
  }
}

/** Ends a program by its id, and waits until it has ended. */
export async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const exited = once(child, 'exit')
  child.kill('SIGTERM')
  const insist = setTimeout(() => child.kill('SIGKILL'), 3000)
  await exited
  clearTimeout(insist)
}

/** Compiles the load generator, makes the authorities, and starts the server. */
export async function openArena(parent: string): Promise<Arena> {
  const folder = join(parent, 'egress')
  mkdirSync(folder)
  // Squid serves as a user of its own and reads its configuration and keys here.
  chmodSync(parent, 0o755)
  chmodSync(folder, 0o777)
  const load = join(folder, 'load')
  const source = fileURLToPath(new URL('../../egress/load.c', import.meta.url))
  execFileSync('gcc', ['-O2', '-o', load, source, '-lssl', '-lcrypto'])
  makeAuthority(folder, 'origin-authority', 'bench origin authority')
  makeAuthority(folder, 'proxy-authority', proxyAuthorityName)
  makeLeaf(folder)
  const child = startOn(cores.others, [
    load,
    'origin',
    join(folder, 'origin.pem'),
    join(folder, 'origin.key'),
    ...makePages(folder),
  ])
  const origin = JSON.parse(await firstLine(child)) as Arena['origin']
  const authority = join(folder, 'proxy-authority')
  return {
    folder,
    load,
    originAuthority: join(folder, 'origin-authority.pem'),
    proxyAuthority: {
      certificate: `${authority}.pem`,
      key: `${authority}.key`,
      both: `${authority}-both.pem`,
    },
    origin,
    stop: () => end(child),
  }
}

/** A mebibyte of words, and 64 of them coded by gzip. */
function makePages(folder: string): [text: string, gzip: string] {
  let seed = 1
  const word = (): string => {
    seed = (Math.imul(seed, 1_103_515_245) + 12_345) >>> 0
    return ((seed >>> 8) % 4096).toString(36).padStart(3 + ((seed >>> 24) % 6), 'e')
  }
  const words: string[] = []
  for (let length = 0; length < 1_048_576; length += (words.at(-1)?.length ?? 0) + 1)
    words.push(word())
  const text = Buffer.from(words.join(' ').padEnd(1_048_576, ' ').slice(0, 1_048_576))
  const files: [string, string] = [join(folder, 'bulk.txt'), join(folder, 'bulk.gz')]
  writeFileSync(files[0], text)
  writeFileSync(
    files[1],
    gzipSync(Buffer.concat(Array.from({ length: 64 }, () => text)), { level: 1 }),
  )
  return files
}

function openssl(folder: string, words: readonly string[]): string {
  return execFileSync('openssl', words, { cwd: folder, encoding: 'utf8', stdio: 'pipe' })
}

/** RSA, because some of the proxies take no other key. */
function makeAuthority(folder: string, file: string, name: string): void {
  openssl(folder, [
    'req',
    '-x509',
    '-newkey',
    'rsa:2048',
    '-nodes',
    '-days',
    '30',
    '-subj',
    `/CN=${name}`,
    '-addext',
    'keyUsage=critical,keyCertSign,cRLSign',
    '-keyout',
    `${file}.key`,
    '-out',
    `${file}.pem`,
  ])
  const both =
    openssl(folder, ['x509', '-in', `${file}.pem`]) + openssl(folder, ['rsa', '-in', `${file}.key`])
  writeFileSync(join(folder, `${file}-both.pem`), both)
  for (const ending of ['.key', '.pem', '-both.pem']) chmodSync(join(folder, file + ending), 0o644)
}

function makeLeaf(folder: string): void {
  writeFileSync(
    join(folder, 'leaf'),
    'subjectAltName=DNS:localhost,DNS:api.good.test\nextendedKeyUsage=serverAuth\n',
  )
  openssl(folder, [
    'req',
    '-newkey',
    'ec',
    '-pkeyopt',
    'ec_paramgen_curve:P-256',
    '-nodes',
    '-subj',
    '/CN=localhost',
    '-keyout',
    'origin.key',
    '-out',
    'origin.csr',
  ])
  openssl(folder, [
    'x509',
    '-req',
    '-in',
    'origin.csr',
    '-days',
    '30',
    '-extfile',
    'leaf',
    '-CA',
    'origin-authority.pem',
    '-CAkey',
    'origin-authority.key',
    '-CAcreateserial',
    '-out',
    'origin.pem',
  ])
}

/** The version of a package that is installed beside this program. */
export function versionOf(packageName: string): string {
  const require = createRequire(import.meta.url)
  for (const folder of require.resolve.paths(packageName) ?? []) {
    try {
      const { version } = require(join(folder, packageName, 'package.json')) as { version: string }
      return version
    } catch {
      // Not in this folder.
    }
  }
  return 'unknown'
}
