import type { Sandbox } from '@caisson/core'

/** The states that a sandbox which the caller holds can be in. */
export type LifecycleState = 'live' | 'destroying' | 'destroyed'

/** How one operation of a sandbox ended in one state. */
export interface TraitOutcome {
  readonly operation: string
  readonly state: LifecycleState
  /** `settled` in time with a value, with an error of this code, or not at all. */
  readonly how: 'value' | 'error' | 'hung'
  /** Code of the error, its name where it has none; `null` unless `error`. */
  readonly code: string | null
}

/** Anything that can be asked of a sandbox. */
export type Operation = (sandbox: Sandbox) => Promise<unknown>

const hangMs = 5000

/** Every operation of `Sandbox` that needs the inside. Paths are in the private temporary folder. */
export const operations: Readonly<Record<string, Operation>> = {
  exec: (sandbox) => sandbox.exec(['true']),
  spawn: async (sandbox) => (await sandbox.spawn(['true'])).wait(),
  'fs.writeFile': (sandbox) => sandbox.fs.writeFile('/tmp/trait', 'x'),
  'fs.readFile': (sandbox) => sandbox.fs.readFile('/etc/passwd'),
  'fs.readdir': (sandbox) => sandbox.fs.readdir('/tmp'),
  'fs.stat': (sandbox) => sandbox.fs.stat('/tmp'),
  'fs.mkdir': (sandbox) => sandbox.fs.mkdir('/tmp/trait-folder', { recursive: true }),
  'fs.exists': (sandbox) => sandbox.fs.exists('/tmp'),
  'fs.download': async (sandbox) => {
    await sandbox.fs.mkdir('/tmp/trait-folder', { recursive: true })
    for await (const chunk of sandbox.fs.download('/tmp/trait-folder'))
      if (chunk.length === 0) return
  },
  'ports.list': (sandbox) => sandbox.ports.list(),
}

/**
 * Runs each operation on a sandbox of its own in every state that a caller can bring it into.
 *
 * @param create - Creates a sandbox; called once for each operation and state.
 */
export async function runInEveryState(
  create: () => Promise<Sandbox>,
  tried: Readonly<Record<string, Operation>> = operations,
): Promise<TraitOutcome[]> {
  const outcomes: TraitOutcome[] = []
  for (const [operation, run] of Object.entries(tried)) {
    for (const state of ['live', 'destroying', 'destroyed'] as const) {
      const sandbox = await create()
      const ending = state === 'live' ? Promise.resolve() : sandbox.destroy()
      if (state === 'destroyed') await ending
      outcomes.push({ operation, state, ...(await observe(run(sandbox))) })
      await ending
      await sandbox.destroy()
    }
  }
  return outcomes
}

async function observe(work: Promise<unknown>): Promise<Pick<TraitOutcome, 'how' | 'code'>> {
  let timer: NodeJS.Timeout | undefined
  const hung = new Promise<Pick<TraitOutcome, 'how' | 'code'>>((resolve) => {
    timer = setTimeout(() => resolve({ how: 'hung', code: null }), hangMs)
  })
  const settled = work.then(
    () => ({ how: 'value' as const, code: null }),
    (error: unknown) => ({ how: 'error' as const, code: codeOf(error) }),
  )
  return Promise.race([settled, hung]).finally(() => clearTimeout(timer))
}

function codeOf(error: unknown): string {
  if (typeof error === 'object' && error !== null && 'code' in error) return String(error.code)
  return error instanceof Error ? error.name : String(error)
}
