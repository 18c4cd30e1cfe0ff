import type { DriverOverlays } from '../driver.ts'
import type { PlannedMount } from '../plan/types.ts'
import { changesOf, overlayMounts, toPicker } from './change-list.ts'
import { commitMount } from './commit.ts'
import type { SandboxContext } from './context.ts'
import type { ChangeFilter, CommitOptions, CommitReport, SandboxChange } from './overlays.ts'

const defaultFileBytes = 256 * 1024 * 1024

/** The folders above a path. */
function* above(path: string): Generator<string> {
  for (let at = path.lastIndexOf('/'); at > 0; at = path.lastIndexOf('/', at - 1))
    yield path.slice(0, at)
}

/**
 * The paths to forget for the changes in `gone`, and for nothing else: forgetting a folder forgets
 * what is in it, so the folders above whatever stays have to stay. What went with a removed folder has
 * no entry of its own in the overlay.
 */
function discardable(
  gone: readonly SandboxChange[],
  all: readonly SandboxChange[],
): readonly string[] {
  const leaving = new Set(gone.map((change) => change.path))
  const removed = new Set(all.filter(({ type }) => type === 'deleted').map(({ path }) => path))
  const staying = new Set(all.flatMap(({ path }) => (leaving.has(path) ? [] : [...above(path)])))
  return [...leaving].filter((path) => {
    const isImplied = [...above(path)].some((folder) => removed.has(folder))
    return !staying.has(path) && !isImplied
  })
}

/** `changes`, `commit` and `discard` of a sandbox. */
export class GuestOverlays {
  readonly #context: SandboxContext
  /** The sandbox saw the host as it was when it started, and again after each commit. */
  #seenMs: number = Date.now()

  constructor(context: SandboxContext) {
    this.#context = context
  }

  async changes(): Promise<SandboxChange[]> {
    return this.#context.lifeline.during(async () => {
      const lists = await this.#eachMount((mount, overlays) => this.#changesOf(mount, overlays))
      return lists.flat()
    })
  }

  async commit(filter?: ChangeFilter, options: CommitOptions = {}): Promise<CommitReport> {
    const isPicked = toPicker(filter)
    const maxFileBytes = options.maxFileBytes ?? defaultFileBytes
    const outcomes = await this.#frozen(async (mount, overlays) => {
      const all = await this.#changesOf(mount, overlays)
      const { source, target } = mount
      const maxBytes = this.#context.plan.limits.diskBytes
      const commit = { source, target, overlays, maxFileBytes, maxBytes }
      const outcome = await commitMount(commit, all.filter(isPicked))
      await overlays.discard(target, discardable(outcome.committed, all))
      return outcome
    })
    this.#seenMs = Date.now()
    return {
      committed: outcomes.flatMap((outcome) => outcome.committed),
      skipped: outcomes.flatMap((outcome) => outcome.skipped),
    }
  }

  async discard(filter?: ChangeFilter): Promise<number> {
    const isPicked = toPicker(filter)
    const counts = await this.#frozen(async (mount, overlays) => {
      const all = await this.#changesOf(mount, overlays)
      const picked = all.filter(isPicked)
      await overlays.discard(mount.target, discardable(picked, all))
      return picked.length
    })
    return counts.reduce((sum, count) => sum + count, 0)
  }

  #changesOf(mount: PlannedMount, overlays: DriverOverlays): Promise<SandboxChange[]> {
    return changesOf({ plan: this.#context.plan, overlays, seenMs: this.#seenMs }, mount)
  }

  async #frozen<T>(
    act: (mount: PlannedMount, overlays: DriverOverlays) => Promise<T>,
  ): Promise<T[]> {
    const { lifeline, session } = this.#context
    const { overlays } = session
    return lifeline.during(async () =>
      overlays === null ? [] : overlays.frozen(() => this.#eachMount(act)),
    )
  }

  async #eachMount<T>(
    act: (mount: PlannedMount, overlays: DriverOverlays) => Promise<T>,
  ): Promise<T[]> {
    const { overlays } = this.#context.session
    const results: T[] = []
    if (overlays === null) return results
    for (const mount of overlayMounts(this.#context.plan)) results.push(await act(mount, overlays))
    return results
  }
}
