import { parsePolicy } from '@caisson/core'
import { expect } from 'chai'
import { auditPolicy } from '../../dist/auditor/audit-policy.js'
import { type SarifLog, toSarif } from '../../dist/auditor/sarif.js'

const policy = parsePolicy({
  network: { allow: ['a.test', { host: 'api.anthropic.com', tunnel: true }, 'webhook.site'] },
})
const findings = auditPolicy(policy)

/** What the standard wants of the objects that are used here (SARIF 2.1.0, OASIS, section 3). */
function faultsOf(log: SarifLog): readonly string[] {
  const faults: string[] = []
  const must = (holds: boolean, what: string): void => {
    if (!holds) faults.push(what)
  }
  must(log.version === '2.1.0', '3.13.2: version')
  must(log.$schema.startsWith('https://'), '3.13.3: $schema is an absolute URI')
  must(Array.isArray(log.runs) && log.runs.length > 0, '3.13.4: runs')
  for (const { tool, results, columnKind } of log.runs) {
    must(['utf16CodeUnits', 'unicodeCodePoints'].includes(columnKind), '3.14.17: columnKind')
    must(tool.driver.name !== '', '3.19.8: driver.name')
    const { rules } = tool.driver
    must(new Set(rules.map(({ id }) => id)).size === rules.length, '3.19.23: rules are unique')
    for (const rule of rules) {
      must(rule.id !== '' && rule.name !== '', '3.49.3: id')
      must(rule.shortDescription.text !== '' && rule.help.text !== '', '3.12.3: text')
      must(rule.fullDescription.text.endsWith('.'), '3.49.10: sentences')
      must(['none', 'note', 'warning', 'error'].includes(rule.defaultConfiguration.level), '3.50.3')
      must(new Set(rule.properties.tags).size === rule.properties.tags.length, '3.8.2: tags')
    }
    for (const result of results) {
      must(rules[result.ruleIndex]?.id === result.ruleId, '3.27.6: ruleIndex')
      must(['none', 'note', 'warning', 'error'].includes(result.level), '3.27.10: level')
      must(result.message.text !== '', '3.27.11: message')
      must(result.locations.length === 1, '3.27.12: one location')
      for (const [key, value] of Object.entries(result.partialFingerprints)) {
        must(/^[\w-]+(?:\/[\w-]+)*\/v\d+$/.test(key) && value !== '', '3.27.17: versioned key')
      }
      for (const { logicalLocations } of result.locations) {
        must(logicalLocations[0]?.fullyQualifiedName !== '', '3.33.5: fullyQualifiedName')
      }
    }
  }
  return faults
}

describe('toSarif', () => {
  it('is a log as the standard wants it', () => {
    expect(faultsOf(toSarif(findings))).to.deep.equal([])
    expect(faultsOf(toSarif([]))).to.deep.equal([])
    expect(faultsOf(toSarif(findings, { policyPath: 'p.json', version: '1.2.3' }))).to.deep.equal(
      [],
    )
  })

  it('survives JSON', () => {
    const log = toSarif(findings, { policyPath: 'p.json' })
    expect(JSON.parse(JSON.stringify(log))).to.deep.equal(log)
  })

  it('maps severities to levels, and to numbers that code scanning reads', () => {
    const run = toSarif(findings).runs[0] ?? expect.fail()
    const seen = new Map(run.results.map(({ level, properties }) => [properties.severity, level]))
    expect(Object.fromEntries(seen)).to.include({ critical: 'error', high: 'error', info: 'note' })
    for (const { properties } of run.tool.driver.rules) {
      expect(properties['security-severity']).to.match(/^\d\.\d$/)
    }
    const files = run.tool.driver.rules.find(({ id }) => id === 'anthropic-files')
    expect(Number(files?.properties['security-severity'])).to.be.greaterThan(9)
  })

  it('says where: the clause, and the file where it is known, escaped', () => {
    const [without] = toSarif(findings).runs[0]?.results ?? []
    expect(without?.locations[0]).to.deep.equal({
      logicalLocations: [
        { name: 'allow[1]', fullyQualifiedName: 'network.allow[1]', kind: 'member' },
      ],
    })
    const [within] = toSarif(findings, { policyPath: 'a:b/my policy.json' }).runs[0]?.results ?? []
    expect(within?.locations[0]?.physicalLocation?.artifactLocation.uri).to.equal(
      'a%3Ab/my%20policy.json',
    )
  })

  it('keeps the fingerprint of a finding when its rule moves in the list, and has no other like it', () => {
    const moved = parsePolicy({
      network: { allow: [...(policy.network?.allow ?? [])].toReversed() },
    })
    const prints = (found: typeof findings): readonly (string | undefined)[] =>
      (toSarif(found).runs[0]?.results ?? []).map(
        (one) => one.partialFingerprints['caissonFinding/v1'],
      )
    expect(prints(auditPolicy(moved))).to.have.members([...prints(findings)])
    expect(new Set(prints(findings)).size).to.equal(findings.length)
  })
})
