import { readFileSync } from 'node:fs'
import { request as requestPlain } from 'node:http'
import { request as requestSecure } from 'node:https'
import { connect, type NetConnectOpts, type Socket } from 'node:net'
import type { Take } from './search-files.ts'

/** Longest wait for somebody who may never say anything. */
const silentMs = 1500

/** A request that the searcher makes. `$NAME` in its address or a header is that variable inside. */
export interface Wanted {
  readonly url: string
  readonly method: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
}

/** Makes a request, and reads all of its answer: head, body, trailers. */
export function ask({ url, method, headers = {}, body }: Wanted, take: Take): Promise<void> {
  return new Promise((resolve) => {
    const request = url.startsWith('https:') ? requestSecure : requestPlain
    const options = { method, headers: filled(headers), agent: false, timeout: 10_000 }
    const call = request(filledText(url), options, (answer) => {
      const label = `answer ${answer.statusCode} of ${url}`
      take(label, answer.rawHeaders.join('\n'))
      answer.on('data', (chunk: Buffer) => take(label, chunk))
      answer.on('end', () => take(label, answer.rawTrailers.join('\n')))
      answer.on('error', (error) => take(label, String(error)))
      answer.on('close', resolve)
    })
    call.on('timeout', () => call.destroy(new Error('too late')))
    call.on('error', (error) => {
      take(`failure of ${url}`, String(error))
      resolve()
    })
    call.end(body)
  })
}

function filledText(text: string): string {
  return text.replaceAll(/\$([A-Z_]+)/g, (_, name: string) => process.env[name] ?? 'missing')
}

function filled(headers: Readonly<Record<string, string>>): Record<string, string> {
  const entries = Object.entries(headers).map(([name, value]) => [name, filledText(value)] as const)
  return Object.fromEntries(entries)
}

/** Connects, says something, and reads what comes until the end or silence. */
export function listenTo(where: NetConnectOpts, said: string, take: Take): Promise<void> {
  return new Promise((resolve) => {
    let socket: Socket
    try {
      socket = connect(where)
    } catch {
      resolve()
      return
    }
    socket.setTimeout(silentMs, () => socket.destroy())
    socket.on('connect', () => socket.write(said))
    socket.on('data', (chunk: Buffer) => take(`socket ${JSON.stringify(where)}`, chunk))
    socket.on('error', () => undefined)
    socket.on('close', () => resolve())
  })
}

/** Names of abstract sockets that this network namespace tells of. */
export function abstractSockets(): string[] {
  try {
    const lines = readFileSync('/proc/net/unix', 'latin1').split('\n')
    // Some writers fill a name up with NULs, which are shown as `@`.
    return lines.flatMap((line) => / @(\S+?)@*$/.exec(line)?.[1] ?? [])
  } catch {
    return []
  }
}

/** Where a port of the host might be reached: by addresses, and through the way out. */
export async function tryPort(
  port: number,
  addresses: readonly string[],
  take: Take,
): Promise<void> {
  const said = 'GET / HTTP/1.0\r\n\r\n'
  const ways = addresses.map((host) => listenTo({ host, port }, said, take))
  const proxy = URL.parse(process.env['HTTPS_PROXY'] ?? '')
  if (proxy !== null)
    for (const host of addresses) {
      const to = { host: proxy.hostname, port: Number(proxy.port) }
      const place = `${host.includes(':') ? `[${host}]` : host}:${port}`
      ways.push(listenTo(to, `CONNECT ${place} HTTP/1.1\r\nHost: ${place}\r\n\r\n${said}`, take))
      ways.push(listenTo(to, `GET http://${place}/ HTTP/1.1\r\nHost: ${place}\r\n\r\n`, take))
    }
  await Promise.all(ways)
}
