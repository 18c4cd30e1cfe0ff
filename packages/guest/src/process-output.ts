import type { OutputStream } from '@caisson/core'
import { ReceiveCredit } from './credit.ts'
import type { GuestLink } from './link.ts'
import { keepable, OutputBacklog, type OutputListener } from './output-backlog.ts'
import { channel } from './protocol.ts'
import { protocolError } from './protocol-error.ts'

/** The two outputs of a process: credit, EOF, and the one listener. */
export class ProcessOutput {
  readonly #credits: Readonly<Record<OutputStream, ReceiveCredit>>
  readonly #single: boolean
  readonly #backlog = new OutputBacklog()
  #listener: OutputListener | undefined
  #dropping = false

  /** `single`: there is no stderr, because it is merged or a terminal. */
  constructor(link: GuestLink, stream: number, single: boolean) {
    this.#credits = {
      stdout: new ReceiveCredit(link, { stream, channel: channel.STDOUT }),
      stderr: new ReceiveCredit(link, { stream, channel: channel.STDERR }),
    }
    this.#single = single
  }

  data(number: number, piece: Buffer): void {
    const name = outputName(number)
    if (this.#single && name === 'stderr') throw protocolError('data on a stderr that is merged')
    this.#credits[name].take(piece.length)
    if (this.#dropping) return
    if (this.#listener === undefined) this.#backlog.add(name, keepable(piece))
    else this.#listener(name, keepable(piece))
  }

  eof(number: number): void {
    this.#credits[outputName(number)].close()
  }

  listen(listener: OutputListener): void {
    this.#listener = listener
    this.#backlog.drain(listener)
  }

  consumed(name: OutputStream, bytes: number): void {
    this.#credits[name].give(bytes)
  }

  /** Nobody wants what comes any more; it is still checked against the credit that is out. */
  drop(): void {
    this.#dropping = true
    this.#backlog.drain(() => undefined)
  }
}

function outputName(number: number): OutputStream {
  if (number === channel.STDOUT) return 'stdout'
  if (number === channel.STDERR) return 'stderr'
  throw protocolError(`output on channel ${number}`)
}
