import {
  SandboxError,
  type DriverExit,
  type DriverProcess,
  type OutputStream,
  type TerminalSize,
} from '@caisson/core'
import { Reader } from './decode.ts'
import { deferred } from './deferred.ts'
import { Writer } from './encode.ts'
import { errno, errnoName } from './errno.ts'
import { decodeExit } from './exit-frame.ts'
import type { FrameHeader } from './frame.ts'
import type { GuestLink } from './link.ts'
import type { OutputListener } from './output-backlog.ts'
import { ProcessOutput } from './process-output.ts'
import { channel, frameType } from './protocol.ts'
import { fileError, protocolError } from './protocol-error.ts'
import { SendQueue } from './send-queue.ts'
import { signalNumber } from './signals.ts'
import { checkedSize, encodeSpawn, type ProcessStart } from './spawn-frame.ts'
import type { StreamReceiver } from './stream-table.ts'
import { printable } from './text.ts'

type State = 'starting' | 'running' | 'exited' | 'gone'

const brokenPipe = (): Error => fileError('EPIPE', 'writing to stdin')

/**
 * One process of the sandbox. Every frame is checked against the state: one that does not belong there throws, which ends
 * the session.
 */
export class ProcessStream implements DriverProcess, StreamReceiver {
  readonly exited: Promise<DriverExit>
  readonly gone: Promise<void>
  readonly #link: GuestLink
  readonly #id: number
  readonly #start: ProcessStart
  readonly #output: ProcessOutput
  readonly #stdin: SendQueue
  readonly #started = deferred<this>()
  readonly #exit = deferred<DriverExit>()
  readonly #end = deferred<void>()
  #state: State = 'starting'
  #givenUp = false
  #stdinGone = false
  #pid = 0

  /** Sends SPAWN. Throws when it cannot be sent; `started` tells the rest. */
  constructor(link: GuestLink, start: ProcessStart) {
    const payload = encodeSpawn(start)
    this.#link = link
    this.#start = start
    this.exited = settledExit(this.#exit.promise, start.settle)
    this.gone = this.#end.promise
    this.#id = link.open(this)
    const single = start.stderr === 'merge' || start.terminal !== null
    this.#output = new ProcessOutput(link, this.#id, single)
    this.#stdin = new SendQueue(link, { stream: this.#id, channel: channel.STDIN })
    if (start.stdin === 'none') this.#stdin.refuse(brokenPipe)
    this.#send(frameType.SPAWN, payload)
  }

  /** Resolves with this process when it runs; rejects with `SPAWN_FAILED`, `ABORTED` or the end of the session. */
  get started(): Promise<this> {
    return this.#started.promise
  }

  /** Whether it is a command of the host, not a function of init. */
  get isCommand(): boolean {
    return !this.#start.builtin
  }

  get pid(): number {
    return this.#pid
  }

  onOutput(listener: OutputListener): void {
    this.#output.listen(listener)
  }

  consumed(stream: OutputStream, bytes: number): void {
    this.#output.consumed(stream, bytes)
  }

  write(chunk: Uint8Array): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#stdin.write(chunk, (error) => (error === undefined ? resolve() : reject(error)))
    })
  }

  closeStdin(): void {
    this.#stdin.end(brokenPipe)
  }

  async kill(signal: string, scope: 'group' | 'tree'): Promise<void> {
    const number = signalNumber(signal)
    if (this.#state === 'gone' || this.#givenUp) return
    const payload = new Writer(2).u8(number).u8(scope === 'tree' ? 1 : 0)
    this.#send(frameType.SIGNAL, payload.finish())
  }

  resize(size: TerminalSize): void {
    const { columns, rows } = checkedSize(size)
    if (this.#start.terminal === null) throw new TypeError('the process has no terminal')
    if (this.#state === 'gone' || this.#givenUp) return
    this.#send(frameType.RESIZE, new Writer(4).u16(columns).u16(rows).finish())
  }

  /** RESET: init kills the whole tree and answers with GONE. What was pending is rejected with `reason`. */
  giveUp(reason: SandboxError): void {
    if (this.#state === 'gone' || this.#givenUp) return
    this.#givenUp = true
    this.#output.drop()
    this.#stdin.refuse(() => reason)
    this.#started.reject(reason)
    this.#exit.reject(reason)
    this.#send(frameType.RESET, new Writer(4).u32(errno.ECANCELED).finish())
  }

  data(header: FrameHeader, piece: Buffer): void {
    if (this.#state === 'starting') throw protocolError('output before SPAWNED')
    this.#output.data(header.flags, piece)
  }

  frame(header: FrameHeader, payload: Buffer): void {
    const reader = new Reader(payload)
    if (header.type === frameType.SPAWNED) return this.#spawned(reader)
    if (header.type === frameType.GONE) return this.#isGone()
    if (this.#state === 'starting') throw protocolError(`frame type ${header.type} before SPAWNED`)
    if (header.type === frameType.EOF) return this.#eof(header.flags)
    if (header.type === frameType.WINDOW) return this.#window(header.flags, reader.u32())
    if (header.type === frameType.EXIT) return this.#exits(reader)
    throw protocolError(`frame type ${header.type} on a process`)
  }

  lost(error: SandboxError): void {
    this.#finish(error)
  }

  #send(type: number, payload: Uint8Array): void {
    this.#link.send({ type, flags: 0, stream: this.#id }, [payload])
  }

  #spawned(reader: Reader): void {
    if (this.#state !== 'starting') throw protocolError('SPAWNED twice')
    const number = reader.u32()
    const pid = reader.u32()
    if (number === 0) {
      reader.end()
      this.#state = 'running'
      this.#pid = pid
      this.#started.resolve(this)
      return
    }
    const stage = printable(reader.str(64))
    reader.end()
    this.#link.remove(this.#id)
    this.#finish(spawnError(this.#start, stage, errnoName(number)))
  }

  #eof(number: number): void {
    if (number !== channel.STDIN) return this.#output.eof(number)
    if (this.#stdinGone) throw protocolError('EOF twice on stdin')
    this.#stdinGone = true
    if (!this.#givenUp) this.#stdin.refuse(brokenPipe)
  }

  #window(number: number, credit: number): void {
    if (number !== channel.STDIN) throw protocolError(`a grant for channel ${number}`)
    this.#stdin.grant(credit)
  }

  #exits(reader: Reader): void {
    if (this.#state !== 'running') throw protocolError('EXIT twice')
    const exit = decodeExit(reader)
    this.#state = 'exited'
    this.#exit.resolve(exit)
  }

  #isGone(): void {
    if (this.#state !== 'exited' && !this.#givenUp) throw protocolError('GONE before EXIT')
    this.#link.remove(this.#id)
    // The rest is settled: by SPAWNED and EXIT, or by giving up.
    this.#close()
  }

  #finish(error: SandboxError): void {
    this.#started.reject(error)
    this.#exit.reject(error)
    this.#close()
  }

  #close(): void {
    this.#state = 'gone'
    this.#stdin.refuse(() => this.#link.over ?? brokenPipe())
    this.#end.resolve()
  }
}

function settledExit(
  exit: Promise<DriverExit>,
  settle: (() => Promise<void>) | undefined,
): Promise<DriverExit> {
  if (settle === undefined) return exit
  const settled = exit.then(async (value) => {
    await settle()
    return value
  })
  // A rejection that nobody waits for does not end the host process.
  settled.catch(() => undefined)
  return settled
}

/** Starts a process; an abort while it starts gives the stream up. */
export async function startProcess(
  link: GuestLink,
  start: ProcessStart,
  signal?: AbortSignal,
): Promise<ProcessStream> {
  const aborted = (): SandboxError =>
    new SandboxError('ABORTED', 'the spawn was aborted', { cause: signal?.reason })
  if (signal?.aborted === true) throw aborted()
  const process = new ProcessStream(link, start)
  const abort = (): void => process.giveUp(aborted())
  signal?.addEventListener('abort', abort, { once: true })
  try {
    return await process.started
  } finally {
    signal?.removeEventListener('abort', abort)
  }
}

function spawnError(start: ProcessStart, stage: string, name: string): SandboxError {
  const path = stage === 'cwd' ? start.workingDirectory : (start.argv[0] ?? '')
  return new SandboxError('SPAWN_FAILED', `'${path}' cannot be started (${stage}): ${name}`, {
    errno: name,
    path,
  })
}
