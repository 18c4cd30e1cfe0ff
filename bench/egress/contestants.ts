import { execFileSync } from 'node:child_process'
import { mkdirSync, writeFileSync, chmodSync, existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Arena, proxyAuthorityName, versionOf } from './arena.ts'
import {
  type Contestant,
  freePort,
  type Role,
  type Running,
  startNode,
  startProgram,
  versionLine,
} from './contestant.ts'
import type { Asked } from './policy.ts'

/** Caisson, of which so much is asked. */
function caisson(name: string, asked: Asked, roles: readonly Role[]): Contestant {
  const program = new URL('./serve-caisson.js', import.meta.url)
  return {
    name,
    roles,
    issuer: 'Caisson',
    http2: true,
    start: (arena, role) => startNode(program, arena, { role, asked }),
  }
}

/** What is asked beside judging, one by one and together; the last is what all figures have to hold with. */
export const askedMore: readonly Contestant[] = [
  caisson('Caisson, audit trail', 'audited', ['intercept']),
  caisson('Caisson, canaries', 'canaries', ['intercept']),
  caisson('Caisson, credential', 'credential', ['intercept']),
  caisson('Caisson, everything', 'full', ['relay', 'intercept']),
]

/** Ours first. */
export const contestants: readonly Contestant[] = [
  caisson('Caisson', 'plain', ['relay', 'intercept']),
  ...askedMore,
  {
    name: 'bare `pipe()`',
    roles: ['relay'],
    issuer: '',
    http2: false,
    start: (arena, role) => startNode(new URL('./serve-pipe.js', import.meta.url), arena, { role }),
  },
  {
    name: `proxy-chain ${versionOf('proxy-chain')}`,
    roles: ['relay'],
    issuer: '',
    http2: false,
    start: (arena, role) =>
      startNode(new URL('./serve-proxy-chain.js', import.meta.url), arena, { role }),
  },
  {
    name: `mockttp ${versionOf('mockttp')}`,
    roles: ['intercept'],
    issuer: proxyAuthorityName,
    http2: true,
    start: (arena, role) =>
      startNode(new URL('./serve-mockttp.js', import.meta.url), arena, { role }),
  },
  {
    name: `sandbox-runtime ${versionOf('@anthropic-ai/sandbox-runtime')}`,
    roles: ['relay', 'intercept'],
    issuer: proxyAuthorityName,
    http2: false,
    start: (arena, role) => startNode(new URL('./serve-srt.js', import.meta.url), arena, { role }),
  },
  {
    name: versionLine('squid', '-v').replace('Squid Cache: Version', 'squid'),
    roles: ['relay', 'intercept'],
    issuer: proxyAuthorityName,
    http2: false,
    start: startSquid,
  },
  {
    name: versionLine('tinyproxy', '-v'),
    roles: ['relay'],
    issuer: '',
    http2: false,
    start: startTinyproxy,
  },
  {
    name: versionLine('mitmdump', '--version').replace('Mitmproxy:', 'mitmproxy'),
    roles: ['relay', 'intercept'],
    issuer: 'mitmproxy',
    http2: false,
    start: startMitmproxy,
  },
]

async function room(arena: Arena, name: string): Promise<{ folder: string; port: number }> {
  const port = await freePort()
  const folder = join(arena.folder, `${name}-${port}`)
  mkdirSync(folder)
  chmodSync(folder, 0o777)
  return { folder, port }
}

const certificateMaker = '/usr/lib/squid/security_file_certgen'

/** One worker, no cache, no log. */
async function startSquid(arena: Arena, role: Role): Promise<Running> {
  const { folder, port } = await room(arena, 'squid')
  const database = join(folder, 'certificates')
  const bump = role === 'intercept'
  if (bump) {
    if (!existsSync(certificateMaker)) throw new Error('this squid is built without ssl-bump')
    execFileSync(certificateMaker, ['-c', '-s', database, '-M', '4MB'], { stdio: 'pipe' })
    execFileSync('chmod', ['-R', 'a+rwX', database])
  }
  const options = `ssl-bump generate-host-certificates=on tls-cert=${arena.proxyAuthority.both}`
  const lines = [
    `http_port 127.0.0.1:${port}${bump ? ` ${options}` : ''}`,
    ...(bump
      ? [
          `sslcrtd_program ${certificateMaker} -s ${database} -M 4MB`,
          'sslcrtd_children 2 startup=2',
          'ssl_bump bump all',
          `tls_outgoing_options cafile=${arena.originAuthority}`,
        ]
      : []),
    'http_access allow all',
    'cache deny all',
    'cache_mem 8 MB',
    'access_log none',
    'cache_store_log none',
    `cache_log ${join(folder, 'cache.log')}`,
    `coredump_dir ${folder}`,
    'pid_filename none',
    'pinger_enable off',
    'netdb_filename none',
    'max_filedescriptors 8192',
    'shutdown_lifetime 0 seconds',
    'visible_hostname bench.test',
  ]
  const file = join(folder, 'squid.conf')
  writeFileSync(file, `${lines.join('\n')}\n`)
  try {
    return await startProgram(['squid', '-N', '-f', file], port)
  } catch (error) {
    const log = join(folder, 'cache.log')
    const told = existsSync(log) ? readFileSync(log, 'utf8') : ''
    throw new Error(/FATAL:.*/.exec(told)?.[0] ?? String(error), { cause: error })
  }
}

async function startTinyproxy(arena: Arena): Promise<Running> {
  const { folder, port } = await room(arena, 'tinyproxy')
  const file = join(folder, 'tinyproxy.conf')
  const lines = [
    `Port ${port}`,
    'Listen 127.0.0.1',
    'Timeout 600',
    'MaxClients 2000',
    'LogLevel Critical',
    `ConnectPort ${arena.origin.raw}`,
  ]
  writeFileSync(file, `${lines.join('\n')}\n`)
  return startProgram(['tinyproxy', '-d', '-c', file], port)
}

async function startMitmproxy(arena: Arena, role: Role): Promise<Running> {
  const { folder, port } = await room(arena, 'mitmproxy')
  const words = ['--quiet', '--listen-host', '127.0.0.1', '--listen-port', String(port)]
  const trust = `ssl_verify_upstream_trusted_ca=${arena.originAuthority}`
  words.push('--set', `confdir=${folder}`, '--set', 'flow_detail=0', '--set', trust)
  if (role === 'relay') words.push('--ignore-hosts', '.*')
  return startProgram(['mitmdump', ...words], port, { HOME: folder })
}
