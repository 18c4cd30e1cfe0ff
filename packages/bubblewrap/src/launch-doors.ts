import type { ChildProcess } from 'node:child_process'
import { Socket as DatagramSocket } from 'node:dgram'
import { Server, Socket } from 'node:net'
import { setTimeout } from 'node:timers/promises'
import { type EgressDoor, type EgressSession, SandboxError } from '@caisson/core'

/** A listening socket of the sandbox, served here. */
type DoorSocket = Server | DatagramSocket

const patienceMs = 5000

/**
 * The doors of a sandbox as they arrive from its init, on the IPC channel of Node.js. The channel is a way into this
 * process, so nothing but what is expected is taken from it, and the sandbox does not start before init, which alone
 * holds its other end, has closed it.
 */
export class DoorReceiver {
  /** Rejects, with `PROTOCOL`, as soon as something came that was not asked for. */
  readonly broken: Promise<never>
  readonly #closed: Promise<void>
  readonly #doors: readonly EgressDoor[]
  readonly #sockets = new Map<number, DoorSocket>()
  #isOver = false

  /** Listens to a child that was just started, with `stdio` `ipc`. */
  constructor(child: ChildProcess, doors: readonly EgressDoor[]) {
    this.#doors = doors
    this.#closed = new Promise((resolve) => {
      child.once('disconnect', resolve)
    })
    this.broken = new Promise((_, reject) => {
      child.on('message', (message: unknown, handle: unknown) => {
        const problem = this.#take(message, handle)
        if (problem === null) return
        this.close()
        reject(broken(problem))
      })
    })
    this.broken.catch(() => undefined)
  }

  /**
   * Gives every door to the way out, once init said that it is done; what it did not get is closed by {@link DoorReceiver.close}.
   *
   * @throws SandboxError `PROTOCOL` when one is missing, or when the channel stays open.
   */
  async hand(egress: EgressSession): Promise<void> {
    await Promise.race([this.#closed, this.broken, late()])
    if (this.#sockets.size !== this.#doors.length)
      throw broken(`${this.#sockets.size} of ${this.#doors.length} doors arrived`)
    for (const [index, door] of this.#doors.entries()) {
      const socket = this.#sockets.get(index)
      if (socket === undefined) throw broken('the doors were closed meanwhile')
      this.#sockets.delete(index)
      socket.off('error', ignore)
      await egress.listen(door, socket)
    }
    this.#isOver = true
  }

  /** Closes what is here, and what may still come. Idempotent. */
  close(): void {
    this.#isOver = true
    for (const socket of this.#sockets.values()) socket.close()
    this.#sockets.clear()
  }

  /** What is wrong with a message, or `null`. */
  #take(message: unknown, handle: unknown): string | null {
    if (!(handle instanceof Server || handle instanceof DatagramSocket)) {
      if (handle instanceof Socket) handle.destroy()
      return 'a message without a door'
    }
    const index = doorNumber(message)
    const door = index === null ? undefined : this.#doors[index]
    const isNew = index !== null && !this.#sockets.has(index)
    if (this.#isOver || !isNew || door === undefined || !isAt(handle, door)) {
      handle.close()
      return 'a door that was not asked for'
    }
    // Nothing connects yet; an error without a listener would end this process.
    handle.on('error', ignore)
    this.#sockets.set(index, handle)
    return null
  }
}

/** Init closes the channel before it says that it is done, so hardly anything is left to wait for. */
async function late(): Promise<never> {
  await setTimeout(patienceMs, undefined, { ref: false })
  throw broken('init did not close it')
}

function ignore(): void {
  // Until it is handed over nobody waits for the socket.
}

function doorNumber(message: unknown): number | null {
  if (typeof message !== 'object' || message === null || !('door' in message)) return null
  return Number.isSafeInteger(message.door) ? Number(message.door) : null
}

/** Whether a socket is what was asked for, as the kernel says. */
function isAt(socket: DoorSocket, door: EgressDoor): boolean {
  if ((socket instanceof Server ? 'tcp' : 'udp') !== door.protocol) return false
  try {
    const at = socket.address()
    if (typeof at !== 'object' || at === null) return false
    return at.address === door.address && at.port === door.port
  } catch {
    // EBADF and the like: it is no use to anybody.
    return false
  }
}

function broken(what: string): SandboxError {
  return new SandboxError('PROTOCOL', `bubblewrap: the channel for doors: ${what}`, {
    driver: 'bubblewrap',
  })
}
