import type { HiddenText } from './keeper.ts'

/** Secrets of one credential that are remembered; beyond, every text costs every answer. */
const mostSecrets = 64

/**
 * Bytes of them that are remembered of those that are over. Each is looked for in every form that somebody
 * writes it in, and long tokens that are had anew each hour would come to more than can be looked for.
 */
const mostBytesOver = 16_384

interface Seen {
  readonly texts: readonly ShownNever[]
  expiresAt: number | null
}

/** A text that prints as nothing. */
class ShownNever implements HiddenText {
  readonly credential: string
  readonly #bytes: Buffer

  constructor(credential: string, bytes: Buffer) {
    this.credential = credential
    this.#bytes = bytes
  }

  get bytes(): Buffer {
    return this.#bytes
  }
}

/** What of one credential must never be seen: of every secret that it was, newest last. */
export class SeenTexts {
  readonly #credential: string
  readonly #seen: Seen[] = []
  #all: readonly HiddenText[] | null = null

  constructor(credential: string) {
    this.#credential = credential
  }

  get all(): readonly HiddenText[] {
    this.#all ??= this.#seen.flatMap(({ texts }) => texts)
    return this.#all
  }

  /** `false`: it was known already. */
  add(texts: readonly Buffer[], expiresAt: number | null, now: number): boolean {
    const known = this.#seen.find((seen) => sameTexts(seen.texts, texts))
    if (known !== undefined) {
      known.expiresAt = later(known.expiresAt, expiresAt)
      return false
    }
    const kept = texts.map((bytes) => new ShownNever(this.#credential, Buffer.from(bytes)))
    this.#seen.push({ texts: kept, expiresAt })
    if (this.#seen.length > mostSecrets) this.#dropOne(now)
    this.#dropLong(now)
    this.#all = null
    return true
  }

  /** Overwrites everything. */
  forget(): void {
    for (const { texts } of this.#seen.splice(0)) for (const { bytes } of texts) bytes.fill(0)
    this.#all = null
  }

  /** One that opens nothing any more, rather than one that still does; the oldest otherwise. */
  #dropOne(now: number): void {
    const at = Math.max(
      this.#seen.findIndex((seen) => isOver(seen, now)),
      0,
    )
    // Not overwritten: whoever looks for it right now may hold the same bytes.
    this.#seen.splice(at, 1)
  }

  /** The oldest of those that are over, until the others are short enough together. */
  #dropLong(now: number): void {
    const over = this.#seen.filter((seen) => isOver(seen, now))
    let bytes = over.reduce((sum, seen) => sum + bytesOf(seen), 0)
    for (const seen of over) {
      if (bytes <= mostBytesOver) return
      bytes -= bytesOf(seen)
      this.#seen.splice(this.#seen.indexOf(seen), 1)
    }
  }
}

function isOver({ expiresAt }: Seen, now: number): boolean {
  return expiresAt !== null && expiresAt <= now
}

function bytesOf({ texts }: Seen): number {
  return texts.reduce((sum, { bytes }) => sum + bytes.length, 0)
}

function sameTexts(known: readonly HiddenText[], texts: readonly Buffer[]): boolean {
  return (
    known.length === texts.length &&
    known.every(({ bytes }, at) => texts[at]?.equals(bytes) === true)
  )
}

function later(one: number | null, other: number | null): number | null {
  return one === null || other === null ? null : Math.max(one, other)
}
