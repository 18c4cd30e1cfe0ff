import { change, diffLimit, diffList, type PolicyChange, stable } from './diff-lists.ts'
import type { AllowRule, Budgets, DenyRule, NetworkPolicy } from './types.ts'

/** A bare host is short for a rule; what explains a rule is no part of what it allows. */
function full(rule: string | AllowRule | DenyRule): Readonly<Record<string, unknown>> {
  if (typeof rule === 'string') return { host: rule }
  return Object.fromEntries(Object.entries(rule).filter(([key]) => key !== 'reason'))
}

function write(rule: Readonly<Record<string, unknown>>): string {
  return stable(rule)
}

const budgetKeys: readonly (keyof Budgets)[] = [
  'bytesPerRequest',
  'bytesPerWindow',
  'bytesTotal',
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
  const rules = (['allow', 'deny'] as const).flatMap((name) =>
    diffList({
      clause: `network.${name}`,
      direction: name === 'allow' ? 'grants' : 'restricts',
      before: (a[name] ?? []).map(full),
      after: (b[name] ?? []).map(full),
      write,
    }),
  )
  const addresses = (['allow', 'deny'] as const).flatMap((name) =>
    diffList({
      clause: `network.addresses.${name}`,
      direction: name === 'allow' ? 'grants' : 'restricts',
      before: a.addresses?.[name] ?? [],
      after: b.addresses?.[name] ?? [],
      write: (range) => range,
    }),
  )
  return [...modes, ...rules, ...addresses, ...diffBudgets(a.budgets ?? {}, b.budgets ?? {})]
}
