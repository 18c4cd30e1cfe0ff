import type { NetworkPolicy } from '@caisson/core'
import { expect } from 'chai'
import { decide } from '../../dist/decide/decide.js'
import { compilePolicy } from '../../dist/decide/policy.js'
import type { Request } from '../../dist/decide/request.js'
import { connect, get, judge, look, table, verdict } from './requests.ts'

describe('decide', () => {
  describe('on what is denied', () => {
    const network: NetworkPolicy = {
      allow: ['*.a.test', { host: 'api.test', ports: [443, 8443], methods: ['GET', 'POST'] }],
      ask: ['*.ask.test'],
      deny: [
        'bad.a.test',
        { host: '*.worse.a.test', reason: 'it belongs to somebody else' },
        { host: 'api.test', methods: ['POST'], paths: ['/files/**'] },
        { host: 'api.test', paths: ['/users/@me', '/users/a%2Bb'] },
        { host: 'api.test', ports: [8443] },
        { host: 'half.a.test', ports: [443] },
        'no.ask.test',
        'no.rule.test',
      ],
    }
    table(network, [
      ['a name', look('bad.a.test'), 'denied_by_rule'],
      ['a connection', connect('bad.a.test'), 'denied_by_rule'],
      ['a request', get({ host: 'bad.a.test' }), 'denied_by_rule'],
      ['another port of it', connect('bad.a.test', 80), 'denied_by_rule'],
      ['a name below a wildcard', connect('x.worse.a.test'), 'denied_by_rule'],
      ['its base', connect('worse.a.test'), 'allow'],
      ['a name whose only port is denied', look('half.a.test'), 'denied_by_rule'],
      ['a name with a port left', look('api.test'), 'allow'],
      ['a connection where only requests are denied', connect('api.test'), 'allow'],
      ['a connection to a denied port', connect('api.test', 8443), 'denied_by_rule'],
      [
        'a request that matches method and path',
        get({ method: 'POST', path: '/files/1' }),
        'denied_by_rule',
      ],
      ['another method', get({ path: '/files/1' }), 'allow'],
      ['another path', get({ method: 'POST', path: '/file' }), 'allow'],
      ['a path as it is written', get({ path: '/users/@me' }), 'denied_by_rule'],
      ['a path whose escape is written', get({ path: '/users/a+b' }), 'denied_by_rule'],
      ['a path in its other spelling', get({ path: '/users/%40me' }), 'denied_by_rule'],
      ['a name that no rule allows anyway', look('no.rule.test'), 'denied_by_rule'],
      ['what could have been asked for', get({ host: 'no.ask.test' }), 'denied_by_rule'],
      ['what no rule allows anyway', connect('no.ask.test', 80), 'denied_by_rule'],
    ])

    it('gives the reason that the policy gives', () => {
      const told = judge(network, connect('x.worse.a.test'))
      expect(told.rule).to.equal('network.deny[1]')
      expect(told.reason).to.equal('it belongs to somebody else')
      expect(told.remedy).to.contain('network.deny[1]')
    })
  })

  describe('names the clause', () => {
    const network: NetworkPolicy = {
      allow: [
        { host: '*.a.test', paths: ['/x/**'] },
        { host: 'b.a.test', paths: ['/y', '/x/*'] },
        { host: 'b.a.test', methods: ['POST'] },
      ],
    }
    const cases: readonly (readonly [string, string, string, string | null])[] = [
      ['GET', '/x/1', 'network.allow[0]', '/x/**'],
      ['GET', '/y', 'network.allow[1]', '/y'],
      ['POST', '/x/1', 'network.allow[2]', null],
    ]
    for (const [method, path, clause, template] of cases) {
      it(`that stands first of those that allow ${method} ${path}`, () => {
        const told = judge(network, get({ host: 'b.a.test', method, path }))
        expect([told.rule, told.template]).to.deep.equal([clause, template])
      })
    }
  })

  it('answers equal requests with one frozen object, so that allowing costs no memory', () => {
    const policy = compilePolicy({ allow: [{ host: 'api.test', paths: ['/a/*'] }] }, 1)
    const one = decide(policy, get({ path: '/a/1' }))
    expect(decide(policy, get({ path: '/a/2' }))).to.equal(one)
    expect(Object.isFrozen(one)).to.equal(true)
    expect(Object.isFrozen(one.needs.handling)).to.equal(true)
  })

  describe('in observe mode', () => {
    const network: NetworkPolicy = {
      mode: 'observe',
      allow: ['api.test'],
      ask: [{ host: 'ask.test', protocol: 'tcp', ports: [5432] }],
      deny: ['bad.test'],
    }
    const cases: readonly (readonly [string, Request, string | null, readonly string[]])[] = [
      ['what is allowed', get(), null, ['intercept']],
      ['an unknown name', look('x.test'), 'host_not_allowed', []],
      ['an unknown host on 443', connect('x.test'), 'host_not_allowed', ['intercept']],
      ['an unknown host on 80', connect('x.test', 80), 'host_not_allowed', ['http']],
      ['another port', connect('x.test', 9000), 'host_not_allowed', ['intercept', 'opaque']],
      ['what is denied', connect('bad.test'), 'denied_by_rule', ['intercept']],
      ['a method', get({ method: 'POST' }), 'method_not_allowed', ['intercept']],
      ['what would be asked for', connect('ask.test', 5432), 'ask_missing', ['opaque']],
    ]
    for (const [why, request, wouldDeny, handling] of cases) {
      it(`lets through ${why}, and says what it would have said`, () => {
        const told = judge(network, request)
        expect([told.verdict, told.code]).to.deep.equal(['allow', null])
        expect([told.wouldDeny, told.needs.handling]).to.deep.equal([wouldDeny, handling])
        expect(told.reason !== '').to.equal(wouldDeny !== null)
      })
    }

    it('refuses ports that no policy could open', () => {
      for (const port of [22, 25, 53, 853]) {
        expect(verdict(network, connect('api.test', port))).to.equal('port_not_allowed')
        expect(verdict(network, connect('x.test', port))).to.equal('host_not_allowed')
      }
    })
  })
})
