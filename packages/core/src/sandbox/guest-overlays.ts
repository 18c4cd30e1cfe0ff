import type { DriverOverlays } from '../driver.ts'
import type { PlannedMount } from '../plan/types.ts'
import { changesOf, overlayMounts, toPicker } from './change-list.ts'
import { commitMount } from './commit.ts'
import type { SandboxContext } from './context.ts'
import type { ChangeFilter, CommitOptions, CommitReport, SandboxChange } from './overlays.ts'

const defaultFileBytes = 256 * 1024 * 1024

/** The changes at and below which nothing else has to stay in the overlay. */
function discardable(
  gone: readonly SandboxChange[],
  all: readonly SandboxChange[],
): readonly string[] {
  const leaving = new Set(gone.map((change) => change.path))
  // Forgetting a folder forgets what is in it: the folders above whatever stays have to stay.
  const staying = new Set<string>()
  for (const { path } of all) {
    if (leaving.has(path)) continue
    for (let at = path.lastIndexOf('/'); at > 0; at = path.lastIndexOf('/', at - 1))
      staying.add(path.slice(0, at))
  }
  return [...leaving].filter((path) => !staying.has(path))
}

/** `changes`, `commit` and `discard` of a sandbox. */
export class GuestOverlays {
  readonly #context: SandboxContext

  constructor(context: SandboxContext) {
    this.#context = context
  }

  async changes(): Promise<SandboxChange[]> {
    return this.#context.lifeline.during(async () => {
      const lists = await this.#eachMount((mount, overlays) =>
        changesOf(this.#context.plan, mount, overlays),
      )
      return lists.flat()
    })
  }

  async commit(filter?: ChangeFilter, options: CommitOptions = {}): Promise<CommitReport> {
    const isPicked = toPicker(filter)
    const maxFileBytes = options.maxFileBytes ?? defaultFileBytes
    const outcomes = await this.#frozen(async (mount, overlays) => {
      const all = await changesOf(this.#context.plan, mount, overlays)
      const { source, target } = mount
      const commit = { source, target, overlays, maxFileBytes }
      const outcome = await commitMount(commit, all.filter(isPicked))
      await overlays.discard(target, discardable(outcome.committed, all))
      return outcome
    })
    return {
      committed: outcomes.flatMap((outcome) => outcome.committed),
      skipped: outcomes.flatMap((outcome) => outcome.skipped),
    }
  }

  async discard(filter?: ChangeFilter): Promise<number> {
    const isPicked = toPicker(filter)
    const counts = await this.#frozen(async (mount, overlays) => {
      const all = await changesOf(this.#context.plan, mount, overlays)
      const picked = all.filter(isPicked)
      const paths = discardable(picked, all)
      await overlays.discard(mount.target, paths)
      return paths.length
    })
    return counts.reduce((sum, count) => sum + count, 0)
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
