import { Socket as DatagramSocket } from 'node:dgram'
import { writeFileSync } from 'node:fs'
import { Server, Socket } from 'node:net'
import { closeInherited } from './close-inherited.ts'
import type { Report } from './messages.ts'
import { type Handed, OrderService } from './serve-orders.ts'

/** The main file of an isolated proxy's process. It serves whoever started it, and ends with it. */
function main(): void {
  harden()
  const service = new OrderService({ send, sendLast, die })
  process.on('message', (message: unknown, handle: unknown) => {
    service.take(message, handedOf(handle))
  })
  // Also when the host's process was killed: the kernel closes the channel.
  process.on('disconnect', die)
}

function harden(): void {
  closeInherited()
  // By this signal Node.js would open an inspector; with a listener it does not.
  process.on('SIGUSR1', () => undefined)
  // A terminal's Ctrl-C is for the host, which closes this process in order.
  process.on('SIGINT', () => undefined)
  for (const name of Object.keys(process.env)) delete process.env[name]
  try {
    // Where the kernel pipes core dumps to a program, RLIMIT_CORE does not hold; this leaves them empty (core(5)).
    writeFileSync('/proc/self/coredump_filter', '0')
  } catch {
    // There is no such file: another kernel, or one without core dumps.
  }
}

function send(report: Report): void {
  // A channel that takes nothing more is closed, and `disconnect` follows.
  process.send?.(report, undefined, undefined, () => undefined)
}

function die(): never {
  process.exit(1)
}

function sendLast(report: Report): void {
  process.send?.(report, undefined, undefined, () => process.exit(0))
}

function handedOf(handle: unknown): Handed {
  if (handle instanceof Server) return { kind: 'server', socket: handle }
  if (handle instanceof Socket) return { kind: 'connection', socket: handle }
  if (handle instanceof DatagramSocket) return { kind: 'datagrams', socket: handle }
  return null
}

main()
