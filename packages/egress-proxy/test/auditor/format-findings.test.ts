import { parsePolicy } from '@caisson/core'
import { expect } from 'chai'
import { auditPolicy } from '../../dist/auditor/audit-policy.js'
import { formatFindings } from '../../dist/auditor/format-findings.js'

describe('formatFindings', () => {
  it('tells the worst first, with the edit as JSON', () => {
    const policy = parsePolicy({
      network: { allow: ['a.test', { host: 'api.anthropic.com', tunnel: true }] },
    })
    const text = formatFindings(auditPolicy(policy))
    expect(text.startsWith('CRITICAL anthropic-files at network.allow[1]\n')).to.equal(true)
    expect(text).to.include('POST /v1/files').and.to.include('edit: network.allow[1] =')
    expect(text.indexOf('HIGH tunnel')).to.be.greaterThan(text.lastIndexOf('CRITICAL'))
  })

  it('says that a clause is to be taken away', () => {
    const policy = parsePolicy({ network: { allow: ['webhook.site'] } })
    expect(formatFindings(auditPolicy(policy))).to.include('edit: take network.allow[0] away')
  })

  it('says so when there is nothing', () => {
    expect(formatFindings([])).to.equal('nothing found\n')
  })

  it('prints no character that a terminal acts upon', () => {
    const text = formatFindings([
      {
        id: 'x',
        severity: 'low',
        clause: 'network.allow[0]',
        title: 'a\u001b[2Jb\u202e\u009b\r',
        how: '\u0007',
        remedy: 'r',
        edit: { clause: 'network.allow[0]', value: { host: 'a.test', reason: '\u009b\u001b' } },
        tags: [],
      },
    ])
    const codes = Array.from(text, (character) => character.codePointAt(0) ?? 0)
    const acting = codes.filter(
      (code) => (code < 0x20 && code !== 10) || (code > 0x7e && code < 0xa0) || code === 0x202e,
    )
    expect(acting).to.deep.equal([])
    expect(text).to.include('\\u001b[2J')
  })
})
