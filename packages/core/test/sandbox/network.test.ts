import { createSandbox } from '@caisson/core'
import type { NetworkPolicy } from '@caisson/core'
import { expect } from 'chai'
import { allDoors, FakeGateway, unsupported } from './fake-gateway.ts'
import { FakeDriver } from './fake-session.ts'
import { failureOf, makeFixture, makeReachingFixture } from './fixture.ts'

describe('network.update', () => {
  it('puts the new network in the place of the old one, and leaves the rest of the policy', async () => {
    const policy = { network: { allow: ['api.example'] }, resources: { pids: 77 } }
    await using fixture = await makeReachingFixture(policy)
    const { sandbox, egress } = fixture
    const before = sandbox.policy
    await sandbox.network.update({ allow: ['b.example'], deny: ['c.example'] })
    expect(sandbox.policy.network).to.deep.equal({ allow: ['b.example'], deny: ['c.example'] })
    expect(sandbox.policy.resources?.pids).to.equal(77)
    expect(egress.updates).to.deep.equal([sandbox.policy])
    expect(Object.isFrozen(sandbox.policy.network)).to.equal(true)
    expect(before.network).to.deep.equal({ allow: ['api.example'] })
    expect(sandbox.describe()).to.include('"b.example"').and.not.include('api.example')
  })

  it('may take everything away, and give something back', async () => {
    await using fixture = await makeReachingFixture()
    const { sandbox, egress } = fixture
    await sandbox.network.update({})
    expect(sandbox.describe()).not.to.include('HTTPS_PROXY')
    await sandbox.network.update({ allow: ['b.example'] })
    expect(egress.updates.map(({ network }) => network)).to.deep.equal([
      {},
      { allow: ['b.example'] },
    ])
  })

  const refused: readonly (readonly [string, unknown, string, string])[] = [
    ['an unknown key', { alow: [] }, 'POLICY_INVALID', 'network'],
    ['no object', null, 'POLICY_INVALID', 'network'],
    ['a host that is none', { allow: ['a b'] }, 'POLICY_INVALID', 'network.allow[0]'],
    ['an unknown identity', { allow: [{ host: 'a.b', identity: 'x' }] }, 'POLICY_INVALID', 'ident'],
    [
      'listeners that are not there',
      { allow: ['a.example'], transparent: false },
      'POLICY_UNSUPPORTED',
      'network.transparent',
    ],
  ]
  for (const [what, network, code, words] of refused) {
    it(`refuses ${what}, and changes nothing`, async () => {
      await using fixture = await makeReachingFixture()
      const { sandbox, egress } = fixture
      const before = sandbox.policy
      const error = await failureOf(sandbox.network.update(network as NetworkPolicy))
      expect(error.code).to.equal(code)
      expect(error.message).to.include(words)
      expect(egress.updates).to.deep.equal([])
      expect(sandbox.policy).to.equal(before)
    })
  }

  it('changes nothing when the way out refuses the policy, and takes the next one', async () => {
    await using fixture = await makeReachingFixture()
    const { sandbox, egress } = fixture
    const before = sandbox.policy
    egress.judge = () => Promise.reject(unsupported('network.allow[0].body: not yet'))
    const error = await failureOf(sandbox.network.update({ allow: ['b.example'] }))
    expect(error.message).to.equal('network.allow[0].body: not yet')
    expect(sandbox.policy).to.equal(before)
    egress.judge = () => Promise.resolve()
    await sandbox.network.update({ allow: ['c.example'] })
    expect(sandbox.policy.network?.allow).to.deep.equal(['c.example'])
  })

  it('carries out calls one after the other, so that the last one counts', async () => {
    await using fixture = await makeReachingFixture()
    const { sandbox, egress } = fixture
    let delayMs = 20
    egress.judge = () => {
      const wait = delayMs
      delayMs = 0
      return new Promise((resolve) => setTimeout(resolve, wait))
    }
    await Promise.all([
      sandbox.network.update({ allow: ['slow.example'] }),
      sandbox.network.update({ allow: ['fast.example'] }),
    ])
    expect(egress.updates.map(({ network }) => network?.allow)).to.deep.equal([
      ['slow.example'],
      ['fast.example'],
    ])
    expect(sandbox.policy.network?.allow).to.deep.equal(['fast.example'])
  })

  it('rejects when the sandbox was made without a way out, and when it has ended', async () => {
    await using closed = await makeFixture()
    const error = await failureOf(closed.sandbox.network.update({ allow: ['a.example'] }))
    expect(error.code).to.equal('POLICY_UNSUPPORTED')
    expect(error.message).to.include('without a way out')
    await using fixture = await makeReachingFixture()
    const { sandbox, egress } = fixture
    egress.judge = () => new Promise(() => undefined)
    const waiting = failureOf(sandbox.network.update({ allow: ['a.example'] }))
    await new Promise((resolve) => setImmediate(resolve))
    await sandbox.destroy()
    expect((await waiting).code).to.equal('SANDBOX_ENDED')
    const late = await failureOf(sandbox.network.update({ allow: ['a.example'] }))
    expect(late.code).to.equal('SANDBOX_ENDED')
  })
})

describe('network.usage', () => {
  it('tells what went through, and null without a way out', async () => {
    await using fixture = await makeReachingFixture()
    expect(fixture.sandbox.network.usage()).to.include({ allowed: 1, bytesIn: 4 })
    await using closed = await makeFixture()
    expect(closed.sandbox.network.usage()).to.equal(null)
  })
})

describe('a view for tools', () => {
  it('cannot change what may be reached', async () => {
    await using fixture = await makeReachingFixture()
    const view = fixture.sandbox.restricted()
    expect(view).not.to.have.property('network')
    expect(view.describe()).to.include('HTTPS_PROXY')
  })
})

describe('describe of a sandbox with a way out', () => {
  it('says that proxies are set, that refusals are told, and who gets out', async () => {
    await using fixture = await makeReachingFixture()
    const text = fixture.sandbox.describe()
    expect(text).to.include('"api.example"')
    expect(text).to.include('HTTP_PROXY, HTTPS_PROXY')
    expect(text).to.include('are set already')
    expect(text).to.include('Programs that ignore proxies are led there as well')
    expect(text).to.include('`remedy`')
    expect(text).not.to.include('no network')
  })

  it('says once what programs that ignore proxies reach without listeners for them', async () => {
    for (const transparent of [false, true]) {
      const gateway = new FakeGateway()
      gateway.doors = allDoors.slice(0, 1)
      const policy = { network: { allow: ['api.example'], transparent } }
      await using sandbox = await createSandbox({ driver: new FakeDriver(), gateway, policy })
      const text = sandbox.describe()
      expect(text.includes('Only programs that use the proxy')).to.equal(!transparent)
      expect(text.includes('Programs that ignore these variables')).to.equal(transparent)
    }
  })

  it('says that there is no network when addresses are allowed and no host', async () => {
    const policy = { network: { addresses: { allow: ['10.0.0.0/8'] } } }
    await using fixture = await makeReachingFixture(policy)
    expect(fixture.sandbox.describe()).to.include('no network').and.not.include('HTTP_PROXY')
  })
})
