import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { Parent } from '../../dist/dial/parent.js'
import { eventually, makeDialer, type Made } from './fixture.ts'

/** What is asked of parents. */
export const target = { host: 'api.good.test', port: 443 }
/** The login of the parent, and how it looks on the wire. */
export const login = 'user:hunter2'
export const basic = Buffer.from(login).toString('base64')

/** Collects what a parent reads, and answers once the header is there. */
export function parentThat(answer: string | Buffer, seen: string[] = []): (socket: Socket) => void {
  return (socket) => {
    let read = ''
    socket.on('data', (chunk: Buffer) => {
      read += chunk.toString('latin1')
      const end = read.indexOf('\r\n\r\n')
      if (end === -1 || seen.length > 0) return
      seen.push(read)
      socket.write(answer)
    })
    socket.on('end', () => socket.destroy())
  }
}

/** A dialer behind an HTTP parent, whose guard lets nothing pass. */
export function through(port: number, wish: Parameters<typeof makeDialer>[0] = {}): Made {
  const parent = new Parent(`http://${login}@parent.test:${String(port)}`)
  return makeDialer({ judge: () => 'refused', ...wish, routing: { parent } })
}

/** Reads until so many bytes are there. */
export async function readBytes(stream: Duplex, length: number): Promise<string> {
  let read = ''
  stream.on('data', (chunk: Buffer) => (read += chunk.toString('latin1')))
  await eventually(() => read.length >= length)
  return read
}
