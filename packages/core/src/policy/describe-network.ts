import { describeBody } from './describe-body.ts'
import { describeBudgets } from './describe-budgets.ts'
import { describeValues } from './describe-values.ts'
import { quoted } from './quoted.ts'
import type { AllowRule, DenyRule, NetworkPolicy } from './types.ts'

/** Who a request comes from, as whoever sends it should understand it. */
function who(identity: string): string {
  if (identity === 'anonymous') return 'without any credential'
  if (identity === 'guest') return 'with credentials of the sandbox itself'
  return `with the credential ${JSON.stringify(identity)}, which is added outside`
}

function requests(rule: AllowRule): readonly string[] {
  if (rule.protocol === 'tcp' || rule.tunnel === true) return ['connections that nobody reads']
  return [
    (rule.methods ?? ['GET', 'HEAD', 'OPTIONS']).join(', '),
    rule.paths === undefined ? 'any path' : `paths ${quoted(rule.paths)}`,
    rule.query === undefined ? [] : describeValues('query keys', rule.query),
    rule.headers === undefined
      ? []
      : `beside plain ones, ${describeValues('headers', rule.headers)}`,
    rule.body === undefined ? [] : describeBody(rule.body),
    rule.websocket === true ? 'WebSocket too' : [],
  ].flat()
}

function grantLine(given: string | AllowRule): string {
  const rule: AllowRule = typeof given === 'string' ? { host: given } : given
  const what = [
    ...requests(rule),
    rule.ports === undefined ? [] : `ports ${rule.ports.join(', ')}`,
    who(rule.identity ?? 'anonymous'),
    rule.tenant === undefined ? [] : 'for the tenant that is set outside only',
  ].flat()
  return `- ${JSON.stringify(rule.host)} (${rule.protocol ?? 'https'}): ${what.join('; ')}.`
}

function refusalLine(given: string | DenyRule): string {
  const rule: DenyRule = typeof given === 'string' ? { host: given } : given
  const what = [
    rule.methods === undefined ? [] : rule.methods.join(', '),
    rule.paths === undefined ? [] : `paths ${quoted(rule.paths)}`,
    rule.ports === undefined ? [] : `ports ${rule.ports.join(', ')}`,
    rule.reason === undefined ? [] : `because ${JSON.stringify(rule.reason)}`,
  ].flat()
  const rest = what.length === 0 ? '' : `: ${what.join('; ')}`
  return `- ${JSON.stringify(rule.host)}${rest}.`
}

function section(title: string, lines: readonly string[]): readonly string[] {
  return lines.length === 0 ? [] : [title, ...lines]
}

const noNetwork =
  'There is no network: only servers inside the sandbox itself can be reached, on 127.0.0.1. Downloads and package installs fail, and repeating them does not help.'

/** What of the network can be reached, in prose: one line a rule. */
export function describeNetwork(network: NetworkPolicy): string {
  const [allow, ask, deny] = [network.allow ?? [], network.ask ?? [], network.deny ?? []]
  if (network.mode === 'observe') {
    return 'Every host can be reached. What the policy would refuse is recorded.'
  }
  if (allow.length + ask.length === 0) return noNetwork
  const proxy =
    network.transparent === false
      ? ['Only programs that use the proxy of HTTP_PROXY and HTTPS_PROXY get there.']
      : []
  return [
    ...section('Only these hosts can be reached:', allow.map(grantLine)),
    ...section(
      allow.length === 0
        ? 'No host can be reached but these, each request only when it is granted from outside:'
        : 'These can be reached too, each request only when it is granted from outside:',
      ask.map(grantLine),
    ),
    ...section('Of these, the following is refused all the same:', deny.map(refusalLine)),
    ...describeBudgets(network.budgets ?? {}),
    ...proxy,
  ].join('\n')
}
