import type { SandboxEvent } from '@caisson/core'
import { expect } from 'chai'
import { failureOf, makeFixture } from './fixture.ts'

describe('the end of a sandbox', () => {
  it('rejects every member with SANDBOX_ENDED afterwards, and keeps the data', async () => {
    await using fixture = await makeFixture()
    const { sandbox } = fixture
    await sandbox.destroy()
    const calls = [
      sandbox.exec('x'),
      sandbox.spawn('x'),
      sandbox.fs.readFile('/tmp/x'),
      sandbox.fs.exists('/tmp/x'),
      sandbox.ports.forward(1),
      sandbox.ports.waitFor(1),
      sandbox.ports.list(),
      sandbox.changes(),
      sandbox.commit(),
      sandbox.discard(),
      sandbox.usage(),
      sandbox.fs.watch('/tmp').next(),
    ]
    for (const call of calls) expect((await failureOf(call)).code).to.equal('SANDBOX_ENDED')
    expect(sandbox.driver).to.equal('fake')
    expect(sandbox.describe()).to.be.a('string')
  })

  it('closes the session once, however often and however it ends', async () => {
    await using fixture = await makeFixture()
    const { sandbox, session } = fixture
    await Promise.all([sandbox.destroy(), sandbox.destroy(), sandbox[Symbol.asyncDispose]()])
    expect(session.closes).to.equal(1)
  })

  it('ends commands that run', async () => {
    await using fixture = await makeFixture()
    const running = failureOf(fixture.sandbox.exec('sleep 9'))
    await new Promise((resolve) => setTimeout(resolve, 5))
    await fixture.sandbox.destroy()
    expect((await running).code).to.equal('SANDBOX_ENDED')
  })

  it('gives back everything when the session ends by itself, and says why', async () => {
    await using fixture = await makeFixture()
    const { sandbox, session } = fixture
    const events: SandboxEvent[] = []
    const reading = (async () => {
      for await (const event of sandbox.events()) events.push(event)
    })()
    session.die({ reason: 'protocol', detail: 'a frame out of order' })
    await reading
    expect(session.closes).to.equal(1)
    expect(events[0]).to.include({
      type: 'end',
      reason: 'protocol',
      detail: 'a frame out of order',
    })
    const error = await failureOf(sandbox.exec('x'))
    expect(error.message).to.include('a frame out of order')
  })
})

describe('events of a sandbox', () => {
  it('tell exits and limits to listeners until they stop listening', async () => {
    await using fixture = await makeFixture()
    const { sandbox, session } = fixture
    session.script = (process) => process.end({ exitCode: 1, limitsHit: ['disk'] })
    const seen: string[] = []
    const stop = sandbox.on('exit', ({ processId, exitCode }) =>
      seen.push(`${processId} ${exitCode}`),
    )
    sandbox.on('limit', ({ limit, processId }) => seen.push(`${limit} ${processId}`))
    await sandbox.exec('x')
    stop()
    await sandbox.exec('x')
    expect(seen).to.deep.equal(['disk p1', 'p1 1', 'disk p2'])
  })

  it('stop when the signal of a reader is aborted', async () => {
    await using fixture = await makeFixture()
    const controller = new AbortController()
    const reading = fixture.sandbox.events({ signal: controller.signal }).next()
    await new Promise((resolve) => setTimeout(resolve, 5))
    controller.abort()
    expect(await reading).to.deep.equal({ done: true, value: undefined })
  })

  it('attribute what the sentinel saw to the command that ran', async () => {
    await using fixture = await makeFixture()
    const { sandbox, session } = fixture
    const notice = { path: '/work/.git/hooks', rule: 'protectDefaults:.git/hooks' } as const
    session.script = (process) => {
      setTimeout(() => {
        session.context.onNotice({ kind: 'protect-created', ...notice })
        process.end()
      }, 5)
    }
    const told: unknown[] = []
    sandbox.on('denial', ({ denial, processId }) => told.push([processId, denial.kind]))
    const { denials } = await sandbox.exec('x')
    expect(denials).to.have.length(1)
    expect(denials[0]).to.include({ kind: 'fs.protect', source: 'guest', target: notice.path })
    expect(told).to.deep.equal([['p1', 'fs.protect']])
    session.context.onNotice({
      kind: 'deny-created',
      path: '/work/.env',
      rule: 'filesystem.deny[0]',
    })
    session.context.onNotice({ kind: 'limit', limit: 'pids' })
    expect(told).to.deep.equal([
      ['p1', 'fs.protect'],
      [null, 'fs.write'],
    ])
  })
})

describe('a refusal that is told before the driver says that the command runs', () => {
  it('is attributed to that command', async () => {
    await using fixture = await makeFixture()
    const { sandbox, session } = fixture
    const notice = { path: '/work/.git/hooks', rule: 'protectDefaults:.git/hooks' } as const
    session.script = (process) => {
      session.context.onNotice({ kind: 'protect-created', ...notice })
      process.end()
    }
    const { denials } = await sandbox.exec('x')
    expect(denials.map(({ target }) => target)).to.deep.equal([notice.path])
    const again = await sandbox.exec('y')
    expect(again.denials).to.have.length(1)
  })
})

describe('restricted', () => {
  it('runs commands and files, and has nothing of lifecycle, policy or the host', async () => {
    await using fixture = await makeFixture()
    const { sandbox, session } = fixture
    session.script = (process) => process.end()
    const view = sandbox.restricted()
    expect((await view.exec('x')).exitCode).to.equal(0)
    await view.fs.writeFile('/tmp/a', 'b')
    expect(await sandbox.fs.readFile('/tmp/a', 'utf8')).to.equal('b')
    expect(await view.usage()).to.include({ processes: 3 })
    for (const name of ['destroy', 'policy', 'commit', 'discard', 'events', 'on', 'enforcement'])
      expect(view, name).to.not.have.property(name)
    expect(view.ports).to.have.all.keys('waitFor', 'list')
  })

  it('leads to the sandbox neither by prototype nor by constructor', async () => {
    await using fixture = await makeFixture()
    const view = fixture.sandbox.restricted()
    expect(Object.getPrototypeOf(view)).to.equal(null)
    expect(Reflect.get(view, 'constructor')).to.equal(undefined)
    expect(Reflect.get(view, Symbol.asyncDispose)).to.equal(undefined)
    expect(Object.isFrozen(view)).to.equal(true)
  })
})

describe('describe', () => {
  it('says what is where, and that there is no network', async () => {
    await using fixture = await makeFixture({ resources: { memoryMiB: 256, wallTimeMs: 5000 } })
    const text = fixture.sandbox.describe()
    expect(text).to.include('/tmp')
    expect(text).to.include('no network')
    expect(text).to.include('256 MiB')
    expect(text).to.include('5000 ms')
  })
})
