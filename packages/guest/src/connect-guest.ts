import { SandboxError, type SessionNotice } from '@caisson/core'
import type { Duplex } from 'node:stream'
import { Control } from './control.ts'
import { Freezer } from './freezer.ts'
import type { Hello } from './hello.ts'
import { GuestLink } from './link.ts'
import { Notices } from './notices.ts'
import { overlayIndexes } from './overlays.ts'
import { frameType } from './protocol.ts'
import { Sentinel, watchedMounts } from './sentinel.ts'
import { LinkedSession, type GuestSession } from './session.ts'
import { encodeSetup } from './setup-frame.ts'
import type { SetupOperation } from './setup.ts'

/** How `connectGuest` sets the sandbox up. */
export interface GuestOptions {
  /** What `init` does before it says hello, in order. */
  readonly operations: readonly SetupOperation[]
  /** Aborts the set-up. Has no effect once the session is there. */
  readonly signal?: AbortSignal | undefined
  /** Longest wait for hello, in milliseconds. */
  readonly timeoutMs: number
  /** Soft and hard RLIMIT_NOFILE of commands; 0 leaves what `init` has. */
  readonly openFiles: number
  /** Whether to watch for new files that `deny` and `protect` rules name. Best effort: a command can end the watcher. */
  readonly sentinel: boolean
  /** Called for what the sandbox tells by itself, 1000 times at most, each thing once. */
  onNotice(notice: SessionNotice): void
}

/**
 * Speaks to `init` over `link`: sends the set-up and resolves when it was done. From then on the link belongs to the session.
 *
 * When it fails the link is destroyed, and the error is `LAUNCH_FAILED` (what `init` could not do, another version, or a link
 * that ended), `TIMEOUT`, `ABORTED` or `PROTOCOL`.
 *
 * @param link A reliable byte stream whose other end `init` holds, and nothing else.
 */
export async function connectGuest(link: Duplex, options: GuestOptions): Promise<GuestSession> {
  const notices = new Notices((notice) => options.onNotice(notice))
  const control = new Control(notices)
  const guest = new GuestLink(link, control)
  const freezer = new Freezer(guest)
  control.connect({ link: guest, freezer })
  const { gaps } = await setUp(guest, control, options)
  const mounts = options.sentinel ? watchedMounts(options.operations) : []
  return new LinkedSession({
    link: guest,
    freezer,
    gaps,
    openFiles: options.openFiles,
    overlayIndexes: overlayIndexes(options.operations),
    sentinel: mounts.length > 0 ? new Sentinel(guest, mounts, notices) : null,
  })
}

async function setUp(link: GuestLink, control: Control, options: GuestOptions): Promise<Hello> {
  const { signal, timeoutMs, operations } = options
  const abort = (): void =>
    link.fail(
      new SandboxError('ABORTED', 'setting up the sandbox was aborted', { cause: signal?.reason }),
    )
  const timer = setTimeout(
    () => link.fail(new SandboxError('TIMEOUT', `init did not say hello in ${timeoutMs} ms`)),
    timeoutMs,
  )
  signal?.addEventListener('abort', abort, { once: true })
  try {
    if (signal?.aborted === true) abort()
    link.send({ type: frameType.SETUP, flags: 0, stream: 0 }, [encodeSetup(operations)])
    return await control.hello
  } catch (error) {
    link.destroy()
    throw asLaunchError(error)
  } finally {
    clearTimeout(timer)
    signal?.removeEventListener('abort', abort)
  }
}

function asLaunchError(error: unknown): unknown {
  if (!SandboxError.is(error) || error.code !== 'SANDBOX_ENDED') return error
  return new SandboxError('LAUNCH_FAILED', 'init ended before it said hello', { cause: error })
}
