import type { Cursor } from '../scan/automaton.ts'
import { FrameMeter, type PayloadRun } from '../websocket/frame-meter.ts'
import { HeldBytes } from './held-bytes.ts'
import type { OnReflected, SecretScan } from './secret-scan.ts'

/** Where payload of one message stands: frames lie between its stretches. */
interface Stretch {
  /** Place in the message. */
  readonly from: number
  readonly to: number
  /** Place in the stream of the first byte. */
  readonly place: number
}

/** A message, or a control frame, that is not over. */
interface Open {
  /** What it is looked through for: settled when it begins. */
  scan: SecretScan
  readonly cursor: Cursor
  length: number
  stretches: Stretch[]
  /** Stretches before this one can no longer be touched. */
  first: number
}

function opened(scan: SecretScan): Open {
  return { scan, cursor: { state: 0 }, length: 0, stretches: [], first: 0 }
}

/**
 * Overwrites secrets in what a server sends over a WebSocket: in text and in binary messages, in pings, pongs
 * and closes, within a frame and across frames of one message. Frames stay as long as they are. Bytes with
 * which a secret may have begun wait for the next of their message, and go on when it is over.
 */
export class RedactedFrames {
  readonly #newest: () => SecretScan
  readonly #onReflected: OnReflected
  readonly #meter = new FrameMeter('server')
  readonly #bytes = new HeldBytes()
  #message: Open
  #control: Open
  #told = false

  /** @param newest What secrets there are now; those that come while a message is open count from the next. */
  constructor(newest: () => SecretScan, onReflected: OnReflected) {
    this.#newest = newest
    this.#onReflected = onReflected
    this.#message = opened(newest())
    this.#control = opened(newest())
  }

  /** What was wrong with the frames; `null` while nothing is. From then on nothing goes on any more. */
  get fault(): string | null {
    return this.#meter.fault
  }

  push(chunk: Uint8Array): readonly Uint8Array[] {
    const begin = this.#bytes.end
    const proper = this.#meter.push(chunk, {
      payload: (run) => this.#read(chunk, run, begin),
      over: (isControl) => {
        if (isControl) this.#control = opened(this.#newest())
        else this.#message = opened(this.#newest())
      },
    })
    if (!proper) return []
    const until = Math.min(
      begin + chunk.length,
      this.#firstHeld(this.#message),
      this.#firstHeld(this.#control),
    )
    return this.#bytes.push(chunk, until)
  }

  /** The stream is over: what still waits, which is a message that was cut short. */
  end(): Uint8Array[] {
    return this.fault === null ? this.#bytes.flush() : []
  }

  #read(chunk: Uint8Array, run: PayloadRun, begin: number): void {
    const open = run.isControl ? this.#control : this.#message
    // It may have been a while since the last one was over.
    if (open.length === 0) open.scan = this.#newest()
    const { automaton } = open.scan
    const payload = chunk.subarray(run.from, run.to)
    const from = open.length
    open.stretches.push({ from, to: from + payload.length, place: begin + run.from })
    open.length += payload.length
    let at = automaton.find(open.cursor, payload, 0)
    while (at >= 0) {
      this.#cover(open, automaton.longest(open.cursor.state), from + at)
      at = automaton.find(open.cursor, payload, at)
    }
    forget(open, open.length - automaton.depth(open.cursor.state))
  }

  /** What is found may lie in several frames; each gets its share of what stands in its place. */
  #cover(open: Open, text: number, end: number): void {
    const label = open.scan.labelOf(text)
    const start = end - open.scan.automaton.lengthOf(text)
    for (let at = open.first; at < open.stretches.length; at += 1) {
      const { from, to, place } = open.stretches[at] ?? none
      const first = Math.max(start, from)
      const behind = Math.min(end, to)
      if (first >= behind) continue
      const share = first === start ? label : { at: (of: number) => label.at(of + first - start) }
      this.#bytes.cover(place + first - from, place + behind - from, share)
    }
    if (this.#told) return
    this.#told = true
    this.#onReflected(open.scan.aboutOf(text))
  }

  #firstHeld(open: Open): number {
    const depth = open.scan.automaton.depth(open.cursor.state)
    const first = open.stretches[open.first]
    if (depth === 0 || first === undefined) return Number.POSITIVE_INFINITY
    return first.place + open.length - depth - first.from
  }
}

const none: Stretch = Object.freeze({ from: 0, to: 0, place: 0 })

/** Lets go of the stretches that end before `from`; in bulk, so that many short frames cost little each. */
function forget(open: Open, from: number): void {
  const { stretches } = open
  while (open.first < stretches.length && (stretches[open.first] ?? none).to <= from)
    open.first += 1
  if (open.first * 2 < stretches.length) return
  open.stretches = stretches.slice(open.first)
  open.first = 0
}
