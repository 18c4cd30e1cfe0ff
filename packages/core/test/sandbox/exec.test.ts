import { expect } from 'chai'
import type { FakeProcess } from './fake-process.ts'
import { failureOf, makeFixture } from './fixture.ts'

function says(text: string, exitCode = 0): (process: FakeProcess) => void {
  return (process) => {
    process.emit('stdout', text)
    process.end({ exitCode })
  }
}

describe('exec', () => {
  it('runs a string with /bin/sh -c and an array as argv', async () => {
    await using fixture = await makeFixture()
    const { sandbox, session } = fixture
    session.script = says('')
    await sandbox.exec('echo $HOME')
    await sandbox.exec(['echo', '$HOME'])
    expect(session.processes.map(({ request }) => request.argv)).to.deep.equal([
      ['/bin/sh', '-c', 'echo $HOME'],
      ['echo', '$HOME'],
    ])
  })

  it('returns a non-zero exit as a result, with what was written in order', async () => {
    await using fixture = await makeFixture()
    fixture.session.script = (process) => {
      process.emit('stdout', 'one\n')
      process.emit('stderr', 'two\n')
      process.emit('stdout', 'three\n')
      process.end({ exitCode: 3, cpuMs: 5, peakMemoryBytes: 6 })
    }
    const result = await fixture.sandbox.exec('x')
    expect(result).to.deep.include({
      exitCode: 3,
      signal: null,
      stdout: 'one\nthree\n',
      stderr: 'two\n',
      output: 'one\ntwo\nthree\n',
      truncated: false,
      timedOut: false,
      aborted: false,
      limit: null,
      cpuMs: 5,
      peakMemoryBytes: 6,
    })
    expect(result.durationMs).to.be.at.least(0)
  })

  it('joins characters that arrive in two chunks', async () => {
    await using fixture = await makeFixture()
    const bytes = new TextEncoder().encode('aé')
    fixture.session.script = (process) => {
      process.emit('stdout', bytes.slice(0, 2))
      process.emit('stdout', bytes.slice(2))
      process.end()
    }
    expect((await fixture.sandbox.exec('x')).stdout).to.equal('aé')
  })

  it('keeps the beginning and the end when there is too much, and says how much is missing', async () => {
    await using fixture = await makeFixture()
    fixture.session.script = says(`BEGIN${'x'.repeat(1000)}END`)
    const result = await fixture.sandbox.exec('x', { maxOutputBytes: 20 })
    expect(result.truncated).to.equal(true)
    expect(result.droppedBytes).to.deep.equal({ stdout: 988, stderr: 0 })
    expect(result.stdout).to.match(/^BEGINx{5}\n\[988 bytes of output left out\]\nx{7}END$/)
    expect(result.output).to.equal(result.stdout)
  })

  it('adds variables to those of the policy, and starts where it is told', async () => {
    await using fixture = await makeFixture({ environment: { A: '1', B: '2' } })
    const { sandbox, session } = fixture
    session.script = says('')
    await sandbox.exec('x', { env: { B: '3', A: undefined, C: '4' }, cwd: 'sub' })
    const request = session.processes[0]?.request
    expect(request?.environment).to.include({ B: '3', C: '4' })
    expect(request?.environment).to.not.have.property('A')
    expect(request?.workingDirectory).to.equal(`${session.plan.workingDirectory}/sub`)
  })

  it('feeds stdin from a string, bytes, a stream and an iterable, and closes it', async () => {
    await using fixture = await makeFixture()
    const { sandbox, session } = fixture
    async function* pieces(): AsyncGenerator<string> {
      yield 'pie'
      yield 'ces'
    }
    const stream = new Blob(['stream']).stream() as ReadableStream<Uint8Array>
    session.script = (process) => setTimeout(() => process.end(), 20)
    for (const stdin of ['text', new TextEncoder().encode('bytes'), stream, pieces()])
      await sandbox.exec('cat', { stdin })
    expect(session.processes.map(({ input }) => input)).to.deep.equal([
      'text',
      'bytes',
      'stream',
      'pieces',
    ])
    expect(session.processes.every((process) => process.isStdinClosed)).to.equal(true)
  })

  it('does not mind a command that ends before its input does', async () => {
    await using fixture = await makeFixture()
    async function* endless(): AsyncGenerator<string> {
      yield 'a'
      await new Promise(() => undefined)
    }
    fixture.session.script = says('done')
    expect((await fixture.sandbox.exec('true', { stdin: endless() })).stdout).to.equal('done')
  })

  it('kills the tree and rejects with the error of an input that fails', async () => {
    await using fixture = await makeFixture()
    const reason = new Error('disk on fire')
    async function* failing(): AsyncGenerator<string> {
      yield 'a'
      throw reason
    }
    const outcome = await fixture.sandbox.exec('cat', { stdin: failing() }).catch((error) => error)
    expect(outcome).to.equal(reason)
    expect(fixture.session.processes[0]?.kills).to.deep.equal(['SIGKILL tree'])
  })

  it('kills the tree after timeoutMs and says so', async () => {
    await using fixture = await makeFixture()
    fixture.session.script = (process) => process.emit('stdout', 'partial')
    const result = await fixture.sandbox.exec('sleep 9', { timeoutMs: 20 })
    expect(result).to.include({ timedOut: true, aborted: false, limit: null, stdout: 'partial' })
    expect(result).to.include({ exitCode: null, signal: 'SIGKILL' })
    expect(fixture.session.processes[0]?.kills).to.deep.equal(['SIGKILL tree'])
  })

  it('tells the wall time of the policy as the limit "time"', async () => {
    await using fixture = await makeFixture({ resources: { wallTimeMs: 20 } })
    const result = await fixture.sandbox.exec('sleep 9', { timeoutMs: 10_000 })
    expect(result).to.include({ timedOut: true, limit: 'time' })
  })

  it('ends a command that writes more than the policy allows', async () => {
    await using fixture = await makeFixture({ resources: { outputBytes: 1024 } })
    fixture.session.script = (process) => process.emit('stderr', 'y'.repeat(1025))
    const result = await fixture.sandbox.exec('yes')
    expect(result).to.include({ limit: 'output', timedOut: false, signal: 'SIGKILL' })
  })

  it('kills the tree when its signal is aborted, and says so', async () => {
    await using fixture = await makeFixture()
    const controller = new AbortController()
    fixture.session.script = () => setTimeout(() => controller.abort(), 10)
    const result = await fixture.sandbox.exec('sleep 9', { signal: controller.signal })
    expect(result).to.include({ aborted: true, timedOut: false })
    expect(fixture.session.processes[0]?.kills).to.deep.equal(['SIGKILL tree'])
  })

  it('starts nothing when its signal is aborted already', async () => {
    await using fixture = await makeFixture()
    const error = await failureOf(fixture.sandbox.exec('x', { signal: AbortSignal.abort() }))
    expect(error).to.include({ code: 'ABORTED', name: 'AbortError' })
    expect(fixture.session.processes).to.have.length(0)
  })

  it('tells a limit that was hit only when the command failed', async () => {
    await using fixture = await makeFixture()
    const { sandbox, session } = fixture
    session.script = (process) => process.end({ exitCode: 1, limitsHit: ['pids', 'memory'] })
    expect((await sandbox.exec('x')).limit).to.equal('memory')
    session.script = (process) => process.end({ exitCode: 0, limitsHit: ['memory'] })
    expect((await sandbox.exec('x')).limit).to.equal(null)
  })

  it('lets unread output through, so that credit never runs out', async () => {
    await using fixture = await makeFixture()
    fixture.session.script = says('z'.repeat(100))
    await fixture.sandbox.exec('x', { maxOutputBytes: 0 })
    expect(fixture.session.processes[0]?.credit.stdout).to.equal(100)
  })

  it('refuses an option that nobody reads, such as a misspelt bound', async () => {
    await using fixture = await makeFixture()
    const { sandbox, session } = fixture
    session.script = says('')
    await sandbox.exec('x', { timeoutMs: 1000 })
    const misspelt = { cwd: '/', timeout: 1000 }
    const error: unknown = await sandbox.exec('x', misspelt).catch((caught: unknown) => caught)
    expect(error).to.be.instanceOf(TypeError)
    expect(String(error)).to.include('unknown option "timeout"; known are cwd')
    expect(session.processes).to.have.length(1)
  })

  it('throws TypeError for impossible options before anything starts', async () => {
    await using fixture = await makeFixture()
    const { sandbox, session } = fixture
    const wrong = [
      sandbox.exec([]),
      sandbox.exec('a\0b'),
      sandbox.exec('x', { timeoutMs: 0 }),
      sandbox.exec('x', { timeoutMs: 2 ** 31 }),
      sandbox.exec('x', { env: { 'A=B': '1' } }),
      sandbox.exec('x', { cwd: '' }),
      sandbox.exec('x', { maxOutputBytes: -1 }),
      sandbox.exec('x', { terminal: { columns: 0, rows: 1 } }),
    ]
    for (const outcome of await Promise.allSettled(wrong))
      expect(outcome).to.have.property('reason').that.is.instanceOf(TypeError)
    expect(session.processes).to.have.length(0)
  })
})
