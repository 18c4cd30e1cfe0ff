import { type CompiledPolicy, judgesPaths, spellsSlashes } from '../decide/policy.ts'
import type { Engine } from './engine.ts'
import type { Channel } from './read-request.ts'

/** How the newest policy wants paths of a host read; for the requests of one connection, mostly of one host. */
export function pathJudge(
  engine: Pick<Engine, 'policy'>,
): Pick<Channel, 'judgesPaths' | 'spellsSlashes'> {
  let known: {
    readonly policy: CompiledPolicy
    readonly host: string
    readonly judges: boolean
    readonly slashes: boolean
  } | null = null
  const look = (host: string) => {
    const policy = engine.policy()
    if (known === null || known.policy !== policy || known.host !== host)
      known = {
        policy,
        host,
        judges: judgesPaths(policy, host),
        slashes: spellsSlashes(policy, host),
      }
    return known
  }
  return {
    judgesPaths: (host) => look(host).judges,
    spellsSlashes: (host) => look(host).slashes,
  }
}
