import { createSandbox } from '@caisson/core'
import type { Policy, PolicyFinding, SandboxOptions } from '@caisson/core'
import { expect } from 'chai'
import { FakeAuditor, FakeGateway } from './fake-gateway.ts'
import { FakeDriver } from './fake-session.ts'
import { failureOf, someHost } from './fixture.ts'

function finding(part: Partial<PolicyFinding> = {}): PolicyFinding {
  return {
    id: 'any-upload',
    severity: 'high',
    clause: 'network.allow[0]',
    title: 'Anything can be uploaded.',
    how: 'By a POST.',
    remedy: 'name the paths',
    tags: [],
    ...part,
  }
}

const bad: PolicyFinding = finding()
const fine: PolicyFinding = finding({ id: 'url', severity: 'medium', title: 'Reads have URLs.' })

/** What a sandbox tells as `log` until its next turns are over. */
async function logsOf(options: Omit<SandboxOptions, 'policy'>, policy: Policy = someHost) {
  const sandbox = await createSandbox({ driver: new FakeDriver(), policy, ...options })
  const logs: string[] = []
  sandbox.on('log', ({ message }) => logs.push(message))
  await new Promise((resolve) => setImmediate(resolve))
  await new Promise((resolve) => setImmediate(resolve))
  return { sandbox, logs }
}

function auditor(...found: readonly PolicyFinding[]): FakeAuditor {
  const gateway = new FakeAuditor()
  gateway.find = () => found
  return gateway
}

describe('the audit of a policy', () => {
  it('tells what is grave once, in one line, and keeps all of it as data', async () => {
    const { sandbox, logs } = await logsOf({ gateway: auditor(bad, fine) })
    await using _ = sandbox
    expect(logs).to.deep.equal([
      'policy audit: high: network.allow[0]: Anything can be uploaded; name the paths',
    ])
    expect(sandbox.findings).to.deep.equal([bad, fine])
    expect(Object.isFrozen(sandbox.findings)).to.equal(true)
    expect(sandbox.restricted()).not.to.have.property('findings')
  })

  it('refuses what is grave when it is strict, before anything starts', async () => {
    const driver = new FakeDriver()
    driver.probe = () => Promise.reject(new Error('was asked'))
    const gateway = auditor(finding({ severity: 'critical' }), fine)
    const options = { driver, gateway, policy: someHost, audit: 'strict' } as const
    const error = await failureOf(createSandbox(options))
    expect(error.code).to.equal('POLICY_INVALID')
    expect(error.message).to.match(/critical: network\.allow\[0\]: .*; name the paths/)
    expect(error.message).not.to.include('Reads have URLs')
    expect(gateway.sessions).to.have.length(0)
    await using sandbox = await createSandbox({
      ...options,
      driver: new FakeDriver(),
      gateway: auditor(fine),
    })
    expect(sandbox.findings).to.deep.equal([fine])
  })

  it('looks at nothing when it is off, and where nothing can be reached', async () => {
    const gateway = auditor(bad)
    const off = await logsOf({ gateway, audit: 'off' })
    const walled = await logsOf({ gateway, audit: 'strict' }, {})
    for (const { sandbox, logs } of [off, walled]) {
      expect(logs).to.deep.equal([])
      expect(sandbox.findings).to.deep.equal([])
      await sandbox.destroy()
    }
    expect(gateway.audited).to.have.length(0)
  })

  it('needs somebody who looks, when it is strict', async () => {
    const gateway = new FakeGateway()
    const made = createSandbox({
      driver: new FakeDriver(),
      gateway,
      policy: someHost,
      audit: 'strict',
    })
    expect(String(await made.catch((error: unknown) => error))).to.match(/^TypeError: .*audits/)
    expect(gateway.sessions).to.have.length(0)
    const { sandbox, logs } = await logsOf({ gateway: new FakeGateway() })
    expect(logs).to.deep.equal([])
    await sandbox.destroy()
  })

  it('refuses a mode that is none, and an audit that is no function', async () => {
    const base = { driver: new FakeDriver(), policy: {} }
    for (const also of [{ audit: 'yes' }, { gateway: { open: () => undefined, audit: [] } }]) {
      const made: unknown = Reflect.apply(createSandbox, undefined, [{ ...base, ...also }])
      const error: unknown = await Promise.resolve(made).catch((caught: unknown) => caught)
      expect(error).to.be.instanceOf(TypeError)
      expect(String(error)).to.include('audit')
    }
  })

  it('fails closed when it is strict and whoever looks throws, and repeats nothing of it', async () => {
    const gateway = auditor()
    gateway.find = () => {
      throw new Error('s3cret')
    }
    const options = { driver: new FakeDriver(), gateway, policy: someHost }
    const error = await failureOf(createSandbox({ ...options, audit: 'strict' }))
    expect(error.message)
      .to.match(/could not be audited/)
      .and.not.include('s3cret')
    expect(error.cause).to.equal(undefined)
    const { sandbox, logs } = await logsOf({ gateway })
    expect(logs).to.deep.equal(['the policy could not be audited'])
    await sandbox.destroy()
  })

  it('shows no secret to whoever looks', async () => {
    const gateway = auditor()
    const credentials = { a: { source: { static: 's3cret' }, carrier: { header: 'x-a' } } }
    const { sandbox } = await logsOf({ gateway }, { ...someHost, credentials })
    expect(JSON.stringify(gateway.audited)).to.include('x-a').and.not.include('s3cret')
    await sandbox.destroy()
  })

  it('looks at updates too: tells what is new, and refuses it when it is strict', async () => {
    const gateway = auditor(bad)
    const { sandbox, logs } = await logsOf({ gateway })
    await using _ = sandbox
    const other = finding({ clause: 'network.allow[1]' })
    gateway.find = () => [bad, other]
    await sandbox.network.update({ allow: ['a.example', 'b.example'] })
    expect(logs.slice(1)).to.deep.equal([
      'policy audit: high: network.allow[1]: Anything can be uploaded; name the paths',
    ])
    expect(sandbox.findings).to.deep.equal([bad, other])

    const strict = auditor()
    await using held = (await logsOf({ gateway: strict, audit: 'strict' })).sandbox
    const before = held.policy
    strict.find = () => [bad]
    const error = await failureOf(held.network.update({ allow: ['b.example'] }))
    expect(error.code).to.equal('POLICY_INVALID')
    expect(held.policy).to.equal(before)
    expect(held.findings).to.deep.equal([])
    expect(strict.sessions[0]?.updates).to.deep.equal([])
  })
})
