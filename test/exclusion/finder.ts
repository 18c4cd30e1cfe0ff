import type { MadeUp } from './made-up.ts'

interface Sought {
  readonly name: string
  readonly bytes: Buffer
}

/** A secret, or a part of one, where it must not be. */
export interface Sighting {
  readonly secret: string
  /** What was looked through. */
  readonly where: string
}

const shortest = 12
const slots = 1 << 16

/** The ways in which a text may stand somewhere, made without any help of the library under test. */
function writtenForms(text: string): Buffer[] {
  const bytes = Buffer.from(text)
  const forms = [bytes, Buffer.from(text, 'utf16le'), Buffer.from(bytes.toReversed())]
  for (const encoding of ['base64', 'base64url'] as const)
    for (let before = 0; before < 3; before += 1) {
      const shifted = Buffer.concat([Buffer.alloc(before), bytes]).toString(encoding)
      const whole = Math.floor(((before + bytes.length) * 8) / 6)
      forms.push(Buffer.from(shifted.slice(Math.ceil((before * 8) / 6), whole)))
    }
  const hex = bytes.toString('hex')
  const percent = encodeURIComponent(text)
  const texts = [
    hex,
    hex.toUpperCase(),
    percent,
    percent.toLowerCase(),
    JSON.stringify(text).slice(1, -1),
  ]
  // Half a secret is one too; what services write at the start of every key is none.
  if (text.length >= 32) texts.push(text.slice(-16), text.slice(-32, -16))
  return [...forms, ...texts.map((one) => Buffer.from(one))]
}

/** Long texts of several lines are looked for line by line. */
function partsOf(value: string): string[] {
  const lines = value.split('\n').filter((line) => !line.startsWith('-----'))
  return lines.filter((line) => line.length >= shortest)
}

/**
 * Looks for secrets in streams of any size. Every place in them is looked at, by the hash of four bytes
 * first, so that a hundred megabytes take about a second.
 */
export class Finder {
  readonly #bySlot = new Map<number, Sought[]>()
  readonly #taken = new Uint8Array(slots)
  readonly #longest: number
  readonly #found = new Map<string, Sighting>()

  constructor(secrets: readonly MadeUp[]) {
    const known = new Map<string, Sought>()
    for (const { name, value } of secrets)
      for (const bytes of partsOf(value).flatMap(writtenForms))
        if (bytes.length >= shortest) known.set(bytes.toString('latin1'), { name, bytes })
    let longest = 0
    for (const sought of known.values()) {
      longest = Math.max(longest, sought.bytes.length)
      this.#add(sought)
    }
    this.#longest = longest
  }

  /** What was found so far, each secret once in each place. */
  get found(): readonly Sighting[] {
    return [...this.#found.values()]
  }

  /** Looks through a whole text. */
  look(where: string, content: Buffer | string): void {
    this.stream(where).take(Buffer.from(content))
  }

  /** Looks through what comes in pieces; a secret may lie across their borders. */
  stream(where: string): { take(chunk: Buffer): void } {
    let tail: Buffer = Buffer.alloc(0)
    return {
      take: (chunk) => {
        const whole = tail.length === 0 ? chunk : Buffer.concat([tail, chunk])
        this.#scan(where, whole)
        tail = Buffer.from(whole.subarray(Math.max(0, whole.length - this.#longest + 1)))
      },
    }
  }

  #add(sought: Sought): void {
    const slot = slotOf(sought.bytes.readUInt32BE(0))
    this.#taken[slot] = 1
    const others = this.#bySlot.get(slot)
    if (others === undefined) this.#bySlot.set(slot, [sought])
    else others.push(sought)
  }

  #scan(where: string, bytes: Buffer): void {
    let four = 0
    for (let at = 0; at < bytes.length; at += 1) {
      four = (four << 8) | (bytes[at] ?? 0)
      const slot = slotOf(four)
      if (this.#taken[slot] === 1 && at >= 3) this.#compare(where, bytes, [at - 3, slot])
    }
  }

  #compare(where: string, bytes: Buffer, [from, slot]: readonly [number, number]): void {
    for (const { name, bytes: sought } of this.#bySlot.get(slot) ?? []) {
      const end = from + sought.length
      if (end > bytes.length || sought.compare(bytes, from, end) !== 0) continue
      this.#found.set(`${name}\0${where}`, { secret: name, where })
    }
  }
}

function slotOf(four: number): number {
  return Math.imul(four, 0x9e3779b1) >>> 16
}
