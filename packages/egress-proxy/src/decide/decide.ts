import type { CompiledAllow, CompiledDeny, CompiledRule } from './compiled-rule.ts'
import type { Decision } from './decision.ts'
import { observed, withHandling } from './decisions.ts'
import { explainConnection, explainHttp, explainName } from './explain.ts'
import { allows, refuses } from './fit.ts'
import { handlingBit, type HandlingSet, noHandling } from './handlings.ts'
import type { HostIndex } from './host-index.ts'
import { anyPort, type Entry, type HostRules, type Reach } from './host-rules.ts'
import { deniedPath } from './path-template.ts'
import { Search } from './path-trie.ts'
import type { CompiledPolicy } from './policy.ts'
import { refusedPort } from './ports.ts'
import type { ConnectionRequest, HttpRequest, NameRequest, Request } from './request.ts'
import { wantsBody } from './wants-body.ts'

type Index<R extends CompiledRule> = HostIndex<HostRules<R>>

function earlier<R extends CompiledRule>(
  a: Reach<R> | undefined,
  b: Reach<R> | undefined,
): Reach<R> | undefined {
  if (a === undefined || b === undefined) return a ?? b
  const handling = a.handling | b.handling
  return { entry: a.entry.rank <= b.entry.rank ? a.entry : b.entry, handling }
}

/** What a list says about connections to a port: its first rule, and every handling. */
function reachAt<R extends CompiledRule>(
  found: readonly HostRules<R>[],
  port: number,
): Reach<R> | undefined {
  let result: Reach<R> | undefined
  for (const { reach } of found) {
    result = earlier(result, reach.get(port))
    if (reach.has(anyPort)) result = earlier(result, reach.get(anyPort))
  }
  return result
}

function searchPaths<R extends CompiledRule>(
  found: readonly HostRules<R>[],
  path: string,
  accepts: (entry: Entry<R>) => boolean,
): Entry<R> | null {
  const search = new Search(accepts)
  for (const { anyPath, paths } of found) {
    search.offer(anyPath)
    search.offerPath(paths, path)
  }
  return search.best
}

function matchAllow(
  index: Index<CompiledAllow>,
  request: HttpRequest,
): Entry<CompiledAllow> | null {
  const found = index.find(request.host)
  if (found.length === 0) return null
  return searchPaths(found, request.path, ({ rule }) => allows(rule, request))
}

function matchDeny(index: Index<CompiledDeny>, request: HttpRequest): Entry<CompiledDeny> | null {
  const found = index.find(request.host)
  if (found.length === 0) return null
  const path = deniedPath(request.path)
  return searchPaths(found, path, ({ rule }) => refuses(rule, request))
}

function judgeHttp(policy: CompiledPolicy, request: HttpRequest): Decision {
  const denied = matchDeny(policy.deny, request)
  if (denied !== null) return denied.decision
  const found = matchAllow(policy.allow, request) ?? matchAllow(policy.ask, request)
  if (found === null) return explainHttp(policy, request)
  return wantsBody(found.rule, request) ? found.withBody : found.decision
}

function judgeConnection(policy: CompiledPolicy, request: ConnectionRequest): Decision {
  const { host, port } = request
  const denied = reachAt(policy.deny.find(host), port)
  if (denied !== undefined) return denied.entry.decision
  const reach = reachAt(policy.allow.find(host), port) ?? reachAt(policy.ask.find(host), port)
  if (reach === undefined) return explainConnection(policy, request)
  return withHandling(reach.entry.decision, reach.handling)
}

/** The first rule that lets a name be connected to on some port, and what stands in the way of the others. */
function nameReach(
  found: readonly HostRules<CompiledAllow>[],
  denied: readonly HostRules<CompiledDeny>[],
): Decision | null {
  let open: Reach<CompiledAllow> | undefined
  let shut: Reach<CompiledDeny> | undefined
  for (const { reach } of found) {
    for (const [port, one] of reach) {
      const refusal = denied.length === 0 ? undefined : reachAt(denied, port)
      if (refusal === undefined) open = earlier(open, one)
      else shut = earlier(shut, refusal)
    }
  }
  if (open !== undefined) return withHandling(open.entry.decision, noHandling)
  return shut?.entry.decision ?? null
}

function judgeName(policy: CompiledPolicy, { host }: NameRequest): Decision {
  const denied = policy.deny.find(host)
  const everywhere = reachAt(denied, anyPort)
  if (everywhere !== undefined) return everywhere.entry.decision
  const allowed = nameReach(policy.allow.find(host), denied)
  if (allowed?.verdict === 'allow') return allowed
  const asked = nameReach(policy.ask.find(host), denied)
  return asked ?? allowed ?? explainName(policy, host)
}

function judge(policy: CompiledPolicy, request: Request): Decision {
  switch (request.kind) {
    case 'name':
      return judgeName(policy, request)
    case 'connection':
      return judgeConnection(policy, request)
    case 'http':
      return judgeHttp(policy, request)
  }
}

/** How what is only observed is carried: read where that is possible. */
function observedHandling(request: Request): HandlingSet {
  if (request.kind === 'name') return noHandling
  if (request.kind === 'http') return handlingBit(request.scheme === 'https' ? 'intercept' : 'http')
  if (request.port === 443) return handlingBit('intercept')
  if (request.port === 80) return handlingBit('http')
  return handlingBit('intercept') | handlingBit('opaque')
}

/**
 * Judges a canonical request by a policy. Pure: the same answer for the same arguments, and nothing else.
 *
 * A body that was not read yet is taken to be as rules want it: `needs.body` says that it has to be read, and
 * the request to be judged again with it.
 *
 * A request is allowed when some rule of `allow` matches and no rule of `deny` does; it is to be asked for
 * when only a rule of `ask` matches. Which rule is named when several match: the first in its list. A name
 * is answered as a connection to it would be, on the ports that rules give it. A tunnel rule allows
 * connections and never a request that can be seen.
 *
 * In observe mode whatever would not be allowed is, with `wouldDeny`; but not to ports that no policy
 * could open.
 */
export function decide(policy: CompiledPolicy, request: Request): Decision {
  const decision = judge(policy, request)
  if (!policy.observe || decision.verdict === 'allow') return decision
  if (request.kind !== 'name' && refusedPort(request.port) !== undefined) return decision
  return observed(decision, observedHandling(request))
}
