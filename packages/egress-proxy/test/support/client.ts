import { connect, type Socket } from 'node:net'
import { connect as connectTls, type TLSSocket } from 'node:tls'
import type { Duplex } from 'node:stream'

/** A connection, all that came over it, and how it ended. */
export class Line {
  readonly stream: Duplex
  text = ''
  ended = false
  reset = false
  closed = false
  readonly #waiting = new Set<() => void>()

  constructor(stream: Duplex) {
    this.stream = stream
    stream.on('data', (chunk: Buffer) => {
      this.text += chunk.toString('latin1')
      this.#wake()
    })
    stream.on('end', () => {
      this.ended = true
      this.#wake()
    })
    stream.on('error', () => {
      this.reset = true
      this.#wake()
    })
    stream.on('close', () => {
      this.closed = true
      this.#wake()
    })
    // What was paused once does not flow for a listener alone.
    stream.resume()
  }

  send(bytes: string | Buffer): this {
    this.stream.write(typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes)
    return this
  }

  /** Resolves when it is so, or nothing can come any more. */
  async until(isSo: (text: string) => boolean): Promise<string> {
    while (!isSo(this.text) && !this.ended && !this.closed) {
      await new Promise<void>((resolve) => this.#waiting.add(resolve))
    }
    return this.text
  }

  /** What came, when nothing more will. */
  over(): Promise<string> {
    return this.until(() => false)
  }

  /** Whether it ended by a reset or without a proper end. */
  async wasCut(): Promise<boolean> {
    while (!this.closed && !this.ended) {
      await new Promise<void>((resolve) => this.#waiting.add(resolve))
    }
    return this.reset || !this.ended
  }

  /** Forgets what came so far, and gives it. */
  take(): string {
    const { text } = this
    this.text = ''
    return text
  }

  /** One answer: its header, and a body with a length or in chunks. */
  async answer(): Promise<string> {
    await this.until(isWhole)
    return this.take()
  }

  destroy(): void {
    this.stream.destroy()
  }

  #wake(): void {
    for (const wake of this.#waiting) wake()
    this.#waiting.clear()
  }
}

function isWhole(text: string): boolean {
  const end = text.indexOf('\r\n\r\n')
  if (end === -1) return false
  const length = /\r\ncontent-length: *([0-9]+)/i.exec(text.slice(0, end + 2))?.[1]
  if (length !== undefined) return text.length >= end + 4 + Number(length)
  if (/\r\ntransfer-encoding:/i.test(text.slice(0, end + 2))) return text.endsWith('0\r\n\r\n')
  return true
}

/** Where to connect to, and with which token. */
export interface Door {
  readonly host: string
  readonly port: number
  readonly token?: string | undefined
}

export function dial({ host, port }: Door): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port, allowHalfOpen: true })
    socket.once('error', reject)
    socket.once('connect', () => {
      socket.off('error', reject)
      socket.on('error', () => undefined)
      socket.setNoDelay(true)
      resolve(socket)
    })
  })
}

export async function line(door: Door): Promise<Line> {
  return new Line(await dial(door))
}

/** The field that shows the token. */
export function credentials({ token }: Door): string {
  if (token === undefined) return ''
  return `Proxy-Authorization: Basic ${Buffer.from(`caisson:${token}`).toString('base64')}\r\n`
}

/** Sends bytes and gives all that came back until the end. */
export async function converse(door: Door, bytes: string | Buffer): Promise<string> {
  const talk = await line(door)
  const text = await talk.send(bytes).over()
  talk.destroy()
  return text
}

/** `CONNECT`: the answer's text, and the connection. */
export async function connectTo(
  door: Door,
  target: string,
): Promise<{ readonly status: number; readonly text: string; readonly socket: Socket }> {
  const socket = await dial(door)
  socket.write(`CONNECT ${target} HTTP/1.1\r\nHost: ${target}\r\n${credentials(door)}\r\n`)
  let text = ''
  await new Promise<void>((resolve) => {
    const onData = (chunk: Buffer): void => {
      text += chunk.toString('latin1')
      if (isWhole(text)) finish()
    }
    const finish = (): void => {
      socket.off('data', onData)
      socket.off('close', finish)
      socket.off('end', finish)
      socket.pause()
      resolve()
    }
    socket.on('data', onData)
    socket.on('close', finish)
    socket.on('end', finish)
  })
  return { status: Number(text.slice(9, 12)), text, socket }
}

/** SOCKS5 with a name: the code of the reply (`null` when there was none), and the connection. */
export async function socksTo(
  door: Door,
  host: string,
  port: number,
): Promise<{ readonly code: number | null; readonly socket: Socket }> {
  const socket = await dial(door)
  const name = Buffer.from(host, 'latin1')
  const wanted = Buffer.concat([
    Buffer.from([5, 1, 0, 3, name.length]),
    name,
    Buffer.from([port >> 8, port & 255]),
  ])
  const login = Buffer.concat([
    Buffer.from([1, 7]),
    Buffer.from('caisson'),
    Buffer.from([(door.token ?? '').length]),
    Buffer.from(door.token ?? ''),
  ])
  const method = door.token === undefined ? 0 : 2
  socket.write(Buffer.from([5, 1, method]))
  if ((await readBytes(socket, 2))?.[1] !== method) return { code: null, socket }
  if (door.token !== undefined) {
    socket.write(login)
    if ((await readBytes(socket, 2))?.[1] !== 0) return { code: null, socket }
  }
  socket.write(wanted)
  return { code: (await readBytes(socket, 10))?.[1] ?? null, socket }
}

/** So many bytes; `null` when the connection ends before. */
export function readBytes(socket: Duplex, count: number): Promise<Buffer | null> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = []
    let bytes = 0
    const finish = (result: Buffer | null): void => {
      socket.off('data', onData)
      socket.off('close', onOver)
      socket.off('end', onOver)
      socket.pause()
      resolve(result)
    }
    const onOver = (): void => finish(null)
    const onData = (chunk: Buffer): void => {
      chunks.push(chunk)
      bytes += chunk.length
      if (bytes < count) return
      const all = Buffer.concat(chunks)
      finish(all.subarray(0, count))
      if (all.length > count) socket.unshift(all.subarray(count))
    }
    socket.on('data', onData)
    socket.once('close', onOver)
    socket.once('end', onOver)
    if (socket.destroyed || socket.readableEnded) finish(null)
    else socket.resume()
  })
}

/** What a TLS client wants. */
export interface TlsWanted {
  readonly servername?: string
  readonly ca: string
  readonly alpn?: readonly string[]
}

/** A TLS handshake over a connection; rejects when it fails. */
export function secure(socket: Duplex, { servername, ca, alpn }: TlsWanted): Promise<TLSSocket> {
  return new Promise((resolve, reject) => {
    const client = connectTls({
      socket,
      ca,
      ...(servername === undefined ? {} : { servername }),
      ...(alpn === undefined ? {} : { ALPNProtocols: [...alpn] }),
      checkServerIdentity: () => undefined,
    })
    client.once('error', reject)
    client.once('close', () => reject(new Error('closed')))
    client.once('secureConnect', () => {
      client.off('error', reject)
      client.on('error', () => undefined)
      resolve(client)
    })
  })
}
