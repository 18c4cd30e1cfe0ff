import { setTimeout as delay } from 'node:timers/promises'
import { SandboxError } from '../errors.ts'
import { checkedDuration, refuseAborted } from './command.ts'
import type { SandboxContext } from './context.ts'
import { listenForward } from './port-forward-listen.ts'
import type { ForwardOptions, PortForward, SandboxPorts, WaitForPortOptions } from './ports.ts'

const firstPauseMs = 10
const longestPauseMs = 250

function checkPort(port: number): void {
  if (!Number.isInteger(port) || port < 1 || port > 65_535)
    throw new TypeError(`a port is a number from 1 to 65535, not ${port}`)
}

/** `ports` of a sandbox. Knows its open forwards, so that they end with the sandbox. */
export class GuestPorts implements SandboxPorts {
  readonly #context: SandboxContext
  readonly #forwards = new Set<PortForward>()

  constructor(context: SandboxContext) {
    this.#context = context
  }

  async forward(port: number, options: ForwardOptions = {}): Promise<PortForward> {
    checkPort(port)
    this.#context.lifeline.check()
    const forward = await listenForward(this.#context, port, options)
    if (this.#context.lifeline.end !== null) {
      await forward.close()
      this.#context.lifeline.check()
    }
    const close = async (): Promise<void> => {
      this.#forwards.delete(tracked)
      await forward.close()
    }
    const tracked: PortForward = { ...forward, close, [Symbol.asyncDispose]: close }
    this.#forwards.add(tracked)
    return tracked
  }

  async waitFor(port: number, options: WaitForPortOptions = {}): Promise<void> {
    checkPort(port)
    const { signal } = options
    const timeoutMs = checkedDuration('timeoutMs', options.timeoutMs ?? 30_000)
    refuseAborted(signal)
    const deadline = performance.now() + timeoutMs
    let pauseMs = firstPauseMs
    while (!(await this.list()).includes(port)) {
      if (performance.now() >= deadline)
        throw new SandboxError(
          'TIMEOUT',
          `nothing listened on port ${port} within ${timeoutMs} ms`,
          {
            retryable: true,
          },
        )
      await this.#pause(pauseMs, signal)
      pauseMs = Math.min(longestPauseMs, pauseMs * 2)
    }
  }

  list(): Promise<number[]> {
    const { lifeline, session } = this.#context
    return lifeline.during(() => session.listeningPorts())
  }

  /** Stops listening everywhere. */
  async closeAll(): Promise<void> {
    await Promise.all([...this.#forwards].map((forward) => forward.close()))
  }

  async #pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
    try {
      await delay(ms, undefined, { signal })
    } catch (error) {
      // The only way in which a timer fails is its signal.
      throw new SandboxError('ABORTED', 'waiting for a port was aborted', { cause: error })
    }
  }
}
