import type { Transform } from 'node:stream'
import type { Body, BodySink, Field } from '../http-message.ts'
import { type Refusal, RefusalError } from '../refusal.ts'
import { type BodyCoding, decoderFor, RatioGuard } from '../scan/content-coding.ts'
import { type Hit, refusalOfHit, unreadableBody } from './hit.ts'

/** Looks through a body, decoded or as it is, on its way. After a hit nothing more is told. */
export interface BodyWatch {
  push(chunk: Uint8Array): Hit | null
  /** The body is over. */
  end(): Hit | null
}

/** How a body that leaves is looked through. */
export interface BodyLook {
  /** Sees the body without its coding. */
  readonly watch: BodyWatch
  /** Sees what is sent; for a body that is coded. Bytes of no coding may be hidden between. */
  readonly asSent: BodyWatch
  readonly coding: BodyCoding
  /** Trailers, looked through; a hit stops the body too. */
  readonly trailers: (fields: readonly Field[]) => Hit | null
  /** Called once, before the body fails. */
  readonly onHit: (hit: Hit) => void
}

/**
 * A body on its way out that is looked through before it is passed on, its coding undone beside it. With a
 * hit, or when a coding cannot be undone, it is cancelled and fails with a {@link RefusalError}; what holds
 * the end of what was found is not passed on.
 */
export class WatchedBody implements Body {
  readonly #body: Body
  readonly #look: BodyLook
  readonly #ratio = new RatioGuard()
  #decoder: Transform | null = null
  #sink: BodySink | null = null
  /** Chunks that the decoder has not read yet. */
  readonly #waiting: Uint8Array[] = []
  #trailers: readonly Field[] = []
  #isEnding = false
  #paused = false
  #over = false

  constructor(body: Body, look: BodyLook) {
    this.#body = body
    this.#look = look
  }

  get length(): number | null {
    return this.#body.length
  }

  start(sink: BodySink): void {
    this.#sink = sink
    this.#body.start({
      data: (chunk) => this.#take(chunk),
      end: (trailers) => this.#end(trailers),
      fail: (error) => {
        if (this.#finish()) sink.fail(error)
      },
    })
  }

  pause(): void {
    this.#paused = true
    this.#body.pause()
  }

  resume(): void {
    this.#paused = false
    if (this.#waiting.length === 0) this.#body.resume()
  }

  cancel(): void {
    if (this.#finish()) this.#body.cancel()
  }

  #take(chunk: Uint8Array): void {
    if (this.#over || chunk.length === 0) return
    const { coding, watch, asSent } = this.#look
    if (coding === 'unknown') this.#stop(unreadableBody)
    else if (coding === 'identity') this.#pass(chunk, watch.push(chunk))
    else if (!this.#stopsAt(asSent.push(chunk))) this.#decode(chunk, coding)
  }

  #pass(chunk: Uint8Array, hit: Hit | null): void {
    if (!this.#stopsAt(hit)) this.#sink?.data(chunk)
  }

  /** One chunk at a time: the next is asked for when this one was read and passed on. */
  #decode(chunk: Uint8Array, coding: 'gzip' | 'deflate' | 'br'): void {
    this.#ratio.coded(chunk.length)
    this.#decoder ??= this.#open(decoderFor(coding, chunk[0] ?? 0))
    this.#waiting.push(chunk)
    this.#body.pause()
    this.#decoder.write(chunk, (error) => {
      if (!error) this.#passRead()
    })
  }

  #open(decoder: Transform): Transform {
    decoder.on('readable', () => this.#read(decoder))
    decoder.once('end', () => this.#decoded())
    decoder.on('error', () => this.#stop(unreadableBody))
    return decoder
  }

  #read(decoder: Transform): void {
    for (;;) {
      const part: unknown = this.#over ? null : decoder.read()
      if (!Buffer.isBuffer(part)) return
      if (!this.#ratio.decoded(part.length)) this.#stop(unreadableBody)
      else this.#stopsAt(this.#look.watch.push(part))
    }
  }

  #passRead(): void {
    if (this.#decoder !== null) this.#read(this.#decoder)
    const chunk = this.#waiting.shift()
    if (this.#over || chunk === undefined) return
    this.#sink?.data(chunk)
    if (this.#waiting.length === 0 && !this.#paused && !this.#over) this.#body.resume()
  }

  /** A coding that ends before the body does has something behind it. */
  #decoded(): void {
    if (this.#over) return
    if (this.#isEnding && this.#waiting.length === 0) this.#complete()
    else this.#stop(unreadableBody)
  }

  #end(trailers: readonly Field[]): void {
    if (this.#over) return
    this.#trailers = trailers
    this.#isEnding = true
    if (this.#decoder === null) this.#complete()
    else this.#decoder.end()
  }

  #complete(): void {
    const { watch, asSent, trailers } = this.#look
    const hit = watch.end() ?? asSent.end() ?? trailers(this.#trailers)
    if (this.#stopsAt(hit)) return
    if (this.#finish()) this.#sink?.end(this.#trailers)
  }

  #stopsAt(hit: Hit | null): boolean {
    if (hit === null) return false
    if (this.#over) return true
    this.#look.onHit(hit)
    this.#stop(refusalOfHit(hit))
    return true
  }

  #stop(refusal: Refusal): void {
    if (!this.#finish()) return
    this.#body.cancel()
    this.#sink?.fail(new RefusalError(refusal))
  }

  #finish(): boolean {
    if (this.#over) return false
    this.#over = true
    this.#waiting.length = 0
    this.#decoder?.destroy()
    return true
  }
}
