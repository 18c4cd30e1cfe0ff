import { dirname } from 'node:path/posix'
import type { FileKind, OverlayChange } from '../driver.ts'
import { RuleIndex, type RuleState } from '../plan/rule-index.ts'
import type { PathRule, PlannedMount } from '../plan/types.ts'

/** A folder, as the rules see it. */
interface Folder {
  readonly state: RuleState
  /** The first rule that covers what lies in it; `null` when none. */
  readonly covering: number | null
}

function first(one: number | null, other: number | null): number | null {
  return one === null || other === null ? (one ?? other) : Math.min(one, other)
}

/** The rules of a mount that keep changes from being carried to the host. */
export class ChangeRules {
  readonly #index: RuleIndex
  readonly #folders = new Map<string, Folder>()

  constructor(mount: PlannedMount) {
    this.#index = new RuleIndex([...mount.deny, ...mount.protect])
    this.#folders.set('.', { state: this.#index.start, covering: null })
  }

  /** The rule that keeps a change back, if there is one. */
  rulingOf(change: OverlayChange): PathRule | undefined {
    const above = this.#folder(dirname(change.path))
    const state = this.#index.enter(
      above.state,
      change.path.slice(change.path.lastIndexOf('/') + 1),
    )
    const kind = change.type === 'deleted' ? undefined : change.kind
    const covering = first(above.covering, this.#matching(state, kind))
    if (covering !== null) return this.#index.rule(covering)
    if (change.kind === 'directory' || change.type === 'deleted') return undefined
    // Not a folder, it would decide what a protected path below it is: `.git` made a link, or a file that
    // names another folder, moves `.git/hooks` out of protection.
    return state.leading < 0 ? undefined : this.#index.rule(state.leading)
  }

  #folder(path: string): Folder {
    const known = this.#folders.get(path)
    if (known !== undefined) return known
    const above = this.#folder(dirname(path))
    const state = this.#index.enter(above.state, path.slice(path.lastIndexOf('/') + 1))
    const covering = first(above.covering, this.#matching(state, 'directory'))
    const folder = { state, covering }
    this.#folders.set(path, folder)
    return folder
  }

  /** The first rule that matches what was walked to; a link stands for whatever it leads to. */
  #matching(state: RuleState, kind: FileKind | undefined): number | null {
    const fits = ({ only }: PathRule): boolean =>
      only === undefined ||
      kind === undefined ||
      kind === 'symlink' ||
      (only === 'directory') === (kind === 'directory')
    const found = state.matched.find((index) => {
      const rule = this.#index.rule(index)
      return rule !== undefined && fits(rule)
    })
    return found ?? null
  }
}
