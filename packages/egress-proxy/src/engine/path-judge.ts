import { type CompiledPolicy, judgesPaths } from '../decide/policy.ts'
import type { Engine } from './engine.ts'

/** Whether the newest policy judges paths at a host; for the requests of one connection, mostly of one host. */
export function pathJudge(engine: Pick<Engine, 'policy'>): (host: string) => boolean {
  let known: { policy: CompiledPolicy; host: string; judges: boolean } | null = null
  return (host) => {
    const policy = engine.policy()
    if (known === null || known.policy !== policy || known.host !== host)
      known = { policy, host, judges: judgesPaths(policy, host) }
    return known.judges
  }
}
