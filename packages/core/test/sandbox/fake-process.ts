import { SandboxError } from '@caisson/core'
import type {
  DriverExit,
  DriverProcess,
  OutputStream,
  SpawnRequest,
  TerminalSize,
} from '@caisson/core'

const ended = (): SandboxError => new SandboxError('SANDBOX_ENDED', 'the link was cut')

/** A process whose life the test plays. */
export class FakeProcess implements DriverProcess {
  readonly pid: number
  readonly request: SpawnRequest
  readonly exited: Promise<DriverExit>
  readonly gone: Promise<void>
  readonly credit = { stdout: 0, stderr: 0 }
  readonly kills: string[] = []
  readonly sizes: TerminalSize[] = []
  /** What stdin got. */
  input = ''
  isStdinClosed = false
  /** A sandbox that lies lets nothing die. */
  isImmortal = false
  isOver = false
  #listener: ((stream: OutputStream, chunk: Uint8Array) => void) | null = null
  #early: [OutputStream, Uint8Array][] = []
  #exit: (exit: DriverExit) => void = () => undefined
  #fail: (error: Error) => void = () => undefined
  #vanish: () => void = () => undefined

  constructor(pid: number, request: SpawnRequest) {
    this.pid = pid
    this.request = request
    this.exited = new Promise((resolve, reject) => {
      this.#exit = resolve
      this.#fail = reject
    })
    this.exited.catch(() => undefined)
    this.gone = new Promise((resolve) => {
      this.#vanish = resolve
    })
  }

  onOutput(listener: (stream: OutputStream, chunk: Uint8Array) => void): void {
    this.#listener = listener
    for (const [stream, chunk] of this.#early) listener(stream, chunk)
    this.#early = []
  }

  consumed(stream: OutputStream, bytes: number): void {
    this.credit[stream] += bytes
  }

  async write(chunk: Uint8Array): Promise<void> {
    if (this.isOver) throw new SandboxError('FILE', 'EPIPE', { errno: 'EPIPE' })
    this.input += new TextDecoder().decode(chunk)
  }

  closeStdin(): void {
    this.isStdinClosed = true
  }

  async kill(signal: string, scope: 'group' | 'tree'): Promise<void> {
    this.kills.push(`${signal} ${scope}`)
    if (signal === 'SIGKILL' && !this.isImmortal) this.end({ exitCode: null, signal })
  }

  resize(size: TerminalSize): void {
    this.sizes.push(size)
  }

  /** The command writes. */
  emit(stream: OutputStream, output: string | Uint8Array): void {
    const chunk = typeof output === 'string' ? new TextEncoder().encode(output) : output
    if (this.#listener === null) this.#early.push([stream, chunk])
    else this.#listener(stream, chunk)
  }

  /** The command ends, and may leave others behind. */
  exit(exit: Partial<DriverExit> = {}): void {
    const nothing = { signal: null, cpuMs: 1, peakMemoryBytes: 4096, limitsHit: [] }
    this.#exit({ exitCode: 0, ...nothing, ...exit })
  }

  /** Nothing of it is left. */
  vanish(): void {
    this.isOver = true
    this.#vanish()
  }

  end(exit: Partial<DriverExit> = {}): void {
    this.exit(exit)
    this.vanish()
  }

  /** The sandbox went away. */
  lose(): void {
    this.#fail(ended())
    this.vanish()
  }
}
