import { inspect } from 'node:util'
import { createSandbox } from '@caisson/core'
import type { AlarmEvent, Policy, SandboxEvent } from '@caisson/core'
import { expect } from 'chai'
import { refusal } from '../policy/error-message.ts'
import { parsePolicy } from '@caisson/core'
import { FakeGateway } from './fake-gateway.ts'
import { FakeDriver } from './fake-session.ts'
import { failureOf, makeFixture, makeReachingFixture } from './fixture.ts'

const secret = 's3cret-text'
const policy: Policy = {
  network: {
    allow: [{ host: 'api.example', identity: 'key' }],
    canaries: { bait: { value: 'bait-for-thieves' } },
  },
  credentials: {
    key: { source: { static: secret }, carrier: { header: 'x-key' }, expose: 'API_KEY' },
    deep: {
      source: {
        oauth2: {
          tokenUrl: 'https://auth.example/',
          clientId: 'me',
          clientSecret: { static: `${secret}-2` },
        },
      },
      carrier: { header: 'authorization', scheme: 'Bearer' },
    },
  },
}

describe('credentials of a sandbox', () => {
  it('are fetched anew and taken away by name', async () => {
    await using fixture = await makeReachingFixture(policy)
    const { sandbox, egress } = fixture
    await sandbox.credentials.rotate('key')
    await sandbox.credentials.revoke('deep')
    expect([egress.rotated, egress.revoked]).to.deep.equal([['key'], ['deep']])
  })

  it('are no part of a view for tools', async () => {
    await using fixture = await makeReachingFixture(policy)
    expect(fixture.sandbox.restricted()).not.to.have.any.keys('credentials', 'policy', 'findings')
  })

  it('that the policy does not have are a TypeError', async () => {
    await using fixture = await makeReachingFixture(policy)
    await using walled = await makeFixture()
    for (const { sandbox } of [fixture, walled])
      for (const id of ['other', 'toString', ''])
        for (const act of ['rotate', 'revoke'] as const) {
          const error: unknown = await sandbox.credentials[act](id).catch(
            (caught: unknown) => caught,
          )
          expect(error).to.be.instanceOf(TypeError)
        }
    expect(fixture.egress.rotated).to.deep.equal([])
  })

  it('cannot be turned when the way out or the sandbox is gone', async () => {
    await using fixture = await makeReachingFixture(policy)
    fixture.egress.fail('its process died')
    await new Promise((resolve) => setImmediate(resolve))
    const failed = await failureOf(fixture.sandbox.credentials.revoke('key'))
    expect(failed.code).to.equal('POLICY_UNSUPPORTED')
    await fixture.sandbox.destroy()
    const ended = await failureOf(fixture.sandbox.credentials.rotate('key'))
    expect(ended.code).to.equal('SANDBOX_ENDED')
  })

  it('reach the way out with their secrets, and show them nowhere else', async () => {
    const [driver, gateway] = [new FakeDriver(), new FakeGateway()]
    gateway.environment = { API_KEY: 'dummy-1' }
    await using sandbox = await createSandbox({ driver, gateway, policy })
    const events: SandboxEvent[] = []
    sandbox.on('log', (event) => events.push(event))
    const [session, egress] = [driver.sessions[0], gateway.sessions[0]]
    expect(JSON.stringify(egress?.request.policy)).to.include(secret).and.include('bait-for')
    const shown = [
      inspect(sandbox, { depth: 10 }),
      inspect(sandbox.restricted(), { depth: 10 }),
      JSON.stringify(sandbox.policy.credentials),
      sandbox.describe(),
      JSON.stringify(session?.plan),
      JSON.stringify(sandbox.enforcement),
      JSON.stringify(events),
    ]
    for (const text of shown) expect(text).not.to.match(/s3cret|bait-for/)
    expect(session?.plan.environment).to.include({ API_KEY: 'dummy-1' })
    expect(sandbox.describe()).to.include('"API_KEY"')
    expect(Object.isFrozen(sandbox.policy.credentials?.['key']?.source)).to.equal(true)
  })

  it('stay the same through an update, and a policy that is shown makes no sandbox', async () => {
    await using fixture = await makeReachingFixture(policy)
    const { sandbox, egress } = fixture
    await sandbox.network.update({ allow: ['b.example'] })
    expect(egress.updates[0]?.credentials).to.deep.equal(policy.credentials)
    expect(JSON.stringify(sandbox.policy)).not.to.include('s3cret')
    await sandbox.network.update({ ...policy.network, ...sandbox.policy.network })
    expect(egress.updates[1]?.network?.canaries).to.deep.equal(policy.network?.canaries)
    expect(refusal(() => parsePolicy(sandbox.policy))).to.match(
      /credentials\.key\.source\.static: must not be empty/,
    )
  })
})

describe('alarms of a sandbox', () => {
  it('are events with the command, and no second denial', async () => {
    await using fixture = await makeReachingFixture(policy)
    const { sandbox, egress, session } = fixture
    const alarms: AlarmEvent[] = []
    const denials: SandboxEvent[] = []
    sandbox.on('alarm', (event) => alarms.push(event))
    sandbox.on('denial', (event) => denials.push(event))
    session.script = (process) => {
      egress.decide({ code: 'canary_found', reason: 'No.', remedy: '' })
      egress.alarm({ message: 'Found\u001B it.' })
      process.end()
    }
    const result = await sandbox.exec('x')
    expect(alarms).to.have.length(1)
    expect(alarms[0]?.processId).to.be.a('string')
    expect(alarms[0]?.alarm).to.include({ kind: 'canary_found', message: 'Found\uFFFD it.' })
    expect(denials).to.have.length(1)
    expect(result.denials.map(({ kind }) => kind)).to.deep.equal(['net.content'])
    egress.alarm({ processId: 'p9' })
    expect(alarms[1]?.processId).to.equal('p9')
    egress.alarm()
    expect(alarms[2]?.processId).to.equal(null)
  })

  it('that come before anybody can listen are told later', async () => {
    const gateway = new FakeGateway()
    const driver = new FakeDriver()
    driver.ready = async () => gateway.sessions[0]?.alarm()
    await using sandbox = await createSandbox({ driver, gateway, policy })
    const told = new Promise<AlarmEvent>((resolve) => sandbox.on('alarm', resolve))
    expect((await told).alarm.about).to.equal('backup-key')
  })

  const kinds = [
    ['foreign_credential', 'net.credential', 'was refused'],
    ['dummy_misused', 'net.credential', 'was refused'],
    ['minting_refused', 'net.credential', 'was refused'],
    ['credential_revoked', 'net.credential', 'was refused'],
    ['credential_unavailable', 'net.credential', 'was not reached'],
    ['body_not_allowed', 'net.content', 'was refused'],
    ['body_unreadable', 'net.content', 'was refused'],
    ['secret_found', 'net.content', 'was refused'],
    ['response_unreadable', 'net.content', 'was refused'],
    ['host_not_allowed', 'net.connect', 'was refused'],
  ] as const
  for (const [code, kind, words] of kinds) {
    it(`leave ${code} a denial of kind ${kind}`, async () => {
      await using fixture = await makeReachingFixture(policy)
      const { sandbox, egress, session } = fixture
      session.script = (process) => {
        egress.decide({ code })
        process.end()
      }
      const { denials } = await sandbox.exec('x')
      expect(denials[0]).to.include({ kind, source: 'proxy' })
      expect(denials[0]?.message).to.include(words)
    })
  }
})
