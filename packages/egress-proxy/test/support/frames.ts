import { createHash } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import type { Origin } from './origin.ts'

/** The answer that belongs to a handshake (RFC 6455, 4.2.2), without the empty line behind it. */
function agreement({ headers }: Pick<IncomingMessage, 'headers'>): string {
  const key = `${headers['sec-websocket-key'] ?? ''}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`
  const accept = createHash('sha1').update(key).digest('base64')
  return (
    'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n' +
    `Sec-WebSocket-Accept: ${accept}\r\n`
  )
}

/** A frame of a client, masked with zeros so that it reads as it is. */
export function clientFrame(text: string | Buffer, first = 0x81): Buffer {
  const bytes = Buffer.from(text)
  return Buffer.concat([head(bytes.length, first, 0x80), Buffer.alloc(4), bytes])
}

/** A frame of a server. */
export function serverFrame(text: string | Buffer, first = 0x81): Buffer {
  const bytes = Buffer.from(text)
  return Buffer.concat([head(bytes.length, first, 0), bytes])
}

function head(length: number, first: number, mask: number): Buffer {
  if (length < 126) return Buffer.from([first, mask | length])
  return Buffer.from([first, mask | 126, length >> 8, length & 255])
}

/** A handshake as an origin saw it, and what came behind it. */
export interface Upgraded {
  readonly request: IncomingMessage
  readonly socket: Duplex
  readonly received: Buffer[]
  ended: boolean
}

/** Has an origin agree to every WebSocket, and keeps them. */
export function agreeing(origin: Origin, more: (request: IncomingMessage) => string = () => '') {
  const all: Upgraded[] = []
  origin.server.on('upgrade', (request: IncomingMessage, socket: Duplex) => {
    const one: Upgraded = { request, socket, received: [], ended: false }
    all.push(one)
    socket.on('data', (chunk: Buffer) => one.received.push(chunk))
    socket.on('error', () => undefined)
    socket.on('close', () => {
      one.ended = true
    })
    socket.write(`${agreement(request)}${more(request)}\r\n`)
  })
  return all
}
