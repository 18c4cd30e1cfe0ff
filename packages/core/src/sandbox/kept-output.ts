import type { OutputStream } from '../driver.ts'
import { SandboxError } from '../errors.ts'
import type { OutputChunk, ProcessReading } from '../result.ts'
import { OutputBuffer, type KeptRun } from './output-buffer.ts'
import { OutputTap } from './output-tap.ts'
import { orderedText } from './output-text.ts'

const streams: readonly OutputStream[] = ['stdout', 'stderr']

/** The bytes at the end of `bytes` that begin a UTF-8 character and do not finish it: 0 to 3. */
function unfinishedBytes(bytes: Uint8Array): number {
  for (let back = 1; back <= Math.min(3, bytes.length); back += 1) {
    const byte = bytes[bytes.length - back] ?? 0
    if (byte < 0x80) return 0
    if (byte < 0xc0) continue
    const needs = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2
    return needs > back ? back : 0
  }
  return 0
}

/** What a command writes: kept within bounds, and passed on to readers at their pace. */
export class KeptOutput {
  readonly buffer: OutputBuffer
  readonly #consumed: (stream: OutputStream, bytes: number) => void
  readonly #taps = new Map<OutputStream, OutputTap>()
  #closed: { failure: Error | null } | null = null
  #waiting = new Set<() => void>()

  constructor(keptBytes: number, consumed: (stream: OutputStream, bytes: number) => void) {
    this.buffer = new OutputBuffer(keptBytes)
    this.#consumed = consumed
  }

  /** Takes what the command wrote next. */
  add(stream: OutputStream, chunk: Uint8Array): void {
    this.buffer.add(stream, chunk)
    const tap = this.#taps.get(stream)
    if (tap === undefined) this.#consumed(stream, chunk.length)
    else tap.push(stream, chunk, true)
    this.wake()
  }

  /** Nothing more will be written; readers get the failure, if there is one, instead of an end. */
  close(failure: Error | null): void {
    this.#closed ??= { failure }
    for (const tap of this.#taps.values()) tap.end(this.#closed.failure)
    this.wake()
  }

  /** Lets everybody who polls look again. */
  wake(): void {
    for (const resume of this.#waiting) resume()
    this.#waiting.clear()
  }

  /** One stream, exactly, for one reader. */
  stream(stream: OutputStream): ReadableStream<Uint8Array> {
    const tap = this.#tap([stream])
    return new ReadableStream<Uint8Array>(
      {
        async pull(controller) {
          const next = await tap.next()
          if (next === null) controller.close()
          else controller.enqueue(next.chunk)
        },
        cancel: () => tap.close(),
      },
      { highWaterMark: 0 },
    )
  }

  /** Both streams in order, exactly, for one reader. */
  async *both(): AsyncGenerator<OutputChunk, void, undefined> {
    const tap = this.#tap(streams)
    try {
      for (let next = await tap.next(); next !== null; next = await tap.next()) yield next
    } finally {
      tap.close()
    }
  }

  /** What is kept from a cursor on, `maxBytes` at most. */
  reading(since: number, maxBytes: number): Pick<ProcessReading, 'cursor' | 'output' | 'dropped'> {
    const runs = this.#take(since, maxBytes)
    const last = runs.at(-1)
    const cursor =
      last === undefined ? Math.max(since, this.buffer.end) : last.start + last.bytes.length
    const returned = runs.reduce((sum, run) => sum + run.bytes.length, 0)
    const output = orderedText(runs, since, cursor)
    return { cursor, output, dropped: cursor - since - returned }
  }

  /** Resolves when something is new, or after a time. */
  async change(waitMs: number): Promise<void> {
    let timer: NodeJS.Timeout | undefined
    await new Promise<void>((resolve) => {
      this.#waiting.add(resolve)
      timer = setTimeout(() => {
        this.#waiting.delete(resolve)
        resolve()
      }, waitMs)
    })
    clearTimeout(timer)
  }

  get isClosed(): boolean {
    return this.#closed !== null
  }

  #take(since: number, maxBytes: number): KeptRun[] {
    const taken: KeptRun[] = []
    let left = maxBytes
    for (const run of this.buffer.runs(since)) {
      if (left === 0) break
      const bytes = run.bytes.subarray(0, left)
      taken.push({ ...run, bytes })
      left -= bytes.length
    }
    return this.#withoutUnfinished(taken)
  }

  /** Leaves a character that is not complete yet for the next reading. */
  #withoutUnfinished(taken: KeptRun[]): KeptRun[] {
    const last = taken.at(-1)
    const isFinal =
      last === undefined || (this.isClosed && last.start + last.bytes.length === this.buffer.end)
    if (isFinal) return taken
    const bytes = last.bytes.subarray(0, last.bytes.length - unfinishedBytes(last.bytes))
    return [...taken.slice(0, -1), { ...last, bytes }]
  }

  #tap(wanted: readonly OutputStream[]): OutputTap {
    for (const stream of wanted)
      if (this.#taps.has(stream)) throw new TypeError(`${stream} has a reader already`)
    const tap = new OutputTap(this.#consumed)
    for (const run of this.buffer.runs())
      if (wanted.includes(run.stream)) tap.push(run.stream, run.bytes.slice(), false)
    const lost = wanted.reduce((sum, stream) => sum + this.buffer.dropped[stream], 0)
    for (const stream of wanted) this.#taps.set(stream, tap)
    if (lost > 0) tap.end(tooLate(lost))
    else if (this.#closed !== null) tap.end(this.#closed.failure)
    return tap
  }
}

function tooLate(lost: number): SandboxError {
  return new SandboxError('LIMIT', `${lost} bytes of output were dropped before anybody read it`, {
    hint: 'ask for stdout, stderr or output() right after spawn, or raise maxOutputBytes',
  })
}
