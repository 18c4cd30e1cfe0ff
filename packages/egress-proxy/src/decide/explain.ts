import type { CompiledAllow } from './compiled-rule.ts'
import type { Decision } from './decision.ts'
import { refused } from './decisions.ts'
import { stepOf, steps } from './fit.ts'
import type { HostRules } from './host-rules.ts'
import { Search } from './path-trie.ts'
import type { CompiledPolicy } from './policy.ts'
import { refusedPort } from './ports.ts'
import type { ConnectionRequest, HttpRequest } from './request.ts'
import { type Failure, tellFailure } from './tell-failure.ts'

const suggestions = 5

function rulesOf(policy: CompiledPolicy, host: string): readonly HostRules<CompiledAllow>[] {
  return [...policy.allow.find(host), ...policy.ask.find(host)]
}

/** Why a name is refused that no rule holds. */
export function explainName(policy: CompiledPolicy, host: string): Decision {
  const names = policy.neighbours.nearest(host, suggestions)
  const remedy =
    names.length === 0
      ? 'work without the network, or ask the owner of the sandbox to add hosts to network.allow'
      : `use one of: ${names.join(', ')}; or ask the owner of the sandbox to add it to network.allow`
  return refused({
    code: 'host_not_allowed',
    reason: `${host} is not in the sandbox's allow-list`,
    remedy,
  })
}

function explainPort(found: readonly HostRules<CompiledAllow>[], at: ConnectionRequest): Decision {
  const ports = new Set<number>()
  for (const { reach } of found) for (const port of reach.keys()) ports.add(port)
  const list = [...ports].sort((a, b) => a - b).slice(0, suggestions)
  const instead = `use port ${list.join(' or ')}`
  const grant = `ask the owner of the sandbox to add ${at.port} to the ports of its rule`
  return refused({
    code: 'port_not_allowed',
    reason: `${at.host} may be reached, but not on port ${at.port}`,
    remedy: refusedPort(at.port) ?? `${instead}, or ${grant}`,
  })
}

/** Why a connection is refused that no rule allows. */
export function explainConnection(policy: CompiledPolicy, request: ConnectionRequest): Decision {
  const found = rulesOf(policy, request.host)
  return found.length === 0 ? explainName(policy, request.host) : explainPort(found, request)
}

/** The rules with a template that fits, found in one walk. */
function fittingPath(
  found: readonly HostRules<CompiledAllow>[],
  path: string,
): ReadonlySet<CompiledAllow> {
  const fitting = new Set<CompiledAllow>()
  const search = new Search<HostRules<CompiledAllow>['anyPath'][number]>(({ rule }) => {
    fitting.add(rule)
    return false
  })
  for (const { anyPath, paths } of found) {
    search.offer(anyPath)
    search.offerPath(paths, path)
  }
  return fitting
}

/** The rules that a request came furthest in, and the step at which they all fail. */
function furthest(
  found: readonly HostRules<CompiledAllow>[],
  request: HttpRequest,
): Omit<Failure, 'identities'> {
  const fitting = fittingPath(found, request.path)
  let step: Failure['step'] = steps.port
  let rules: CompiledAllow[] = []
  for (const one of found) {
    for (const rule of one.rules) {
      const at = stepOf(rule, request, fitting.has(rule))
      if (at < step) continue
      if (at > step) rules = []
      step = at
      rules.push(rule)
    }
  }
  return { step, rules }
}

/** Why a request is refused that no rule allows: the step that came nearest to allowing it. */
export function explainHttp(policy: CompiledPolicy, request: HttpRequest): Decision {
  const found = rulesOf(policy, request.host)
  if (found.length === 0) return explainName(policy, request.host)
  const failure = furthest(found, request)
  if (failure.step === steps.port) return explainPort(found, { ...request, kind: 'connection' })
  return refused(tellFailure({ ...failure, identities: policy.identities }, request))
}
