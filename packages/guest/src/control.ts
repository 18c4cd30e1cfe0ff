import type { SandboxError } from '@caisson/core'
import { Reader } from './decode.ts'
import { deferred } from './deferred.ts'
import type { FrameHeader } from './frame.ts'
import type { Freezer } from './freezer.ts'
import { decodeFail, decodeHello, type Hello } from './hello.ts'
import type { GuestLink } from './link.ts'
import type { Notices } from './notices.ts'
import { frameType } from './protocol.ts'
import { protocolError } from './protocol-error.ts'
import type { StreamReceiver } from './stream-table.ts'
import { printable } from './text.ts'

const logMost = 1024
// An honest init sends none; what waits to be written must not grow with what a dishonest one sends.
const pongsMost = 16

/** What control frames act on. It needs the link, which needs control first. */
export interface ControlTargets {
  readonly link: GuestLink
  readonly freezer: Freezer
}

/** Stream 0: hello once, then the few frames that concern the whole sandbox. */
export class Control implements StreamReceiver {
  readonly #notices: Notices
  readonly #hello = deferred<Hello>()
  #targets: ControlTargets | undefined
  #greeted = false
  #pongs = 0

  constructor(notices: Notices) {
    this.#notices = notices
  }

  /** Resolves with HELLO; rejects with what FAIL says or with the end of the link. */
  get hello(): Promise<Hello> {
    return this.#hello.promise
  }

  connect(targets: ControlTargets): void {
    this.#targets = targets
  }

  frame(header: FrameHeader, payload: Buffer): void {
    if (header.type === frameType.LOG) return this.#log(payload)
    if (header.type === frameType.HELLO) return this.#greet(payload)
    if (header.type === frameType.FAIL && !this.#greeted) throw decodeFail(payload)
    const targets = this.#targets
    if (!this.#greeted || targets === undefined) {
      throw protocolError(`frame type ${header.type} before HELLO`)
    }
    if (header.type === frameType.FROZEN) return targets.freezer.answered(payload)
    if (header.type === frameType.PING) return this.#pong(targets.link, payload)
    throw protocolError(`frame type ${header.type} on the control stream`)
  }

  data(): void {
    throw protocolError('data on the control stream')
  }

  lost(error: SandboxError): void {
    this.#targets?.freezer.lost(error)
    this.#hello.reject(error)
  }

  #greet(payload: Buffer): void {
    if (this.#greeted) throw protocolError('HELLO twice')
    this.#greeted = true
    this.#hello.resolve(decodeHello(payload))
  }

  #log(payload: Buffer): void {
    const reader = new Reader(payload)
    reader.below(3, 'level')
    const message = printable(reader.str(65_536), logMost)
    reader.end()
    this.#notices.tell({ kind: 'log', message })
  }

  #pong(link: GuestLink, payload: Buffer): void {
    if (this.#pongs >= pongsMost) throw protocolError('more PING than can be answered')
    this.#pongs += 1
    link.send({ type: frameType.PONG, flags: 0, stream: 0 }, [Buffer.from(payload)], () => {
      this.#pongs -= 1
    })
  }
}
