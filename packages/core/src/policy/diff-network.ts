import { change, diffLimit, diffList, type PolicyChange, stable } from './diff-lists.ts'
import { diffRecord } from './diff-record.ts'
import type { AllowRule, Budgets, DenyRule, NetworkPolicy } from './types.ts'

type WrittenRule = Readonly<Record<string, unknown>>

/** A bare host is short for a rule; what explains a rule is no part of what it says. */
function full(rule: string | AllowRule | DenyRule): WrittenRule {
  if (typeof rule === 'string') return { host: rule }
  return Object.fromEntries(
    Object.entries(rule).filter(([key, value]) => key !== 'reason' && value !== undefined),
  )
}

/** With what holds when nothing is said, so that a default written out is no change. */
function withDefaults(rule: string | AllowRule): WrittenRule {
  const one: AllowRule = typeof rule === 'string' ? { host: rule } : rule
  const isUnseen = one.tunnel === true || one.protocol === 'tcp'
  return {
    protocol: 'https',
    ports: [one.protocol === 'http-plain' ? 80 : 443],
    identity: 'anonymous',
    tunnel: false,
    ...(isUnseen ? {} : { methods: ['GET', 'HEAD', 'OPTIONS'], websocket: false }),
    ...full(rule),
  }
}

interface Grants {
  readonly name: 'allow' | 'ask'
  readonly before: NetworkPolicy
  readonly after: NetworkPolicy
}

/** The texts are of the rules as they stand; only the comparison fills in. */
function diffGrants({ name, before, after }: Grants): readonly PolicyChange[] {
  const keyed = (rules: readonly (string | AllowRule)[] | undefined) =>
    new Map((rules ?? []).map((rule) => [stable(withDefaults(rule)), rule]))
  const [was, now] = [keyed(before[name]), keyed(after[name])]
  const write = (rule: string | AllowRule): string =>
    name === 'allow' ? stable(full(rule)) : `${stable(full(rule))}, which a grant can open`
  const clause = `network.${name}`
  return [
    ...[...now]
      .filter(([key]) => !was.has(key))
      .map(([, rule]) => change(clause, 'widens', `adds ${write(rule)}`)),
    ...[...was]
      .filter(([key]) => !now.has(key))
      .map(([, rule]) => change(clause, 'narrows', `removes ${write(rule)}`)),
  ]
}

/** Programs that ignore proxy variables get out, or no longer do. */
function diffTransparent(a: NetworkPolicy, b: NetworkPolicy): readonly PolicyChange[] {
  const [was, is] = [a.transparent ?? true, b.transparent ?? true]
  if (was === is) return []
  return [change('network.transparent', is ? 'widens' : 'narrows', `${was} becomes ${is}`)]
}

const budgetKeys: readonly (keyof Budgets)[] = [
  'bytesPerRequest',
  'bytesPerWindow',
  'bytesTotal',
  'urlBytesPerWindow',
  'requestsPerSecond',
  'openTunnels',
  'distinctNames',
]

/** A missing budget is the proxy's own, which this comparison does not know: it counts as the wider. */
function diffBudgets(a: Budgets, b: Budgets): readonly PolicyChange[] {
  const limits = budgetKeys.flatMap((key) =>
    diffLimit({
      clause: `network.budgets.${key}`,
      before: a[key] ?? null,
      after: b[key] ?? null,
    }),
  )
  if (a.windowMs === b.windowMs) return limits
  // A shorter window renews its bytes sooner.
  const isNarrower = a.windowMs !== undefined && b.windowMs !== undefined && b.windowMs > a.windowMs
  const text = `from ${a.windowMs ?? 'the default'} to ${b.windowMs ?? 'the default'}`
  return [...limits, change('network.budgets.windowMs', isNarrower ? 'narrows' : 'widens', text)]
}

/** What of the network came and went. A rule that changed is a rule removed and a rule added. */
export function diffNetwork(a: NetworkPolicy, b: NetworkPolicy): readonly PolicyChange[] {
  const [mode, modeNow] = [a.mode ?? 'enforce', b.mode ?? 'enforce']
  const modes =
    mode === modeNow
      ? []
      : [
          change(
            'network.mode',
            modeNow === 'observe' ? 'widens' : 'narrows',
            `${mode} becomes ${modeNow}`,
          ),
        ]
  const grants = (['allow', 'ask'] as const).flatMap((name) =>
    diffGrants({ name, before: a, after: b }),
  )
  const refusals = diffList({
    clause: 'network.deny',
    direction: 'restricts',
    before: (a.deny ?? []).map(full),
    after: (b.deny ?? []).map(full),
    write: stable,
  })
  const addresses = (['allow', 'deny'] as const).flatMap((name) =>
    diffList({
      clause: `network.addresses.${name}`,
      direction: name === 'allow' ? 'grants' : 'restricts',
      before: a.addresses?.[name] ?? [],
      after: b.addresses?.[name] ?? [],
      write: (range) => range,
    }),
  )
  return [
    ...modes,
    ...grants,
    ...refusals,
    ...diffTransparent(a, b),
    ...diffRecord({
      clause: 'network.canaries',
      direction: 'restricts',
      before: a.canaries ?? {},
      after: b.canaries ?? {},
    }),
    ...addresses,
    ...diffBudgets(a.budgets ?? {}, b.budgets ?? {}),
  ]
}
