import { expect } from 'chai'
import type { FakeProcess } from './fake-process.ts'
import { failureOf, type Fixture, makeFixture } from './fixture.ts'
import type { SandboxProcess, SpawnOptions } from '@caisson/core'

interface Started {
  readonly process: SandboxProcess
  readonly fake: FakeProcess
}

async function start({ sandbox, session }: Fixture, options?: SpawnOptions): Promise<Started> {
  const process = await sandbox.spawn('x', options)
  const fake = session.processes.at(-1)
  if (fake === undefined) throw new Error('nothing was started')
  return { process, fake }
}

async function textOf(stream: ReadableStream<Uint8Array>): Promise<string> {
  let text = ''
  for await (const chunk of stream) text += new TextDecoder().decode(chunk)
  return text
}

/** Lets everything that can happen now happen. */
const settle = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 5))

describe('spawn', () => {
  it('streams exact bytes of both streams until every writer is gone', async () => {
    await using fixture = await makeFixture()
    const { process, fake } = await start(fixture)
    fake.emit('stdout', 'before')
    const [out, err] = [textOf(process.stdout), textOf(process.stderr)]
    fake.emit('stderr', 'oops')
    fake.exit()
    expect(await process.wait()).to.include({ exitCode: 0 })
    fake.emit('stdout', ', and from the background')
    fake.vanish()
    expect(await out).to.equal('before, and from the background')
    expect(await err).to.equal('oops')
  })

  it('gives credit back only as the reader reads, and at once for the other stream', async () => {
    await using fixture = await makeFixture()
    const { process, fake } = await start(fixture)
    const reader = process.stdout.getReader()
    fake.emit('stdout', 'aaaa')
    fake.emit('stdout', 'bb')
    fake.emit('stderr', 'unread')
    await settle()
    expect(fake.credit).to.deep.equal({ stdout: 0, stderr: 6 })
    await reader.read()
    await settle()
    expect(fake.credit.stdout).to.equal(4)
    await reader.cancel()
    expect(fake.credit.stdout).to.equal(6)
    fake.emit('stdout', 'ccc')
    expect(fake.credit.stdout).to.equal(9)
  })

  it('tells a reader that comes too late, rather than giving it a text with a hole', async () => {
    await using fixture = await makeFixture()
    const { process, fake } = await start(fixture, { maxOutputBytes: 4 })
    fake.emit('stdout', 'much more than four')
    const failure = await failureOf(textOf(process.stdout))
    expect(failure).to.include({ code: 'LIMIT' })
  })

  it('iterates over both streams in order, for one reader only', async () => {
    await using fixture = await makeFixture()
    const { process, fake } = await start(fixture)
    fake.emit('stdout', 'a')
    const seen: string[] = []
    const reading = (async () => {
      for await (const { stream, chunk } of process.output())
        seen.push(`${stream}:${new TextDecoder().decode(chunk)}`)
    })()
    await settle()
    fake.emit('stderr', 'b')
    fake.emit('stdout', 'c')
    fake.end()
    await reading
    expect(seen).to.deep.equal(['stdout:a', 'stderr:b', 'stdout:c'])
    expect(() => process.stdout).to.throw(TypeError, /reader already/)
  })

  it('writes stdin when it was piped, and has none otherwise', async () => {
    await using fixture = await makeFixture()
    const { process, fake } = await start(fixture, { stdin: 'pipe' })
    const writer = process.stdin?.getWriter()
    await writer?.write('text and ')
    await writer?.write(new TextEncoder().encode('bytes'))
    await writer?.close()
    expect(fake).to.include({ input: 'text and bytes', isStdinClosed: true })
    expect((await start(fixture)).process.stdin).to.equal(null)
    expect((await start(fixture)).fake.request.stdin).to.equal('none')
  })

  it('kills the tree by default, and signals the group otherwise', async () => {
    await using fixture = await makeFixture()
    const { process, fake } = await start(fixture)
    await process.kill('SIGINT')
    await process.kill()
    await settle()
    await process.kill()
    expect(fake.kills).to.deep.equal(['SIGINT group', 'SIGKILL tree'])
    expect(await process.wait()).to.include({ signal: 'SIGKILL' })
  })

  it('ends the tree when it is disposed of, whatever it left behind', async () => {
    await using fixture = await makeFixture()
    const { process, fake } = await start(fixture)
    fake.exit()
    await process.wait()
    await process[Symbol.asyncDispose]()
    expect(fake.kills).to.deep.equal(['SIGKILL tree'])
  })

  it('asks for a terminal with its size, and resizes only a terminal', async () => {
    await using fixture = await makeFixture()
    const { process, fake } = await start(fixture, { terminal: { columns: 80, rows: 24 } })
    expect(fake.request).to.deep.include({ terminal: { columns: 80, rows: 24 }, stdin: 'pipe' })
    process.resize({ columns: 100, rows: 30 })
    expect(fake.sizes).to.deep.equal([{ columns: 100, rows: 30 }])
    const plain = await start(fixture)
    expect(() => plain.process.resize({ columns: 1, rows: 1 })).to.throw(TypeError)
  })

  it('lists what runs, what left something behind, and nothing that is gone', async () => {
    await using fixture = await makeFixture()
    const { sandbox } = fixture
    const first = await start(fixture)
    const second = await start(fixture)
    expect(sandbox.processes.list().map(({ id }) => id)).to.deep.equal(['p1', 'p2'])
    expect(sandbox.processes.get('p2')).to.equal(second.process)
    first.fake.end()
    second.fake.exit()
    await settle()
    expect(sandbox.processes.list()).to.deep.equal([second.process])
    expect(second.process.exited).to.equal(true)
  })

  it('ends the whole sandbox when a killed tree cannot be killed', async () => {
    await using fixture = await makeFixture()
    const { fake } = await start(fixture, { timeoutMs: 10 })
    fake.kill = () => Promise.reject(new Error('no such luck'))
    const events: string[] = []
    for await (const event of fixture.sandbox.events()) events.push(event.type)
    expect(events).to.deep.equal(['end'])
    expect(fixture.session.closes).to.equal(1)
  })
})

describe('read of a process', () => {
  it('returns what came since a cursor', async () => {
    await using fixture = await makeFixture()
    const { process, fake } = await start(fixture)
    fake.emit('stdout', 'one ')
    fake.emit('stderr', 'two ')
    const first = await process.read()
    expect(first).to.deep.equal({
      cursor: 8,
      output: 'one two ',
      dropped: 0,
      exited: false,
      exitCode: null,
    })
    fake.emit('stdout', 'three')
    fake.end({ exitCode: 4 })
    await process.wait()
    const second = await process.read({ since: first.cursor })
    expect(second).to.include({ output: 'three', exited: true, exitCode: 4, cursor: 13 })
  })

  it('waits for something new, or for the end', async () => {
    await using fixture = await makeFixture()
    const { process, fake } = await start(fixture)
    const waiting = process.read({ waitMs: 60_000 })
    fake.emit('stdout', 'x')
    expect(await waiting).to.include({ output: 'x' })
    const ending = process.read({ since: 1, waitMs: 60_000 })
    fake.end()
    expect(await ending).to.include({ output: '', exited: true })
    expect(await process.read({ since: 1, waitMs: 60_000 })).to.include({ exited: true })
  })

  it('gives up waiting in time', async () => {
    await using fixture = await makeFixture()
    const { process } = await start(fixture)
    expect(await process.read({ waitMs: 10 })).to.include({ output: '', exited: false, cursor: 0 })
  })

  it('never cuts a character, and counts what is not kept', async () => {
    await using fixture = await makeFixture()
    const { process, fake } = await start(fixture, { maxOutputBytes: 8 })
    fake.emit('stdout', new TextEncoder().encode('é').slice(0, 1))
    expect(await process.read()).to.include({ output: '', cursor: 0 })
    fake.emit('stdout', new TextEncoder().encode('é').slice(1))
    const { cursor } = await process.read()
    fake.emit('stdout', '0123456789')
    expect(await process.read({ since: cursor })).to.include({ dropped: 4, cursor: 12 })
  })

  it('returns maxBytes at most, and goes on from there', async () => {
    await using fixture = await makeFixture()
    const { process, fake } = await start(fixture)
    fake.emit('stdout', 'a'.repeat(20))
    const first = await process.read({ maxBytes: 16 })
    expect(first).to.include({ cursor: 16, output: 'a'.repeat(16) })
    expect(await process.read({ since: 16, maxBytes: 16 })).to.include({ output: 'aaaa' })
  })
})

describe('streams of a sandbox that ends', () => {
  it('fail instead of looking complete', async () => {
    await using fixture = await makeFixture()
    const { process } = await start(fixture)
    const reading = failureOf(process.stdout.getReader().read())
    fixture.session.die({ reason: 'link-lost', detail: 'gone' })
    expect(await reading).to.include({ code: 'SANDBOX_ENDED' })
    expect(await failureOf(process.wait())).to.include({ code: 'SANDBOX_ENDED' })
  })
})
