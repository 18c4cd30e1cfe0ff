const sample = 'x'
/** Stands for `*` between dots, where services have the name of a region. */
const region = 'us-east-1'

function fill(label: string): string {
  return label === '*' ? region : label
}

/** Labels from the right. */
function reversed(name: string): readonly string[] {
  return name.split('.').toReversed()
}

/** The labels of a pattern, without the `*` in front. */
interface Labels {
  readonly labels: readonly string[]
  /** Further labels, one or more, stand before them. */
  readonly open: boolean
}

function labelsOf(pattern: string): Labels {
  const open = pattern.startsWith('*.')
  return { labels: reversed(open ? pattern.slice(2) : pattern), open }
}

/** The labels that both say, from the right; `null` when they contradict each other. */
function agreed(rule: readonly string[], row: readonly string[]): readonly string[] | null {
  const found: string[] = []
  for (let index = 0; index < Math.max(rule.length, row.length); index += 1) {
    const [ours, theirs] = [rule[index], row[index]]
    if (ours !== undefined && theirs !== undefined && theirs !== '*' && ours !== theirs) return null
    found.push(ours ?? fill(theirs ?? sample))
  }
  return found
}

/**
 * A name that both a rule's host and a pattern of the catalogue hold, or `null`. In a rule, `*.` in front is
 * the only `*`; in a pattern of the catalogue `*` between dots is one label.
 */
export function overlap(ruleHost: string, rowPattern: string): string | null {
  const [rule, row] = [labelsOf(ruleHost), labelsOf(rowPattern)]
  // What is closed has all of its labels: the other one may have no more, and fewer only if it is open.
  const least = (one: Labels): number => one.labels.length + (one.open ? 1 : 0)
  if (!rule.open && least(row) > rule.labels.length) return null
  if (!row.open && least(rule) > row.labels.length) return null
  if (!rule.open && !row.open && rule.labels.length !== row.labels.length) return null
  const labels = agreed(rule.labels, row.labels)
  if (labels === null) return null
  const missing = Math.max(least(rule), least(row)) - labels.length
  const all = missing > 0 ? [...labels, ...Array.from({ length: missing }, () => sample)] : labels
  return all.toReversed().join('.')
}

/** Whether a rule's host is a name, or only names, below one customer's name of a shared pattern. */
export function isOneCustomer(ruleHost: string, sharedPattern: string): boolean {
  const base = ruleHost.startsWith('*.') ? ruleHost.slice(2) : ruleHost
  return overlap(base, sharedPattern) !== null
}
