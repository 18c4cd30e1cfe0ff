import type { FindingSeverity, PolicyFinding } from '@caisson/core'
import { createHash } from 'node:crypto'

/** A text of SARIF (3.11). */
export interface SarifMessage {
  readonly text: string
}

/** A kind of finding (SARIF 3.49). */
export interface SarifRule {
  readonly id: string
  readonly name: string
  readonly shortDescription: SarifMessage
  readonly fullDescription: SarifMessage
  readonly help: SarifMessage
  readonly defaultConfiguration: { readonly level: SarifLevel }
  /** `security-severity` is a number from 0 to 10 as text, as code scanning reads it. */
  readonly properties: { readonly tags: readonly string[]; readonly 'security-severity': string }
}

/** SARIF 3.27.10. */
export type SarifLevel = 'error' | 'warning' | 'note'

/** Where a finding is (SARIF 3.28): the clause, and the file of the policy where that is known. */
export interface SarifLocation {
  readonly physicalLocation?: { readonly artifactLocation: { readonly uri: string } }
  readonly logicalLocations: readonly {
    readonly name: string
    readonly fullyQualifiedName: string
    readonly kind: 'member'
  }[]
}

/** One finding (SARIF 3.27). */
export interface SarifResult {
  readonly ruleId: string
  readonly ruleIndex: number
  readonly level: SarifLevel
  readonly message: SarifMessage
  readonly locations: readonly SarifLocation[]
  readonly partialFingerprints: Readonly<Record<string, string>>
  readonly properties: {
    readonly tags: readonly string[]
    readonly severity: FindingSeverity
    readonly edit?: PolicyFinding['edit']
  }
}

/** A log file of SARIF 2.1.0 with one run (OASIS standard, 3.13). */
export interface SarifLog {
  readonly $schema: string
  readonly version: '2.1.0'
  readonly runs: readonly {
    readonly tool: {
      readonly driver: {
        readonly name: string
        readonly version?: string
        readonly rules: readonly SarifRule[]
      }
    }
    readonly columnKind: 'utf16CodeUnits'
    readonly results: readonly SarifResult[]
  }[]
}

/** For {@link toSarif}. */
export interface SarifOptions {
  /** The file that holds the policy, relative to the root of the repository. Default: no file is named. */
  readonly policyPath?: string | undefined
  /** Of the tool. Default: none is told. */
  readonly version?: string | undefined
}

const levels: Readonly<Record<FindingSeverity, SarifLevel>> = {
  critical: 'error',
  high: 'error',
  medium: 'warning',
  low: 'note',
  info: 'note',
}

/** Within the bounds that code scanning has for critical (over 9), high (7), medium (4) and low. */
const scores: Readonly<Record<FindingSeverity, string>> = {
  critical: '9.5',
  high: '8.0',
  medium: '5.5',
  low: '2.0',
  info: '0.0',
}

/** A relative reference (RFC 3986, 4.2): segments escaped, so that no `:` makes a scheme of the first. */
function uriOf(path: string): string {
  return path
    .split(/[/\\]/)
    .map((segment) => encodeURIComponent(Buffer.from(segment).toString()))
    .join('/')
}

/** `anthropic-files` is `AnthropicFiles`. */
function pascal(id: string): string {
  return id
    .split('-')
    .map((word) => `${word.slice(0, 1).toUpperCase()}${word.slice(1)}`)
    .join('')
}

/** Titles of findings end with the host in brackets; that of the rule is about none. */
function plainTitle(title: string): string {
  const bracket = title.lastIndexOf(' (')
  return bracket > 0 && title.endsWith(')') ? title.slice(0, bracket) : title
}

function ruleOf({ id, severity, title, remedy, tags }: PolicyFinding): SarifRule {
  return {
    id,
    name: pascal(id),
    shortDescription: { text: plainTitle(title) },
    fullDescription: { text: `${plainTitle(title)}.` },
    help: { text: `What to do: ${remedy}.` },
    defaultConfiguration: { level: levels[severity] },
    properties: { tags: ['security', ...tags], 'security-severity': scores[severity] },
  }
}

function locationOf(clause: string, policyPath: string | undefined): SarifLocation {
  const logicalLocations = [
    { name: clause.slice(clause.lastIndexOf('.') + 1), fullyQualifiedName: clause, kind: 'member' },
  ] as const
  if (policyPath === undefined) return { logicalLocations }
  return { physicalLocation: { artifactLocation: { uri: uriOf(policyPath) } }, logicalLocations }
}

/**
 * The same for the same finding of the same rule, wherever the rule stands in its list: its title names the host.
 */
function fingerprint({ id, clause, title }: PolicyFinding): string {
  const place = clause.replace(/\[\d+\]/g, '[]')
  return createHash('sha256')
    .update(JSON.stringify([id, place, title]))
    .digest('hex')
}

/** Findings as SARIF 2.1.0, for code scanning. */
export function toSarif(findings: readonly PolicyFinding[], options: SarifOptions = {}): SarifLog {
  const rules = new Map<string, SarifRule>()
  // Findings come worst first, so that the rule has the worst of them.
  for (const finding of findings) if (!rules.has(finding.id)) rules.set(finding.id, ruleOf(finding))
  const indices = new Map([...rules.keys()].map((id, index) => [id, index]))
  const results = findings.map((finding): SarifResult => {
    const { id, severity, clause, title, how, remedy, tags, edit } = finding
    return {
      ruleId: id,
      ruleIndex: indices.get(id) ?? -1,
      level: levels[severity],
      message: { text: `${title}. ${how} What to do: ${remedy}.` },
      locations: [locationOf(clause, options.policyPath)],
      partialFingerprints: { 'caissonFinding/v1': fingerprint(finding) },
      properties: { tags, severity, ...(edit === undefined ? {} : { edit }) },
    }
  })
  const version = options.version === undefined ? {} : { version: options.version }
  return {
    $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
    version: '2.1.0',
    runs: [
      {
        tool: { driver: { name: 'caisson-policy-audit', ...version, rules: [...rules.values()] } },
        columnKind: 'utf16CodeUnits',
        results,
      },
    ],
  }
}
