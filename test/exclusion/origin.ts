import type { TestAuthority } from '@caisson/egress-proxy/testing'
import { once } from 'node:events'
import { createServer as createPlain, type IncomingMessage, type ServerResponse } from 'node:http'
import { createServer as createSecure } from 'node:https'
import type { AddressInfo } from 'node:net'
import { gzipSync } from 'node:zlib'

/** How the origin says back what it got. */
export const echoes = [
  'plain',
  'base64',
  'hex',
  'percent',
  'chunked',
  'gzip',
  'header',
  'trailer',
  'redirect',
  'challenge',
] as const

/** Services of the host's loopback interface: one that echoes, and one that hands out secrets. */
export interface Services extends AsyncDisposable {
  readonly port: number
  readonly tokenPort: number
  /** Everything that arrived at the one that echoes. */
  readonly arrived: readonly string[]
}

/** What the one hands out that stands for Vault and for an OAuth 2.0 server. */
export interface HandedOut {
  readonly leased: string
  readonly accessToken: string
}

export async function openServices(authority: TestAuthority, out: HandedOut): Promise<Services> {
  const arrived: string[] = []
  const SNICallback = (
    name: string,
    done: (error: null, context: ReturnType<TestAuthority['contextFor']>) => void,
  ): void => done(null, authority.contextFor(name))
  const origin = createSecure({ SNICallback }, (request, response) => {
    void textOf(request).then((text) => {
      arrived.push(text)
      echo(new URL(request.url ?? '/', 'https://x').searchParams.get('how') ?? '', text, response)
    })
  })
  const tokens = createPlain((request, response) => {
    void textOf(request).then(() => handOut(request.url ?? '', out, response))
  })
  const servers = [origin, tokens]
  for (const server of servers) server.listen(0, '127.0.0.1')
  await Promise.all(servers.map((server) => once(server, 'listening')))
  return {
    port: (origin.address() as AddressInfo).port,
    tokenPort: (tokens.address() as AddressInfo).port,
    arrived,
    async [Symbol.asyncDispose]() {
      for (const server of servers) {
        server.close()
        server.closeAllConnections()
      }
      await Promise.all(servers.map((server) => once(server, 'close')))
    },
  }
}

/** All of a request, as a text. */
async function textOf(request: IncomingMessage): Promise<string> {
  const { method, url, rawHeaders } = request
  let body = ''
  try {
    for await (const chunk of request) body += String(chunk)
  } catch {
    // It was cut; what came counts.
  }
  return JSON.stringify({ method, url, rawHeaders, body })
}

function handOut(url: string, out: HandedOut, response: ServerResponse): void {
  response.setHeader('content-type', 'application/json')
  if (url.startsWith('/v1/sys/')) return void response.writeHead(204).end()
  const vault = { lease_id: 'lease/1', lease_duration: 3600, data: { key: out.leased } }
  const token = { access_token: out.accessToken, token_type: 'Bearer', expires_in: 3600 }
  response.end(JSON.stringify(url.startsWith('/v1/') ? vault : token))
}

function headOf(how: string, text: string): readonly [number, Record<string, string>] {
  const heads: Readonly<Record<string, readonly [number, Record<string, string>]>> = {
    gzip: [200, { 'content-encoding': 'gzip' }],
    header: [200, { 'x-echo': text }],
    trailer: [200, { trailer: 'x-echo' }],
    redirect: [302, { location: `/?said=${encodeURIComponent(text)}` }],
    challenge: [401, { 'www-authenticate': `Bearer realm=${text}` }],
  }
  return heads[how] ?? [200, {}]
}

function echo(how: string, text: string, response: ServerResponse): void {
  const encoded: Readonly<Record<string, () => string | Buffer>> = {
    base64: () => Buffer.from(text).toString('base64'),
    hex: () => Buffer.from(text).toString('hex'),
    percent: () => encodeURIComponent(text),
    gzip: () => gzipSync(text),
  }
  const [status, headers] = headOf(how, text)
  response.writeHead(status, headers)
  if (how === 'chunked' || how === 'trailer')
    for (const [piece] of text.matchAll(/[^]{1,7}/g)) response.write(piece)
  if (how === 'trailer') response.addTrailers({ 'x-echo': text })
  const body = encoded[how]?.() ?? text
  response.end(how === 'chunked' ? '' : body)
}
