import { mkdtemp, rm } from 'node:fs/promises'
import { createServer, type Server, Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Duplex } from 'node:stream'
import { relay } from '../engine/relay.ts'

/** Two ends of one connection. */
interface Pair {
  readonly near: Socket
  /** Nothing was read from it: it can go to another process. */
  readonly far: Socket
}

/**
 * Brings any duplex stream to another process: only sockets of the kernel can go there, and of one that was
 * read from, bytes would stay behind. Its pairs are made by a Unix socket in a folder that only this user can
 * enter, which is there only while one is made.
 */
export class Bridge {
  /** One after the other, so that both ends of a pair belong together. */
  #last: Promise<unknown> = Promise.resolve()
  readonly #open = new Set<Duplex>()
  #closed = false

  /** Gives the end to hand over; what is written to it arrives at the stream, and back. */
  async extend(stream: Duplex): Promise<Socket> {
    this.#keep(stream)
    const made = this.#last.then(() => makePair())
    this.#last = made.catch(() => undefined)
    const { near, far } = await made
    if (this.#closed || stream.destroyed) {
      near.destroy()
      far.destroy()
      throw new Error('the connection ended')
    }
    this.#keep(near)
    const meter = { out: () => true, in: () => true }
    void relay(stream, near, meter).then(() => {
      stream.destroy()
      near.destroy()
    })
    return far
  }

  /** Ends what still goes through. */
  close(): void {
    this.#closed = true
    for (const stream of this.#open) stream.destroy()
  }

  #keep(stream: Duplex): void {
    // An error without a listener would end the host's process; the relay sees the close that follows.
    stream.on('error', () => undefined)
    if (stream.destroyed) return
    this.#open.add(stream)
    stream.once('close', () => this.#open.delete(stream))
  }
}

async function makePair(): Promise<Pair> {
  const folder = await mkdtemp(join(tmpdir(), 'caisson-bridge-'))
  const path = join(folder, 's')
  const server = createServer({ allowHalfOpen: true })
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject)
      server.listen(path, resolve)
    })
    return await joined(server, path)
  } finally {
    server.close()
    await rm(folder, { recursive: true, force: true })
  }
}

function joined(server: Server, path: string): Promise<Pair> {
  return new Promise((resolve, reject) => {
    const far = new Socket({ allowHalfOpen: true })
    // Paused before it is connected, so that it never begins to read here.
    far.pause()
    far.once('error', reject)
    server.once('connection', (near: Socket) => {
      const give = (): void => {
        far.off('error', reject)
        resolve({ near, far })
      }
      if (far.connecting) far.once('connect', give)
      else give()
    })
    far.connect(path)
  })
}
