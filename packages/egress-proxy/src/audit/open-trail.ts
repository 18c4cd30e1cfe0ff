import { callbackSink } from './callback-sink.ts'
import { ChainedTrail } from './chained-trail.ts'
import { signingKey } from './checkpoint.ts'
import { fileSink, type LineSink } from './line-sink-source.ts'
import type { AuditOptions, Checkpoint } from './options.ts'
import { type AuditTrail, noTrail } from './trail.ts'

const defaultPendingBytes = 1024 * 1024
const defaultCloseMs = 5000

/**
 * Opens the trail of one proxy.
 *
 * @throws TypeError for options that are none; Error when the file cannot be opened
 */
export function openTrail(
  options: AuditOptions | undefined,
  sandboxId: string,
  onLog: (message: string) => void,
): AuditTrail {
  if (options === undefined) return noTrail
  const { strict = false, checkpointEvery = 1000, signingKey: key } = options
  if (!Number.isSafeInteger(checkpointEvery) || checkpointEvery < 1)
    throw new TypeError('audit.checkpointEvery: must be a whole number above 0')
  return new ChainedTrail({
    sandboxId,
    strict,
    checkpointEvery,
    key: key === undefined ? null : signingKey(key),
    sink: sinkOf(options, onLog),
    onCheckpoint: (checkpoint) => announce(options, checkpoint, onLog),
  })
}

function sinkOf(options: AuditOptions, onLog: (message: string) => void): LineSink {
  const { path, write, pendingBytes = defaultPendingBytes, closeMs = defaultCloseMs } = options
  for (const [name, value] of Object.entries({ pendingBytes, closeMs }))
    if (!Number.isSafeInteger(value) || value < 1)
      throw new TypeError(`audit.${name}: must be a whole number above 0`)
  if ((path === undefined) === (write === undefined))
    throw new TypeError('audit: must have either `path` or `write`')
  const isStrict = options.strict === true
  const onBroken = (what: string): void =>
    onLog(`${what}; ${isStrict ? 'nothing is allowed any more' : 'what follows is not written'}`)
  if (path !== undefined) return fileSink(path, { closeMs, onBroken })
  return callbackSink((lines) => write?.(lines), { pendingBytes, closeMs, onBroken })
}

function announce(
  { onCheckpoint }: AuditOptions,
  checkpoint: Checkpoint,
  onLog: (message: string) => void,
): void {
  try {
    onCheckpoint?.(checkpoint)
  } catch {
    onLog('audit.onCheckpoint failed; the checkpoint is in the trail')
  }
}
