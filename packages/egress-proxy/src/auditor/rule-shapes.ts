import type { AllowRule } from '@caisson/core'
import type { AuditedRule } from './audited-rule.ts'
import { catalogueRow } from './catalogue/catalogue.ts'
import { type Found, found, type FoundParts, gradeFor, placeOf } from './found.ts'
import type { RuleAudit } from './row-findings.ts'
import type { RowMatch } from './row-index.ts'
import { namelessForm, readingForm } from './safe-rule.ts'
import { publicSuffixes } from './shared-suffixes.ts'

type Edit = AllowRule | string | null

/** What is said about the shape of a rule; `undefined` as its edit: none closes it. */
interface Shape extends Pick<
  FoundParts,
  'id' | 'order' | 'severity' | 'title' | 'how' | 'remedy' | 'tags'
> {
  /** @param matches Rows that are about the rule's host */
  holds(rule: AuditedRule, matches: readonly RowMatch[]): boolean
  edit(rule: AuditedRule, audit: RuleAudit): Edit | undefined
}

const writes: ReadonlySet<string> = new Set(['POST', 'PUT', 'PATCH', 'DELETE'])
const gone = (): Edit => null

const rowOf = (id: string): Pick<Shape, 'id' | 'order' | 'title' | 'how' | 'remedy' | 'tags'> => {
  const { row, title, how, remedy, tags } = catalogueRow(id)
  return { id, order: row, title, how, remedy, tags }
}

const isUnbound = ({ rule }: AuditedRule): boolean => rule.paths?.includes('/**') ?? true

/** The service has a header by which it refuses other accounts, and the rule does not set it. */
function missesTenant(audited: AuditedRule, matches: readonly RowMatch[]): boolean {
  const { rule, isWild, credential, isOpaque } = audited
  if (credential === null || isWild || isOpaque) return false
  const names = matches.flatMap(({ row }) => (row.tenant === undefined ? [] : [row.tenant]))
  return names.length > 0 && !names.some((name) => rule.tenant?.[name] !== undefined)
}

const shapes: readonly Shape[] = [
  {
    ...rowOf('unbound-writes'),
    severity: 'medium',
    holds: (one, matches) =>
      !one.isOpaque &&
      isUnbound(one) &&
      one.rule.body === undefined &&
      one.rule.identity !== 'guest' &&
      one.rule.methods?.some((method) => writes.has(method)) === true &&
      matches.length === 0,
    edit: readingForm,
  },
  {
    ...rowOf('credential-echo'),
    severity: 'medium',
    holds: ({ credential }, matches) =>
      credential !== null && matches.some(({ row }) => row.id === 'credential-echo'),
    edit: (one) => (one.isWild ? null : namelessForm(one)),
  },
  {
    id: 'tunnel',
    order: 101,
    severity: 'high',
    title: 'A tunnel: nothing of what goes through it is seen',
    how: 'No path, no key and no body can be judged in a tunnel: whatever the host takes from anybody leaves.',
    remedy: 'leave `tunnel` out; where a client pins certificates, keep such hosts few',
    tags: ['upload'],
    holds: ({ rule }) => rule.tunnel === true && rule.protocol !== 'tcp',
    edit: (one, { hasTwin }) => (hasTwin(one) ? null : readingForm(one)),
  },
  {
    id: 'opaque-tcp',
    order: 102,
    severity: 'high',
    title: 'Any bytes go to a host and port, unread',
    how: 'With protocol "tcp" not even the name in a TLS handshake is looked at: SSH, or any protocol, goes through.',
    remedy: 'use protocol "https"; for a database, a service of your own that speaks HTTPS',
    tags: ['upload'],
    holds: ({ rule }) => rule.protocol === 'tcp',
    edit: gone,
  },
  {
    id: 'guest-identity',
    order: 103,
    severity: 'high',
    title: 'Programs inside bring their own keys',
    how: 'Whoever controls the program inside puts in a key of an account of his own, and what the host takes is his.',
    remedy: 'name a credential in `identity`, which the proxy sets, or leave it out',
    tags: ['upload', 'credential'],
    holds: ({ rule }) => rule.identity === 'guest',
    edit: namelessForm,
  },
  {
    id: 'public-suffix',
    order: 104,
    severity: 'high',
    title: 'A rule holds every name of a registry of names',
    how: 'Anybody registers a name there, so that the rule holds a host of the attacker’s.',
    remedy: 'name the hosts that are meant',
    tags: ['channel'],
    holds: ({ rule, isWild }) => isWild && publicSuffixes.has(rule.host.slice(2)),
    edit: gone,
  },
  {
    id: 'credential-on-wildcard',
    order: 105,
    severity: 'medium',
    title: 'Requests to every name below another are signed',
    how: 'Whatever goes to a host below that name goes in your name, to those of other customers too.',
    remedy: 'name the hosts that are meant, each with its rule',
    tags: ['credential'],
    holds: ({ isWild, credential }) => isWild && credential !== null,
    edit: namelessForm,
  },
  {
    id: 'tenant-unbound',
    order: 106,
    severity: 'low',
    title: 'The service is not told which account alone may be used',
    how: 'The proxy holds the key; the header by which the service itself refuses every other account, as a second lock, is not set.',
    remedy: 'set the header of the service in `tenant`, with the id of your organisation',
    tags: ['upload'],
    holds: missesTenant,
    edit: () => undefined,
  },
  {
    id: 'plain-http',
    order: 107,
    severity: 'low',
    title: 'Requests go out without TLS',
    how: 'Whoever is on the way reads and changes what is asked and answered.',
    remedy: 'use protocol "https"',
    tags: ['channel'],
    holds: ({ rule }) => rule.protocol === 'http-plain',
    edit: gone,
  },
]

/** What is to be said about the shape of a rule, whatever its host is. */
export function shapeFindings(
  audit: RuleAudit,
  rule: AuditedRule,
  matches: readonly RowMatch[],
): readonly Found[] {
  const { clause } = rule
  return shapes
    .filter((shape) => shape.holds(rule, matches))
    .map((shape) => {
      const value = shape.edit(rule, audit)
      const { id, order, title, how, remedy, tags } = shape
      return found({
        id,
        order,
        severity: gradeFor(shape.severity, rule),
        clause,
        place: placeOf(rule),
        title: `${title} (${rule.rule.host})`,
        how,
        remedy,
        tags,
        edit: value === undefined ? undefined : { clause, value },
      })
    })
}
