import { SandboxError } from '@caisson/core'
import { Reader } from './decode.ts'
import { deferred } from './deferred.ts'
import type { GuestLink } from './link.ts'
import { ProcessStream } from './process-stream.ts'
import { protocolError } from './protocol-error.ts'
import { printable } from './text.ts'

/** How a builtin ended. */
export interface BuiltinEnd {
  readonly exitCode: number
  /** What it wrote to stderr, the first 8 KiB. */
  readonly stderr: Buffer
}

const stderrMost = 8192

/**
 * A function of init in a worker of its own. Its output is pulled: what is not read holds the worker back. The worker has the
 * rights of a command, so commands can tamper with it; what it says is checked like everything else from inside.
 */
export class Builtin {
  readonly ended: Promise<BuiltinEnd>
  readonly #link: GuestLink
  readonly #process: ProcessStream
  readonly #chunks: Uint8Array[] = []
  readonly #stderr: Buffer[] = []
  #stderrBytes = 0
  #wake = deferred<void>()
  #complete = false

  /** Starts it. Throws when it cannot be sent; `ended` rejects when it cannot be started. */
  constructor(link: GuestLink, argv: readonly string[], stdin: 'none' | 'pipe' = 'none') {
    this.#link = link
    this.#process = new ProcessStream(link, {
      argv,
      environment: {},
      workingDirectory: '/',
      stdin,
      stderr: 'pipe',
      terminal: null,
      builtin: true,
      openFiles: 0,
    })
    this.#process.onOutput((stream, chunk) => {
      if (stream === 'stdout') this.#arrived(chunk)
      else this.#complained(chunk)
    })
    this.ended = this.#watchEnd()
    this.ended.catch(() => undefined)
  }

  /** The output. Leaving the loop early ends the worker. */
  async *output(): AsyncGenerator<Uint8Array, void, undefined> {
    try {
      for (;;) {
        const chunk = this.#chunks.shift()
        if (chunk !== undefined) {
          yield chunk
          this.#process.consumed('stdout', chunk.length)
        } else if (this.#complete) {
          return
        } else {
          await this.#wake.promise
          this.#wake = deferred<void>()
        }
      }
    } finally {
      if (!this.#complete) this.abandon()
    }
  }

  /** Writes to its stdin; rejects with `EPIPE` when it does not read any more. */
  write(chunk: Uint8Array): Promise<void> {
    return this.#process.write(chunk)
  }

  closeStdin(): void {
    this.#process.closeStdin()
  }

  /** Ends it, whatever it does. */
  abandon(): void {
    this.#process.giveUp(new SandboxError('ABORTED', 'the operation was given up'))
  }

  /** All of the output, at most `most` bytes, which no honest worker exceeds. */
  async collect(most: number): Promise<Buffer> {
    const chunks: Uint8Array[] = []
    let size = 0
    for await (const chunk of this.output()) {
      size += chunk.length
      if (size > most) throw this.broken(`a builtin wrote more than ${most} bytes`)
      chunks.push(chunk)
    }
    return Buffer.concat(chunks)
  }

  /** Waits for the end; anything but 0 and the codes in `also` is the error that the worker told on stderr. */
  async succeed(what: string, also: readonly number[] = []): Promise<BuiltinEnd> {
    const end = await this.ended
    if (end.exitCode === 0 || also.includes(end.exitCode)) return end
    throw failure(what, end)
  }

  /** Ends the session, because the worker wrote what no honest one writes. */
  broken(what: string): SandboxError {
    const error = protocolError(what)
    this.#link.fail(error)
    return error
  }

  #arrived(chunk: Uint8Array): void {
    this.#chunks.push(chunk)
    this.#wake.resolve()
  }

  #complained(chunk: Uint8Array): void {
    this.#process.consumed('stderr', chunk.length)
    const wanted = Math.min(chunk.length, stderrMost - this.#stderrBytes)
    if (wanted <= 0) return
    this.#stderr.push(Buffer.from(chunk.subarray(0, wanted)))
    this.#stderrBytes += wanted
  }

  async #watchEnd(): Promise<BuiltinEnd> {
    try {
      const exit = await this.#process.exited
      return { exitCode: exit.exitCode ?? -1, stderr: Buffer.concat(this.#stderr) }
    } finally {
      this.#complete = true
      this.#wake.resolve()
    }
  }
}

/** Decodes a complete output; a misfit ends the session. */
export function decodeOutput<T>(
  builtin: Builtin,
  output: Uint8Array,
  decode: (reader: Reader) => T,
): T {
  try {
    const reader = new Reader(output)
    const value = decode(reader)
    reader.end()
    return value
  } catch (error) {
    throw builtin.broken(error instanceof Error ? error.message : 'its output does not parse')
  }
}

/** The error that a worker's last line names: `ERRNO_NAME stage: path`. */
function failure(what: string, end: BuiltinEnd): SandboxError {
  const line = printable(end.stderr).replaceAll('\\u{a}', '\n').trimEnd().split('\n').at(-1) ?? ''
  const [, name = 'EIO', detail = line] = /^(E[A-Z0-9]{1,20}) (.*)$/s.exec(line) ?? []
  const [, path] = /^[^:]*: (.*)$/s.exec(detail) ?? []
  const said = detail === '' ? `exit code ${end.exitCode}` : detail
  return new SandboxError('FILE', `${what} failed inside: ${name} (${said})`, { errno: name, path })
}
