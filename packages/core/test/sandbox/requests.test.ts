import { createSandbox } from '@caisson/core'
import type { Denial, SandboxEvent } from '@caisson/core'
import { expect } from 'chai'
import { FakeGateway } from './fake-gateway.ts'
import type { FakeProcess } from './fake-process.ts'
import { FakeDriver } from './fake-session.ts'
import { makeReachingFixture, type ReachingFixture, someHost } from './fixture.ts'

const peer = { protocol: 'tcp', address: '127.0.0.1', port: 40_000 } as const

/** Everything that a sandbox tells, as it comes. */
function listen({ sandbox }: ReachingFixture): SandboxEvent[] {
  const events: SandboxEvent[] = []
  for (const name of ['request', 'denial', 'log'] as const)
    sandbox.on(name, (event) => events.push(event))
  return events
}

/** Starts a command that runs until the test ends it. */
async function start({ sandbox, session }: ReachingFixture): Promise<FakeProcess> {
  await sandbox.spawn('x')
  const process = session.processes.at(-1)
  if (process === undefined) throw new Error('nothing was started')
  return process
}

/** What each event says, in short. */
function told(events: readonly SandboxEvent[]): string[] {
  return events.map((event) => {
    if (event.type === 'request') return `request ${event.processId} ${event.decision.host}`
    if (event.type === 'denial') return `denial ${event.processId} ${event.denial.target}`
    return event.type
  })
}

const targets = (denials: readonly Denial[]): string[] => denials.map(({ target }) => target)

describe('a decision of the way out', () => {
  it('is an event, and a refusal is a denial of the command that asked as well', async () => {
    await using fixture = await makeReachingFixture()
    const { sandbox, session, egress } = fixture
    const events = listen(fixture)
    session.script = (process) => {
      egress.decide({ verdict: 'allow', code: null, host: 'api.example', processId: 'p1' })
      egress.decide({ processId: 'p1', rule: 'network.deny[0]' })
      process.end()
    }
    const { denials } = await sandbox.exec('x')
    expect(told(events)).to.deep.equal([
      'request p1 api.example',
      'request p1 evil.example',
      'denial p1 GET evil.example/a',
    ])
    expect(events[1]).to.deep.include({ time: 1_700_000_000_000 })
    expect(denials).to.deep.equal([
      {
        kind: 'net.connect',
        target: 'GET evil.example/a',
        rule: 'network.deny[0]',
        source: 'proxy',
        remedy: 'Ask for it in network.allow',
        message:
          '"GET evil.example/a" was refused (network.deny[0]): No rule names this host; Ask for it in network.allow.',
      },
    ])
  })

  it('is no denial when it is only told what would have been refused', async () => {
    await using fixture = await makeReachingFixture()
    const events = listen(fixture)
    fixture.egress.decide({ verdict: 'allow', code: 'host_not_allowed' })
    expect(told(events)).to.deep.equal(['request null evil.example'])
  })

  it('belongs to one of two commands that run at once, and to none when that is not known', async () => {
    await using fixture = await makeReachingFixture()
    const events = listen(fixture)
    const [first, second] = [await start(fixture), await start(fixture)]
    fixture.egress.decide({ processId: 'p2' })
    fixture.egress.decide({ processId: null, host: 'other.example' })
    const [one, two] = fixture.sandbox.processes.list()
    first.end()
    second.end()
    expect((await one?.wait())?.denials).to.deep.equal([])
    expect(targets((await two?.wait())?.denials ?? [])).to.deep.equal(['GET evil.example/a'])
    expect(told(events)).to.deep.equal([
      'request p2 evil.example',
      'denial p2 GET evil.example/a',
      'request null other.example',
      'denial null GET other.example/a',
    ])
  })

  it('belongs to the only command there is when nobody knows who asked', async () => {
    await using fixture = await makeReachingFixture()
    const events = listen(fixture)
    const running = await start(fixture)
    const [only] = fixture.sandbox.processes.list()
    fixture.egress.decide()
    running.end()
    expect(targets((await only?.wait())?.denials ?? [])).to.have.length(1)
    await new Promise((resolve) => setImmediate(resolve))
    fixture.egress.decide({ host: 'late.example' })
    expect(told(events).slice(1)).to.deep.equal([
      'denial p1 GET evil.example/a',
      'request null late.example',
      'denial null GET late.example/a',
    ])
  })

  it('is an event with the id of a command that has ended, and does not change its result', async () => {
    await using fixture = await makeReachingFixture()
    const events = listen(fixture)
    const process = await start(fixture)
    const [one] = fixture.sandbox.processes.list()
    process.exit()
    const result = await one?.wait()
    fixture.egress.decide({ processId: 'p1' })
    expect(result?.denials).to.deep.equal([])
    expect(told(events)).to.deep.equal(['request p1 evil.example', 'denial p1 GET evil.example/a'])
  })

  it('is kept once for each act, and 64 times at most, while events tell each', async () => {
    await using fixture = await makeReachingFixture()
    const { sandbox, session, egress } = fixture
    const events = listen(fixture)
    const notice = { kind: 'protect-created', path: '/w/.git/hooks', rule: 'r' } as const
    session.script = (process) => {
      for (let round = 0; round < 200; round += 1) {
        egress.decide({ processId: 'p1' })
        egress.decide({ processId: 'p1', host: `h${round}.example` })
      }
      session.context.onNotice(notice)
      process.end()
    }
    const { denials } = await sandbox.exec('x')
    expect(targets(denials).filter((one) => one === 'GET evil.example/a')).to.have.length(1)
    expect(denials.filter(({ source }) => source === 'proxy')).to.have.length(64)
    expect(denials.filter(({ source }) => source === 'guest')).to.have.length(1)
    expect(events.filter(({ type }) => type === 'denial')).to.have.length(401)
  })

  it('is not deduced a second time from what the command reports', async () => {
    const [driver, gateway] = [new FakeDriver(), new FakeGateway()]
    gateway.doors = gateway.doors.slice(0, 1)
    await using sandbox = await createSandbox({ driver, gateway, policy: someHost })
    const [session] = driver.sessions
    const [egress] = gateway.sessions
    if (session === undefined) throw new Error('nothing was launched')
    session.script = (process) => {
      egress?.decide({ processId: 'p1' })
      process.emit('stderr', 'curl: (6) Could not resolve host: evil.example\n')
      process.emit('stderr', 'curl: (6) Could not resolve host: other.example\n')
      process.end({ exitCode: 6 })
    }
    const { denials } = await sandbox.exec('x')
    expect(denials.map(({ source, target }) => `${source} ${target}`)).to.deep.equal([
      'proxy GET evil.example/a',
      'inferred other.example',
    ])
  })

  it('that came before there was anybody to listen is told then', async () => {
    const [driver, gateway] = [new FakeDriver(), new FakeGateway()]
    driver.ready = async () => {
      const [egress] = gateway.sessions
      egress?.decide({ host: 'early.example' })
      egress?.request.onLog('early\u001B[2J')
      expect(await egress?.request.locate(peer)).to.equal(null)
    }
    await using sandbox = await createSandbox({ driver, gateway, policy: someHost })
    const logged = new Promise<string>((resolve) => {
      sandbox.on('log', ({ message }) => resolve(message))
    })
    const seen: unknown[] = []
    sandbox.on('request', ({ decision }) => seen.push(decision.host))
    expect(await logged).to.equal('early\uFFFD[2J')
    expect(seen).to.deep.equal(['early.example'])
  })

  it('has the shape of every other denial, whatever was chosen inside', async () => {
    await using fixture = await makeReachingFixture()
    const { sandbox, session, egress } = fixture
    const nothing = { method: null, path: null, processId: 'p1' }
    session.script = (process) => {
      egress.decide({ ...nothing, door: 'resolver', port: null })
      egress.decide({ ...nothing, door: 'socks', port: 22 })
      egress.decide({ door: 'plain', port: 80, processId: 'p1' })
      egress.decide({ ...nothing, host: 'x\u001B[2J\u202E', reason: '', remedy: 'a\nb' })
      egress.decide({ path: `/${'x'.repeat(20_000)}`, processId: 'p1' })
      const late = { code: 'upstream_timeout', rule: 'network.allow[0]', reason: 'It is slow.' }
      egress.decide({ ...nothing, ...late, remedy: 'Try later.' })
      egress.decide({ ...nothing, host: '', port: null, reason: 'An address.' })
      egress.decide({ ...nothing, host: 'tls.example', code: 'tls_failed', reason: 'No TLS.' })
      process.end()
    }
    const { denials } = await sandbox.exec('x')
    expect(denials.slice(0, 3).map(({ kind, target }) => `${kind} ${target}`)).to.deep.equal([
      'net.resolve evil.example',
      'net.connect evil.example:22',
      'net.connect GET evil.example:80/a',
    ])
    expect(denials[3]?.message).to.equal(
      '"x\uFFFD[2J\uFFFD:443" was refused (network.allow): the policy does not allow it; a\uFFFDb.',
    )
    expect(denials[4]?.target.length).to.be.below(2100)
    expect(denials[4]?.message.length).to.be.below(600)
    expect(denials[5]?.message).to.equal(
      '"evil.example:443" was not reached: It is slow; Try later.',
    )
    expect(denials[6]?.message).to.match(
      /^A connection was refused \(network\.allow.*\): An address;/,
    )
    expect(denials[7]?.message).to.match(/^"tls.example:443" was not reached: No TLS;/)
  })
})

describe('the owner of a connection', () => {
  it('is found by the process id inside, also when its command has ended', async () => {
    await using fixture = await makeReachingFixture()
    const { session, egress } = fixture
    const process = await start(fixture)
    const asked: unknown[] = []
    session.owner = async (one) => (asked.push(one), process.pid)
    expect(await egress.request.locate(peer)).to.equal('p1')
    process.end()
    await fixture.sandbox.exec(['y'], { timeoutMs: 1 })
    expect(await egress.request.locate(peer)).to.equal('p1')
    expect(asked).to.deep.equal([peer, peer])
  })

  it('is the newer command when a process id comes a second time', async () => {
    await using fixture = await makeReachingFixture()
    const { session, egress } = fixture
    const first = await start(fixture)
    first.end()
    const spawn = session.spawn.bind(session)
    session.spawn = async (request) => Object.assign(await spawn(request), { pid: first.pid })
    await start(fixture)
    session.owner = async () => first.pid
    expect(await egress.request.locate(peer)).to.equal('p2')
  })

  const unknown: readonly (readonly [string, () => Promise<number | null>])[] = [
    ['nobody holds it', () => Promise.resolve(null)],
    ['it is no command', () => Promise.resolve(4711)],
    ['the driver fails', () => Promise.reject(new Error('the link was cut'))],
    ['the driver does not answer', () => new Promise(() => undefined)],
    [
      'the driver throws',
      () => {
        throw new Error('broken')
      },
    ],
  ]
  for (const [why, owner] of unknown) {
    it(`is not known when ${why}`, async () => {
      await using fixture = await makeReachingFixture()
      fixture.session.owner = owner
      await start(fixture)
      expect(await fixture.egress.request.locate(peer)).to.equal(null)
    })
  }

  it('is known for a command that connects before its start was told', async () => {
    await using fixture = await makeReachingFixture()
    const { sandbox, session, egress } = fixture
    session.owner = async () => 100
    const located: Promise<string | null>[] = []
    session.script = () => {
      located.push(egress.request.locate(peer))
    }
    await sandbox.spawn('x')
    expect(await located[0]).to.equal('p1')
  })
})
