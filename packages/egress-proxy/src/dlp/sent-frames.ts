import { FrameMeter, type PayloadRun } from '../websocket/frame-meter.ts'
import type { Hit } from './hit.ts'
import type { PartWatch } from './part-watch.ts'

/**
 * Looks through what a client sends over a WebSocket, its masks undone on a copy. Messages are read on end,
 * so that what is split over several is found; control frames by themselves.
 */
export class SentFrames {
  readonly #meter = new FrameMeter('client')
  readonly #messages: PartWatch
  readonly #controls: PartWatch

  constructor(watch: () => PartWatch) {
    this.#messages = watch()
    this.#controls = watch()
  }

  /** What was wrong with the frames; `null` while nothing is. Of what follows, nothing is looked at. */
  get fault(): string | null {
    return this.#meter.fault
  }

  /** To be called before the chunk is sent on. */
  push(chunk: Uint8Array): Hit | null {
    let hit: Hit | null = null
    this.#meter.push(chunk, {
      payload: (run) => {
        hit ??= (run.isControl ? this.#controls : this.#messages).push(unmasked(chunk, run))
      },
      over: () => undefined,
    })
    return hit
  }
}

function unmasked(chunk: Uint8Array, { from, to, mask }: PayloadRun): Uint8Array {
  const payload = Buffer.from(chunk.subarray(from, to))
  if (mask === null) return payload
  for (let at = 0; at < payload.length; at += 1)
    payload[at] = (payload[at] ?? 0) ^ (mask[at & 3] ?? 0)
  return payload
}
