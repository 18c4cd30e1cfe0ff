import type { EgressPeer } from '@caisson/core'
import { Builtin, decodeOutput } from './builtin.ts'
import { ipv4Bytes } from './ipv4.ts'
import type { GuestLink } from './link.ts'
import { ProcessStream } from './process-stream.ts'

/** What one worker is asked at most, and how many questions wait at most. */
const peersMost = 64
const waitingMost = 1024
/** How long a worker may take; commands can stop it. */
const patienceMs = 1000

interface Question {
  readonly peer: string
  readonly answer: (pid: number | null) => void
}

/**
 * Which command holds the inner end of a connection. One worker of init at a time looks; what is asked meanwhile is asked
 * of the next, together, so that a crowd of connections does not become a crowd of workers.
 */
export class Owners {
  readonly #link: GuestLink
  readonly #waiting: Question[] = []
  #asking = false

  constructor(link: GuestLink) {
    this.#link = link
  }

  /** The `pid` of the command, or `null` when nobody holds it, several do, or that cannot be told. Never rejects. */
  find(peer: EgressPeer): Promise<number | null> {
    const text = encodePeer(peer)
    if (text === null || this.#waiting.length >= waitingMost) return Promise.resolve(null)
    return new Promise((answer) => {
      this.#waiting.push({ peer: text, answer })
      if (!this.#asking) void this.#askAll()
    })
  }

  async #askAll(): Promise<void> {
    this.#asking = true
    while (this.#waiting.length > 0) await this.#ask(this.#waiting.splice(0, peersMost))
    this.#asking = false
  }

  /** Questions are answered one by one: a command that is just being started is waited for. */
  async #ask(questions: readonly Question[]): Promise<void> {
    const streams = await this.#streams(questions).catch(() => [])
    for (const [index, { answer }] of questions.entries())
      void this.#commandOf(streams[index] ?? 0).then(answer)
  }

  async #streams(questions: readonly Question[]): Promise<readonly number[]> {
    const builtin = new Builtin(this.#link, ['owners', questions.map(({ peer }) => peer).join('')])
    const timer = setTimeout(() => builtin.abandon(), patienceMs)
    try {
      const output = await builtin.collect(questions.length * 4)
      await builtin.succeed('looking for the owners of connections')
      return decodeOutput(builtin, output, (reader) => questions.map(() => reader.u32()))
    } finally {
      clearTimeout(timer)
    }
  }

  /** The command of a stream that is open: it is until nothing that descends from the command is left. */
  async #commandOf(stream: number): Promise<number | null> {
    const owner = this.#link.receiver(stream)
    if (!(owner instanceof ProcessStream) || !owner.isCommand) return null
    return await owner.started.then(
      ({ pid }) => pid,
      () => null,
    )
  }
}

/** As the builtin `owners` reads it; `null` for what no socket inside can have. */
function encodePeer({ protocol, address, port }: EgressPeer): string | null {
  const bytes = ipv4Bytes(address.replace(/^::ffff:/i, ''))
  if (bytes === null || !Number.isInteger(port) || port < 1 || port > 0xffff) return null
  const hex = Buffer.from(bytes).toString('hex')
  return `${protocol === 'udp' ? 'u' : 't'}${hex}${port.toString(16).padStart(4, '0')}`
}
