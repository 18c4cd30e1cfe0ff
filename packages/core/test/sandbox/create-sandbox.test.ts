import { createSandbox } from '@caisson/core'
import type { Isolation, LaunchContext, Probe } from '@caisson/core'
import { expect } from 'chai'
import { FakeDriver } from './fake-session.ts'
import { failureOf } from './fixture.ts'

function absent(code: string): Probe {
  const finding = {
    code,
    severity: 'blocking',
    message: `${code} is missing`,
    remedy: `install ${code}`,
  }
  return { available: false, findings: [{ ...finding, severity: 'blocking' }], facts: {} }
}

/** A launch that ends when it is told to, as every driver's must. */
function untilAborted({ signal }: LaunchContext): Promise<void> {
  return new Promise((_, reject) => {
    signal?.addEventListener('abort', () => reject(new Error('launch stopped')))
  })
}

describe('createSandbox', () => {
  it('hands out the data of the sandbox, frozen', async () => {
    const driver = new FakeDriver()
    driver.report = { clauses: [{ clause: 'resources.pids', by: 'kernel', detail: 'cgroup' }] }
    const options = { driver, policy: { resources: { pids: 77 } }, labels: { job: '1' } }
    await using sandbox = await createSandbox(options)
    expect(sandbox).to.include({ driver: 'fake', isolation: 'process' })
    expect(sandbox.id).to.match(/^c[0-9a-f]{16}$/)
    expect(sandbox.policy.resources?.pids).to.equal(77)
    expect(sandbox.labels).to.deep.equal({ job: '1' })
    expect(sandbox.enforcement).to.equal(driver.report)
    expect(Object.isFrozen(sandbox.policy)).to.equal(true)
  })

  it('takes the first driver that can run and is strong enough', async () => {
    const weak = new FakeDriver('weak', 'process')
    const broken = new FakeDriver('broken', 'vm')
    broken.probed = absent('kvm')
    const good = new FakeDriver('good', 'vm')
    const drivers = [weak, broken, good, new FakeDriver('later', 'vm')]
    const require = { isolation: 'kernel' as Isolation, capabilities: ['overlay'] as const }
    await using sandbox = await createSandbox({ drivers, require, policy: {} })
    expect(sandbox.driver).to.equal('good')
    expect(weak.sessions).to.have.length(0)
  })

  it('lists every driver, why it was passed over, and the remedy, when none will do', async () => {
    const weak = new FakeDriver('weak', 'process')
    const broken = new FakeDriver('broken', 'vm')
    broken.probed = absent('kvm')
    const throwing = new FakeDriver('throwing', 'vm')
    throwing.probe = () => Promise.reject(new Error('boom'))
    const drivers = [weak, broken, throwing]
    const error = await failureOf(
      createSandbox({
        drivers,
        require: { isolation: 'vm', capabilities: ['snapshot'] },
        policy: {},
      }),
    )
    expect(error.code).to.equal('DRIVER_UNAVAILABLE')
    expect(error.message).to.include('weak: its isolation is "process", and "vm" is required')
    const second = await failureOf(createSandbox({ drivers: [broken, throwing], policy: {} }))
    expect(second.message).to.include('broken: kvm is missing (remedy: install kvm)')
    expect(second.message).to.include('throwing: its probe failed: boom')
    expect(second.message).not.to.match(/\n;/)
    for (const driver of drivers) expect(driver.sessions).to.have.length(0)
  })

  it('refuses a clause that nobody enforces, unless it is accepted by name', async () => {
    const driver = new FakeDriver()
    driver.report = {
      clauses: [{ clause: 'resources.memoryMiB', by: 'none', detail: 'no cgroup' }],
    }
    const error = await failureOf(createSandbox({ driver, policy: {} }))
    expect(error.code).to.equal('POLICY_UNSUPPORTED')
    expect(error.message).to.include('resources.memoryMiB (no cgroup)')
    const other = createSandbox({ driver, policy: {}, allowWeaker: ['resources.pids'] })
    expect((await failureOf(other)).code).to.equal('POLICY_UNSUPPORTED')
    expect(driver.sessions).to.have.length(0)
    const allowWeaker = ['resources.memoryMiB']
    await using sandbox = await createSandbox({ driver, policy: {}, allowWeaker })
    expect(driver.sessions[0]?.context.allowWeaker).to.deep.equal(allowWeaker)
    expect(sandbox.enforcement).to.equal(driver.report)
  })

  const strangers: readonly (readonly [string, object, string])[] = [
    ['a misspelt option', { requires: { isolation: 'vm' } }, 'unknown option "requires"'],
    ['an isolation that is none', { require: { isolation: 'VM' } }, 'not "VM"'],
    ['an isolation of Object', { require: { isolation: 'toString' } }, 'not "toString"'],
    ['a misspelt requirement', { require: { isolaton: 'vm' } }, 'unknown option "isolaton"'],
    ['a requirement that is a word', { require: 'vm' }, 'require must be an object'],
    ['capabilities that are no list', { require: { capabilities: 'pty' } }, 'is a list'],
    ['a driver and drivers', { drivers: [new FakeDriver()] }, 'not both'],
    ['a factory for a driver', { driver: () => new FakeDriver() }, 'call it'],
    ['no driver', { driver: undefined }, 'needs a driver'],
    ['an object for a driver', { driver: {} }, 'no driver'],
  ]
  for (const [what, part, words] of strangers)
    it(`refuses ${what} with a TypeError, and starts nothing`, async () => {
      const driver = new FakeDriver()
      await using plain = await createSandbox({ driver, policy: {} })
      expect(plain.driver).to.equal('fake')
      const misused: unknown = Reflect.apply(createSandbox, undefined, [
        { driver, policy: {}, ...part },
      ])
      const error: unknown = await Promise.resolve(misused).catch((caught: unknown) => caught)
      expect(error).to.be.instanceOf(TypeError)
      expect(String(error)).to.include(words)
      expect(driver.sessions).to.have.length(1)
    })

  it('refuses a policy that does not parse, before any driver is asked', async () => {
    const driver = new FakeDriver()
    driver.probe = () => Promise.reject(new Error('was asked'))
    const policy = JSON.parse('{ "filesytem": {} }')
    expect((await failureOf(createSandbox({ driver, policy }))).code).to.equal('POLICY_INVALID')
  })

  it('rejects with ABORTED before anything starts when the signal is aborted already', async () => {
    const driver = new FakeDriver()
    const error = await failureOf(
      createSandbox({ driver, policy: {}, signal: AbortSignal.abort() }),
    )
    expect(error).to.include({ code: 'ABORTED', name: 'AbortError' })
    expect(driver.sessions).to.have.length(0)
  })

  it('rejects with ABORTED and TIMEOUT while starting, and tells the driver', async () => {
    const driver = new FakeDriver()
    driver.ready = untilAborted
    const controller = new AbortController()
    setTimeout(() => controller.abort(), 10)
    const aborted = createSandbox({ driver, policy: {}, signal: controller.signal })
    expect((await failureOf(aborted)).code).to.equal('ABORTED')
    const late = await failureOf(createSandbox({ driver, policy: {}, timeoutMs: 10 }))
    expect(late).to.include({ code: 'TIMEOUT', retryable: true })
  })

  it('takes down a sandbox that came although its creation was aborted', async () => {
    const driver = new FakeDriver()
    driver.ready = () => new Promise((resolve) => setTimeout(resolve, 40))
    const error = await failureOf(createSandbox({ driver, policy: {}, timeoutMs: 10 }))
    expect(error.code).to.equal('TIMEOUT')
    expect(driver.sessions[0]?.closes).to.equal(1)
  })

  it('passes on why a launch failed', async () => {
    const driver = new FakeDriver()
    driver.ready = () => Promise.reject(new Error('bwrap is not on PATH'))
    const outcome = await createSandbox({ driver, policy: {} }).catch((error) => error)
    expect(outcome).to.have.property('message', 'bwrap is not on PATH')
  })

  it('tells what the session said before there was anybody to listen', async () => {
    const driver = new FakeDriver()
    driver.ready = async (context) => context.onNotice({ kind: 'log', message: 'early\u001B[2J' })
    await using sandbox = await createSandbox({ driver, policy: {} })
    const told = new Promise((resolve) => sandbox.on('log', ({ message }) => resolve(message)))
    expect(await told).to.equal('early\uFFFD[2J')
  })
})
