import { SandboxError, type DriverOverlays, type OverlayChange } from '@caisson/core'
import { Builtin } from './builtin.ts'
import { Writer } from './encode.ts'
import type { Freezer } from './freezer.ts'
import { nameFromInside, relativePath } from './inside-path.ts'
import type { GuestLink } from './link.ts'
import { overlayChanges } from './overlay-changes.ts'
import { bound } from './protocol.ts'
import type { SetupOperation } from './setup.ts'

/** The overlays that the set-up made, by their targets. */
export class GuestOverlays implements DriverOverlays {
  readonly #link: GuestLink
  readonly #freezer: Freezer
  readonly #indexes: ReadonlyMap<string, number>

  constructor(link: GuestLink, freezer: Freezer, indexes: ReadonlyMap<string, number>) {
    this.#link = link
    this.#freezer = freezer
    this.#indexes = indexes
  }

  async changes(target: string, maxEntries: number): Promise<OverlayChange[]> {
    return await overlayChanges(this.#link, { index: this.#index(target), target, maxEntries })
  }

  async read(target: string, path: string, maxBytes: number): Promise<Uint8Array> {
    const index = `${this.#index(target)}`
    const builtin = this.#start(['upper-read', index, relativePath(path)])
    const chunks: Uint8Array[] = []
    let size = 0
    for await (const chunk of builtin.output()) {
      size += chunk.length
      if (size > maxBytes) throw tooBig(path, maxBytes)
      chunks.push(chunk)
    }
    await builtin.succeed('reading a change')
    return Buffer.concat(chunks)
  }

  async readLink(target: string, path: string): Promise<string> {
    const builtin = this.#start(['upper-readlink', `${this.#index(target)}`, relativePath(path)])
    const output = await builtin.collect(bound.PATH_BYTES_MAX + 1)
    await builtin.succeed('reading a changed link')
    if (output.length === 0 || output.includes(0)) throw builtin.broken('the target of a link')
    return nameFromInside(output, `the link '${path}'`)
  }

  async discard(target: string, paths: readonly string[]): Promise<void> {
    const index = this.#index(target)
    const list = new Writer().strings(paths.map(relativePath)).finish()
    const builtin = this.#start(['discard', `${index}`], 'pipe')
    try {
      await builtin.write(list)
      builtin.closeStdin()
    } catch (error) {
      // It stopped reading, so it failed; how it ended says why.
      if (!SandboxError.is(error) || error.errno !== 'EPIPE') throw error
    }
    await builtin.succeed('discarding changes')
  }

  async frozen<T>(work: () => Promise<T>): Promise<T> {
    return await this.#freezer.frozen(work)
  }

  #start(argv: readonly string[], stdin: 'none' | 'pipe' = 'none'): Builtin {
    this.#link.assertLive()
    return new Builtin(this.#link, argv, stdin)
  }

  #index(target: string): number {
    const index = this.#indexes.get(target)
    if (index === undefined) throw new TypeError(`no overlay is mounted at '${target}'`)
    return index
  }
}

/** Target to index of the overlay mounts among set-up operations. */
export function overlayIndexes(operations: readonly SetupOperation[]): ReadonlyMap<string, number> {
  const overlays = operations.filter((step) => step.kind === 'mount' && step.access === 'overlay')
  return new Map(
    overlays.flatMap((step) => (step.kind === 'mount' ? [[step.target, step.index]] : [])),
  )
}

function tooBig(path: string, maxBytes: number): SandboxError {
  return new SandboxError('LIMIT', `'${path}' is larger than ${maxBytes} bytes`, { path })
}
