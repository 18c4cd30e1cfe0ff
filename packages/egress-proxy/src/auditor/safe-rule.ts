import type { AllowRule, Credential, Policy } from '@caisson/core'
import { anthropicRules } from '../services/anthropic.ts'
import { openaiRules } from '../services/openai.ts'
import type { AuditedRule } from './audited-rule.ts'
import type { SafeForm } from './catalogue/row.ts'

const reading: readonly string[] = ['GET', 'HEAD', 'OPTIONS']

/** What of a rule can stand in one that reads. */
const keptKeys = [
  'host',
  'ports',
  'protocol',
  'methods',
  'paths',
  'query',
  'headers',
  'reason',
] as const

/** What reads, and in nobody else's name; `null` where the rule is not for reading. */
export function readingForm({
  rule,
  isOpaque,
  credential,
}: AuditedRule): AllowRule | string | null {
  const { host, ports, protocol } = rule
  if (protocol === 'tcp') return null
  if (isOpaque) return ports === undefined ? host : { host, ports }
  const methods = rule.methods?.filter((method) => reading.includes(method))
  if (methods?.length === 0) return null
  const given = { ...rule, methods }
  const kept = keptKeys.filter((key) => given[key] !== undefined).map((key) => [key, given[key]])
  const name = credential === null ? {} : { identity: credential }
  return { host, ...Object.fromEntries(kept), ...name }
}

/** The same without a name on it. */
export function namelessForm(audited: AuditedRule): AllowRule | string | null {
  return readingForm({ ...audited, credential: null })
}

function headerOf({ carrier }: Credential): string | null {
  return 'header' in carrier ? carrier.header : null
}

/** The credential that a service's rules would be about: the rule's, or the one that looks like it. */
function credentialFor(
  policy: Policy,
  audited: AuditedRule,
  isLike: (credential: Credential) => boolean,
): string | null {
  if (audited.credential !== null) return audited.credential
  const found = Object.entries(policy.credentials ?? {}).filter(([, one]) => isLike(one))
  return found.length === 1 ? (found[0]?.[0] ?? null) : null
}

function withTenant(rule: AllowRule | undefined, { rule: given }: AuditedRule): AllowRule | null {
  if (rule === undefined) return null
  return given.tenant === undefined ? rule : { ...rule, tenant: given.tenant }
}

function anthropicForm(policy: Policy, audited: AuditedRule): AllowRule | string | null {
  const credential = credentialFor(
    policy,
    audited,
    (one) => one.expose === 'ANTHROPIC_API_KEY' || headerOf(one) === 'x-api-key',
  )
  if (credential === null) return 'api.anthropic.com'
  return withTenant(anthropicRules({ credential })[0], audited)
}

function openaiForm(policy: Policy, audited: AuditedRule): AllowRule | string | null {
  const credential = credentialFor(policy, audited, (one) => one.expose === 'OPENAI_API_KEY')
  if (credential === null) return 'api.openai.com'
  return withTenant(openaiRules({ credential })[0], audited)
}

/** What is worked on in a repository; nothing of it makes keys, or lets anybody in. */
const repositoryWork: ReadonlySet<string> = new Set([
  'branches',
  'check-runs',
  'comments',
  'commits',
  'compare',
  'contents',
  'git',
  'issues',
  'labels',
  'pulls',
  'statuses',
])

/** `/repos/acme/app/issues/*`, with the repository written out. */
function isBoundWork(path: string): boolean {
  const [, repos, owner = '*', name = '*', work = ''] = path.split('/')
  return repos === 'repos' && owner !== '*' && name !== '*' && repositoryWork.has(work)
}

/** The paths that say which repository they are about, where there are any; what reads, where there are none. */
function githubForm(audited: AuditedRule): AllowRule | string | null {
  const { rule, credential } = audited
  const paths = rule.paths?.filter(isBoundWork) ?? []
  if (credential === null || rule.host !== 'api.github.com' || paths.length === 0)
    return readingForm(audited)
  return { ...rule, paths }
}

/**
 * What a rule can become so that rows of these kinds are closed; `null`: it has to go.
 *
 * @param forms What closes each of them
 */
export function safeRule(
  policy: Policy,
  audited: AuditedRule,
  forms: readonly SafeForm[],
): AllowRule | string | null {
  if (forms.includes('none')) return null
  if (audited.isWild) return readingForm(audited)
  if (forms.includes('anthropic')) return anthropicForm(policy, audited)
  if (forms.includes('openai')) return openaiForm(policy, audited)
  if (forms.includes('github')) return githubForm(audited)
  return readingForm(audited)
}
