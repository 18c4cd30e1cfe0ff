import type { Credential } from '@caisson/core'
import type { Audited } from './audited-rule.ts'
import { catalogueRow } from './catalogue/catalogue.ts'
import { type Found, found } from './found.ts'

const last = 3_000_000

/** Bounds for one sandbox that works with an API: slow enough that a channel says little. */
const budgets = {
  bytesPerRequest: 8_388_608,
  bytesPerWindow: 33_554_432,
  windowMs: 60_000,
  bytesTotal: 1_073_741_824,
  urlBytesPerWindow: 65_536,
  requestsPerSecond: 20,
}

function observeFinding({ network }: Audited): readonly Found[] {
  if (network.mode !== 'observe') return []
  const clause = 'network.mode'
  return [
    found({
      id: 'observe-mode',
      order: 100,
      severity: 'high',
      clause,
      place: last,
      title: 'Nothing is refused: the policy only observes',
      how: 'Every request to every host goes through and is only told.',
      remedy: 'set `mode` to "enforce" for code that is not trusted',
      tags: ['upload'],
      edit: { clause, value: 'enforce' },
    }),
  ]
}

function budgetFinding({ network, rules }: Audited): readonly Found[] {
  if (rules.length === 0 || network.budgets !== undefined) return []
  const clause = 'network.budgets'
  return [
    found({
      id: 'no-budgets',
      order: 111,
      severity: 'info',
      clause,
      place: last,
      title: 'How much may leave is left to the defaults',
      how: 'What goes through allowed requests is bounded by the proxy’s own defaults only, which fit any work.',
      remedy: 'bound it by what the work needs',
      tags: ['channel'],
      edit: { clause, value: budgets },
    }),
  ]
}

function residualFinding({ rules }: Audited): readonly Found[] {
  if (rules.length === 0) return []
  const { id, row, title, how, remedy, tags } = catalogueRow('residual-channels')
  const clause = 'network.allow'
  return [
    found({ id, order: row, severity: 'info', clause, place: last, title, how, remedy, tags }),
  ]
}

function unusedFinding(id: string, place: number): Found {
  const clause = `credentials.${id}`
  return found({
    id: 'credential-unused',
    order: 109,
    severity: 'info',
    clause,
    place,
    title: `No rule uses the credential ${JSON.stringify(id)}`,
    how: 'A secret that is fetched and kept for nothing can only be lost.',
    remedy: 'take it away, or name it in the `identity` of a rule',
    tags: ['credential'],
    edit: { clause, value: null },
  })
}

/** No source has references deeper than that; what is deeper is a document of somebody's. */
const deepest = 6

/** Whether a source, or one that it is made of, is of this kind. */
function hasReference(source: unknown, kind: 'static' | 'command', depth: number = 0): boolean {
  if (typeof source !== 'object' || source === null || depth > deepest) return false
  return Object.entries(source).some(
    ([key, value]) =>
      key === kind || (key !== 'sessionPolicy' && hasReference(value, kind, depth + 1)),
  )
}

function sourceFinding(id: string, { source }: Credential, place: number): readonly Found[] {
  const clause = `credentials.${id}`
  const common = { clause, place, order: 110, tags: ['credential'] as const }
  const told: Found[] = []
  if (hasReference(source, 'static')) {
    told.push(
      found({
        ...common,
        id: 'static-secret',
        severity: 'low',
        title: `The secret of ${JSON.stringify(id)} stands in the policy`,
        how: 'Whoever sees the policy, in a file, a log or a review, has the secret.',
        remedy: 'take it from `env`, `file`, `command` or a provider',
      }),
    )
  }
  if (hasReference(source, 'command')) {
    told.push(
      found({
        ...common,
        id: 'command-source',
        severity: 'info',
        title: `A program of the host is run for ${JSON.stringify(id)}`,
        how: 'Whoever changes that program, or the policy, has it run outside of the sandbox.',
        remedy: 'keep the program where nothing inside can write',
      }),
    )
  }
  return told
}

function credentialFindings({ policy, rules }: Audited): readonly Found[] {
  const used = new Set(rules.map(({ credential }) => credential))
  return Object.entries(policy.credentials ?? {}).flatMap(([id, credential], index) => [
    ...(used.has(id) ? [] : [unusedFinding(id, last + index)]),
    ...sourceFinding(id, credential, last + index),
  ])
}

/** What is to be said about a policy as a whole. */
export function policyFindings(audited: Audited): readonly Found[] {
  return [
    ...observeFinding(audited),
    ...credentialFindings(audited),
    ...budgetFinding(audited),
    ...residualFinding(audited),
  ]
}
