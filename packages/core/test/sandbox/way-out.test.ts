import { createSandbox } from '@caisson/core'
import type { Policy } from '@caisson/core'
import { expect } from 'chai'
import { FakeGateway, unsupported } from './fake-gateway.ts'
import { FakeDriver } from './fake-session.ts'
import { failureOf, makeReachingFixture, someHost } from './fixture.ts'

/** One log for the driver's and the gateway's steps. */
function steps(): { driver: FakeDriver; gateway: FakeGateway; log: string[] } {
  const [driver, gateway] = [new FakeDriver(), new FakeGateway()]
  const { log } = gateway
  const ask = driver.probe.bind(driver)
  driver.probe = () => (log.push('driver probed'), ask())
  const plan = driver.enforcement.bind(driver)
  driver.enforcement = (made) => (log.push('enforcement asked'), plan(made))
  driver.ready = async () => void log.push('launching')
  return { driver, gateway, log }
}

const reaching: readonly (readonly [string, Policy])[] = [
  ['network.allow', { network: { allow: ['api.example'] } }],
  ['network.ask', { network: { ask: ['api.example'] } }],
  ['network.mode', { network: { mode: 'observe' } }],
  ['network.addresses.allow', { network: { addresses: { allow: ['10.0.0.0/8'] } } }],
]

describe('the way out of a sandbox', () => {
  for (const [clause, policy] of reaching) {
    it(`is opened for ${clause}, and without a gateway the clause is refused by name`, async () => {
      const [driver, gateway] = [new FakeDriver(), new FakeGateway()]
      driver.probe = () => Promise.reject(new Error('was asked'))
      const error = await failureOf(createSandbox({ driver, policy }))
      expect(error.code).to.equal('POLICY_UNSUPPORTED')
      expect(error.message).to.match(new RegExp(`^${clause}: there is no way out`))
      expect(error.message).to.include('egressGateway() of @caisson/egress-proxy')
      await using sandbox = await createSandbox({ driver: new FakeDriver(), policy, gateway })
      expect(gateway.sessions[0]?.request).to.include({
        sandboxId: sandbox.id,
        policy: sandbox.policy,
      })
    })
  }

  it('is not opened for a policy that reaches nothing', async () => {
    const [driver, gateway] = [new FakeDriver(), new FakeGateway()]
    const network = { allow: [], ask: [], deny: ['evil.example'], mode: 'enforce' } as const
    for (const policy of [{}, { network }]) {
      await using sandbox = await createSandbox({ driver, gateway, policy })
      expect(sandbox.network.usage()).to.equal(null)
    }
    expect(gateway.log).to.deep.equal([])
    for (const session of driver.sessions) {
      expect(session.context.egress).to.equal(null)
      expect(session.plan.network).to.deep.equal({ kind: 'none' })
      expect(session.plan.environment).not.to.have.any.keys('HTTP_PROXY', 'NODE_USE_ENV_PROXY')
    }
  })

  it('opens after a driver is chosen and before it plans, and closes after the session', async () => {
    const { driver, gateway, log } = steps()
    const sandbox = await createSandbox({ driver, gateway, policy: someHost })
    const session = driver.sessions[0]
    expect(session?.context.egress).to.equal(gateway.sessions[0])
    expect(session?.plan.network).to.deep.equal({ kind: 'egress', doors: gateway.doors })
    if (session !== undefined) session.onClose = () => log.push('session closed')
    await Promise.all([sandbox.destroy(), sandbox.destroy()])
    expect(log).to.deep.equal([
      'driver probed',
      'egress opening',
      'egress open',
      'enforcement asked',
      'launching',
      'session closed',
      'egress closed',
    ])
    expect(gateway.sessions[0]?.closes).to.equal(1)
  })

  it('is closed when the session ends by itself, and when it cannot be closed', async () => {
    await using alone = await makeReachingFixture()
    const ended = new Promise((resolve) => alone.sandbox.on('end', resolve))
    alone.session.die({ reason: 'link-lost', detail: 'gone' })
    await ended
    expect(alone.egress.closes).to.equal(1)
    const stuck = await makeReachingFixture()
    stuck.session.close = () => Promise.reject(new Error('stuck'))
    await stuck.sandbox.destroy().catch(() => undefined)
    expect(stuck.egress.closes).to.equal(1)
  })

  const misused: readonly (readonly [string, unknown, string])[] = [
    ['a factory', () => new FakeGateway(), 'call it'],
    ['an object that opens nothing', {}, 'that is none'],
    ['null', null, 'that is none'],
  ]
  for (const [what, gateway, words] of misused) {
    it(`refuses ${what} for a gateway with a TypeError`, async () => {
      const driver = new FakeDriver()
      const made: unknown = Reflect.apply(createSandbox, undefined, [
        { driver, gateway, policy: {} },
      ])
      const error: unknown = await Promise.resolve(made).catch((caught: unknown) => caught)
      expect(error).to.be.instanceOf(TypeError)
      expect(String(error)).to.include(words)
      expect(driver.sessions).to.have.length(0)
    })
  }
})

/** Each step that can fail, and what it rejects with. */
const failing: readonly (readonly [string, (of: ReturnType<typeof steps>) => void, string])[] = [
  [
    'the enforcement report',
    ({ driver }) => {
      driver.enforcement = () => Promise.reject(new Error('no report'))
    },
    'no report',
  ],
  [
    'a clause that nobody enforces',
    ({ driver }) => {
      driver.report = { clauses: [{ clause: 'network', by: 'none', detail: 'no doors' }] }
    },
    'cannot enforce network (no doors)',
  ],
  [
    'the launch',
    ({ driver }) => {
      driver.ready = () => Promise.reject(new Error('no bwrap'))
    },
    'no bwrap',
  ],
]

describe('a sandbox that cannot be made', () => {
  for (const [what, breakIt, words] of failing) {
    it(`closes its way out again: ${what}`, async () => {
      const parts = steps()
      breakIt(parts)
      const { driver, gateway } = parts
      const error = await createSandbox({ driver, gateway, policy: someHost }).catch(String)
      expect(error).to.include(words)
      expect(gateway.sessions[0]?.closes).to.equal(1)
      expect(driver.sessions).to.have.length(0)
    })
  }

  it('closes its way out again: a plan that does not fit the host', async () => {
    const { driver, gateway } = steps()
    const mounts = [{ source: '/nowhere/at/all', access: 'read' as const }]
    const policy = { ...someHost, filesystem: { mounts } }
    const error = await failureOf(createSandbox({ driver, gateway, policy }))
    expect(error.code).to.equal('POLICY_INVALID')
    expect(gateway.sessions[0]?.closes).to.equal(1)
  })

  it('passes on what the gateway says, and launches nothing', async () => {
    const { driver, gateway } = steps()
    gateway.ready = () => Promise.reject(unsupported('network.allow[0].identity: not yet'))
    const error = await failureOf(createSandbox({ driver, gateway, policy: someHost }))
    expect(error).to.include({
      code: 'POLICY_UNSUPPORTED',
      message: 'network.allow[0].identity: not yet',
    })
    expect(driver.plans).to.have.length(0)
    const credentials = { a: { source: { env: 'A' }, carrier: { header: 'x-a' } } }
    const secret = await failureOf(createSandbox({ driver, gateway, policy: { credentials } }))
    expect(secret.code).to.equal('POLICY_UNSUPPORTED')
  })

  it('tells the gateway when it is aborted, and closes a way out that came nevertheless', async () => {
    const { driver, gateway } = steps()
    const controller = new AbortController()
    let isTold = false
    gateway.ready = async ({ signal }) => {
      signal.addEventListener('abort', () => {
        isTold = true
      })
      controller.abort()
    }
    const { signal } = controller
    const error = await failureOf(createSandbox({ driver, gateway, policy: someHost, signal }))
    expect(error.code).to.equal('ABORTED')
    expect(isTold).to.equal(true)
    expect(gateway.sessions[0]?.closes).to.equal(1)
    expect(driver.plans).to.have.length(0)
  })

  it('closes session and way out, in this order, when it is aborted while launching', async () => {
    const { driver, gateway, log } = steps()
    driver.ready = () => new Promise((resolve) => setTimeout(resolve, 30))
    const launch = driver.launch.bind(driver)
    driver.launch = async (plan, context) => {
      const session = await launch(plan, context)
      session.onClose = () => log.push('session closed')
      return session
    }
    const late = createSandbox({ driver, gateway, policy: someHost, timeoutMs: 10 })
    expect((await failureOf(late)).code).to.equal('TIMEOUT')
    expect(log.slice(-2)).to.deep.equal(['session closed', 'egress closed'])
  })

  it('is not handed out when its way out fails while it is launched', async () => {
    const { driver, gateway } = steps()
    driver.ready = async () => {
      gateway.sessions[0]?.fail('its process died')
      await new Promise((resolve) => setImmediate(resolve))
    }
    const error = await failureOf(createSandbox({ driver, gateway, policy: someHost }))
    expect(error).to.include({ code: 'LAUNCH_FAILED', retryable: true })
    expect(error.message).to.include('its process died')
    expect(driver.sessions[0]?.closes).to.equal(1)
    expect(gateway.sessions[0]?.closes).to.equal(1)
  })
})

describe('a way out that fails by itself', () => {
  it('leaves the sandbox, is closed for good, and says so', async () => {
    await using fixture = await makeReachingFixture()
    const { sandbox, egress, session } = fixture
    session.script = (process) => process.end()
    const told = new Promise<string>((resolve) => {
      sandbox.on('log', ({ message }) => resolve(message))
    })
    egress.fail('its process\u001B died')
    expect(await told).to.equal(
      'the way out has failed: its process\uFFFD died; nothing can be reached from now on',
    )
    expect(egress.closes).to.equal(1)
    expect((await sandbox.exec('x')).exitCode).to.equal(0)
    const error = await failureOf(sandbox.network.update({ allow: ['b.example'] }))
    expect(error.code).to.equal('POLICY_UNSUPPORTED')
    expect(egress.updates).to.deep.equal([])
    expect(sandbox.describe()).to.include('The way out has failed')
    expect(fixture.gateway.sessions).to.have.length(1)
  })

  it('is not told as failed when it is closed with the sandbox', async () => {
    await using fixture = await makeReachingFixture()
    const logs: string[] = []
    fixture.sandbox.on('log', ({ message }) => logs.push(message))
    await fixture.sandbox.destroy()
    await new Promise((resolve) => setImmediate(resolve))
    expect(logs).to.deep.equal([])
  })
})
