import { expect } from 'chai'
import { compilePolicy, judgesPaths, namedHosts } from '../../dist/decide/policy.js'
import { refusalOf } from '../../dist/decide/refusal-of.js'
import { connect, judge } from './requests.ts'

describe('namedHosts', () => {
  it('tells each pattern of allow and ask once, with its ports', () => {
    const policy = compilePolicy(
      {
        allow: ['a.test', { host: 'a.test', ports: [8443, 443] }, '*.b.test'],
        ask: [{ host: 'a.test', protocol: 'http-plain' }, 'c.test'],
        deny: ['d.test'],
      },
      1,
    )
    expect(namedHosts(policy)).to.deep.equal([
      { pattern: 'a.test', wildcard: false, ports: [80, 443, 8443] },
      { pattern: '*.b.test', wildcard: true, ports: [443] },
      { pattern: 'c.test', wildcard: false, ports: [443] },
    ])
  })
})

describe('judgesPaths', () => {
  it('is true where a rule of any list names paths', () => {
    const policy = compilePolicy(
      {
        allow: ['a.test', 'd.test', { host: '*.b.test', paths: ['/x'] }],
        ask: [{ host: 'c.test', paths: ['/x'] }],
        deny: [{ host: 'd.test', paths: ['/x'] }],
      },
      1,
    )
    const judged = ['a.test', 'b.test', 'x.b.test', 'c.test', 'd.test'].filter((host) =>
      judgesPaths(policy, host),
    )
    expect(judged).to.deep.equal(['x.b.test', 'c.test', 'd.test'])
  })
})

describe('refusalOf', () => {
  it('tells what the client may know', () => {
    const { reason, remedy } = judge({}, connect('a.test'))
    expect(refusalOf(judge({}, connect('a.test')))).to.deep.equal({
      code: 'host_not_allowed',
      rule: null,
      reason,
      remedy,
    })
  })

  it('tells of what can be asked for that nobody granted it', () => {
    const refusal = refusalOf(judge({ ask: ['a.test'] }, connect('a.test')))
    expect([refusal.code, refusal.rule]).to.deep.equal(['ask_missing', 'network.ask[0]'])
  })

  it('makes a refusal of what was allowed, when it is called for that', () => {
    expect(refusalOf(judge({ allow: ['a.test'] }, connect('a.test'))).code).to.equal('internal')
  })
})
