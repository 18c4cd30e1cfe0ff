import { connect as connectHttp2, type ClientHttp2Session } from 'node:http2'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { connectTo, credentials, dial, Line, secure, socksTo } from './client.ts'
import { type Proxied, refusalIn, statusOf } from './proxied.ts'

/** A request, as a program inside would make it. */
export interface Wish {
  readonly host: string
  readonly port: number
  readonly method: string
  readonly path: string
  readonly headers?: readonly (readonly [name: string, value: string])[]
  readonly body?: string | Buffer
}

/** What came of it. `status` 0: the connection was ended without an answer. */
export interface Outcome {
  readonly status: number
  readonly code: string | null
  readonly text: string
}

export type Way = (world: Proxied, wish: Wish) => Promise<Outcome>

/** The ways by which TLS comes to be opened. */
export const secureWays: Readonly<Record<string, Way>> = {
  'HTTP/1 in CONNECT': inTls(byConnect, speakHttp1),
  'HTTP/2 in CONNECT': inTls(byConnect, speakHttp2),
  'HTTP/1 over SOCKS': inTls(bySocks, speakHttp1),
  'HTTP/2 over SOCKS': inTls(bySocks, speakHttp2),
  'HTTP/1 to an address inside': inTls(byAddress, speakHttp1),
  'HTTP/2 to an address inside': inTls(byAddress, speakHttp2),
}

/** The ways of plain HTTP. */
export const plainWays: Readonly<Record<string, Way>> = {
  'the absolute form': absolute,
  'plain HTTP in CONNECT': inPlain(byConnect),
  'plain HTTP over SOCKS': inPlain(bySocks),
  'plain HTTP to an address inside': inPlain(byAddress),
}

/** The ways of a WebSocket; 101 where it is agreed to. */
export const upgradeWays: Readonly<Record<string, Way>> = {
  'a WebSocket in CONNECT': inTls(byConnect, speakUpgrade),
  'a WebSocket over SOCKS': inTls(bySocks, speakUpgrade),
  'a WebSocket to an address inside': inTls(byAddress, speakUpgrade),
}

type Reach = (world: Proxied, wish: Wish) => Promise<Socket | Outcome>
type Speak = (stream: Duplex, wish: Wish) => Promise<Outcome>

function inTls(reach: Reach, speak: Speak): Way {
  return async (world, wish) => {
    const reached = await reach(world, wish)
    if ('code' in reached) return reached
    const ca = world.proxy.certificate
    const alpn = speak === speakHttp2 ? ['h2'] : ['http/1.1']
    try {
      const stream = await secure(reached, { servername: wish.host, ca, alpn })
      return await speak(stream, wish)
    } catch {
      return ended
    } finally {
      reached.destroy()
    }
  }
}

function inPlain(reach: Reach): Way {
  return async (world, wish) => {
    const reached = await reach(world, wish)
    if ('code' in reached) return reached
    const line = new Line(reached)
    const at = wish.port === 80 ? wish.host : `${wish.host}:${wish.port}`
    return outcomeOf(sendOn(line, wish, at))
  }
}

async function absolute(world: Proxied, wish: Wish): Promise<Outcome> {
  const at = wish.port === 80 ? wish.host : `${wish.host}:${wish.port}`
  const line = new Line(await dial(world.door))
  const asked = { ...wish, path: `http://${at}${wish.path}` }
  const shown = credentials(world.door).trimEnd()
  return outcomeOf(sendOn(line, asked, `${at}\r\n${shown}`))
}

async function byConnect(world: Proxied, { host, port }: Wish): Promise<Socket | Outcome> {
  const { status, text, socket } = await connectTo(world.door, `${host}:${port}`)
  if (status === 200) return socket
  socket.destroy()
  return { status, text, code: refusalIn(text) }
}

async function bySocks(world: Proxied, { host, port }: Wish): Promise<Socket | Outcome> {
  const { code, socket } = await socksTo(world.door, host, port)
  if (code === 0) return socket
  socket.destroy()
  return ended
}

async function byAddress(world: Proxied, { host, port }: Wish): Promise<Socket | Outcome> {
  return dial(await world.transparentDoor(`${host}:${port}`))
}

async function speakHttp1(stream: Duplex, wish: Wish): Promise<Outcome> {
  const at = wish.port === 443 ? wish.host : `${wish.host}:${wish.port}`
  return outcomeOf(sendOn(new Line(stream), wish, at))
}

async function speakUpgrade(stream: Duplex, { host, path, headers = [] }: Wish): Promise<Outcome> {
  const line = new Line(stream)
  const lines = headers.map(([name, value]) => `${name}: ${value}\r\n`).join('')
  line.send(
    `GET ${path} HTTP/1.1\r\nHost: ${host}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n` +
      `Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${exampleKey}\r\n${lines}\r\n`,
  )
  const text = await line.answer()
  line.destroy()
  return { status: statusOf(text), text, code: refusalIn(text) }
}

/** RFC 6455, 1.3 */
const exampleKey = 'dGhlIHNhbXBsZSBub25jZQ=='

async function outcomeOf(line: Line): Promise<Outcome> {
  const text = await line.over()
  line.destroy()
  return { status: statusOf(text), text, code: refusalIn(text) }
}

const ended: Outcome = { status: 0, code: null, text: '' }

/** `first`: the value of `Host`, and fields behind it. Sends a request that asks for the connection to be closed behind the answer. */
function sendOn(line: Line, { method, path, headers = [], body }: Wish, first: string): Line {
  const lines = headers.map(([name, value]) => `${name}: ${value}\r\n`).join('')
  const bytes = body === undefined ? null : Buffer.from(body)
  const length = bytes === null ? '' : `Content-Length: ${bytes.length}\r\n`
  const head = `${method} ${path} HTTP/1.1\r\nHost: ${first}\r\nConnection: close\r\n`
  line.send(`${head}${length}${lines}\r\n`)
  return bytes === null ? line : line.send(bytes)
}

/** A session of HTTP/2 over a connection. */
export function sessionOver(stream: Duplex, host: string): ClientHttp2Session {
  const session = connectHttp2(`https://${host}`, { createConnection: () => stream })
  session.on('error', () => undefined)
  return session
}

/** One request of a session. */
export function askHttp2(
  session: ClientHttp2Session,
  { method, path, headers = [], body }: Pick<Wish, 'method' | 'path' | 'headers' | 'body'>,
): Promise<Outcome> {
  return new Promise((resolve) => {
    let status = 0
    let text = ''
    const fields = { ':method': method, ':path': path, ...Object.fromEntries(headers) }
    const stream = session.request(fields, { endStream: body === undefined })
    stream.setEncoding('latin1')
    stream.on('response', (head) => {
      status = head[':status'] ?? 0
    })
    stream.on('data', (chunk: string) => {
      text += chunk
    })
    stream.on('error', () => undefined)
    stream.on('close', () => resolve({ status, text, code: refusalIn(text) }))
    if (body !== undefined) stream.end(body)
  })
}

async function speakHttp2(stream: Duplex, wish: Wish): Promise<Outcome> {
  const session = sessionOver(stream, wish.host)
  try {
    return await askHttp2(session, wish)
  } catch {
    return ended
  } finally {
    session.destroy()
  }
}
