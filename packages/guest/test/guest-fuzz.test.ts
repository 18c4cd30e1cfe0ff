import { SandboxError, type DriverProcess } from '@caisson/core'
import { connectGuest, type GuestSession, type SetupOperation } from '@caisson/guest'
import { expect } from 'chai'
import type { Duplex } from 'node:stream'
import { HonestGuest } from './honest-guest.ts'
import { linkPair } from './link-pair.ts'
import { mutate } from './mutation.ts'
import { Prng } from './prng.ts'
import { plainOptions } from './scripted-session.ts'

const rounds = Number(process.env['CAISSON_FUZZ_ROUNDS'] ?? 400)
const firstSeed = Number(process.env['CAISSON_FUZZ_SEED'] ?? Date.now() % 1_000_000_000)
const overlay: Extract<SetupOperation, { kind: 'mount' }> = {
  kind: 'mount',
  index: 0,
  access: 'overlay',
  fileKind: 'directory',
  staged: '/s',
  target: '/w',
  upperBytes: 1,
  deny: [{ rule: 'deny[0]', components: ['x'] }],
  protect: [],
}
const plain = { environment: {}, workingDirectory: '/', stderr: 'pipe', terminal: null } as const

async function drain(source: AsyncIterable<unknown>): Promise<void> {
  for await (const item of source) expect(item).not.to.equal(undefined)
}

async function run(session: GuestSession, argv: readonly string[]): Promise<void> {
  const child = await session.spawn({ ...plain, argv, stdin: 'pipe' })
  watchCredit(child)
  await child.write(Buffer.alloc(70_000)).catch(expectSandboxError)
  child.closeStdin()
  await child.kill('SIGTERM', 'tree')
  await child.exited
}

/** Output that is not consumed stays below the window, whatever the guest does. */
function watchCredit(child: DriverProcess): void {
  const unread = { stdout: 0, stderr: 0 }
  child.onOutput((stream, chunk) => {
    unread[stream] += chunk.length
    if (unread[stream] > 262_144) throw new RangeError('more output than credit')
    if (unread[stream] < 100_000) return
    child.consumed(stream, unread[stream])
    unread[stream] = 0
  })
}

async function talk(connection: Duplex): Promise<void> {
  connection.on('error', expectSandboxError)
  connection.end(Buffer.alloc(90_000))
  await drain(connection).catch(expectSandboxError)
}

function expectSandboxError(error: unknown): void {
  if (SandboxError.is(error)) return
  // Node's streams say this by themselves when they are destroyed in the middle.
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  if (code !== 'ERR_STREAM_PREMATURE_CLOSE') throw error
}

function conversation(session: GuestSession): Promise<unknown>[] {
  const { fs, overlays } = session
  return [
    run(session, ['echo', 'hello']),
    run(session, ['cat']),
    fs.stat('/w/a', true),
    fs.list('/w'),
    fs.read('/w/a', 1_000_000),
    fs.write('/w/a', Buffer.alloc(600_000), { mode: 0o600, how: 'replace' }),
    fs.realPath('/w'),
    fs.remove('/w/a', true),
    drain(fs.tarOut('/w')),
    drain(fs.watch('/w', { recursive: true })),
    session.connect(80).then(talk),
    session.listeningPorts(),
    session.usage(),
    overlays?.changes('/w', 100) ?? Promise.resolve(),
    overlays?.read('/w', 'a', 100_000) ?? Promise.resolve(),
    overlays?.readLink('/w', 'l') ?? Promise.resolve(),
    overlays?.frozen(() => fs.readLink('/w/l')) ?? Promise.resolve(),
  ]
}

/** What one seed leads to: how the session ended, and what was told wrongly. */
async function round(seed: number, oneIn: number): Promise<string> {
  const random = new Prng(seed)
  const [host, guest] = linkPair()
  guest.on('error', () => undefined)
  let quiet = 0
  const honest = new HonestGuest(guest, (frame) => {
    quiet = 0
    const bytes = oneIn > 0 && random.chance(oneIn) ? mutate(frame, random) : [frame]
    for (const part of bytes) if (part.length > 0) guest.write(part)
  })
  host.on('data', () => {
    quiet = 0
  })
  // A guest that has nothing more to say hangs up, so that nothing waits for what a mutation swallowed.
  const hangUp = (): void => {
    quiet += 1
    if (quiet > 12) honest.peer.link.destroy()
    else setImmediate(hangUp)
  }
  const watched: SetupOperation = {
    ...overlay,
    index: 5,
    access: 'write',
    upperBytes: 0,
    target: '/x',
  }
  const options = { ...plainOptions(), operations: [overlay, watched], sentinel: true }
  const connecting = connectGuest(host, options)
  setImmediate(hangUp)
  let session: GuestSession
  try {
    session = await connecting
  } catch (error) {
    expectSandboxError(error)
    return 'refused'
  }
  const results = await Promise.allSettled(conversation(session))
  for (const result of results) {
    if (result.status === 'fulfilled') continue
    expectSandboxError(result.reason)
    if (oneIn === 0) throw new Error('an honest guest was refused', { cause: result.reason })
  }
  const end = await session.ended
  await session.close()
  expect(host.destroyed).to.equal(true)
  return end.reason
}

describe('the host against a guest that breaks the protocol', function () {
  this.timeout(600_000)

  it('has every conversation with a guest that keeps it', async () => {
    expect(await round(1, 0)).to.equal('link-lost')
  })

  it(`works on or ends the session, whatever comes (${rounds} rounds from seed ${firstSeed})`, async () => {
    const ends = new Map<string, number>()
    const before = process.memoryUsage().heapUsed
    for (let index = 0; index < rounds; index += 1) {
      const seed = firstSeed + index
      const end = await round(seed, 2 + (seed % 60)).catch((error: unknown) => {
        const repro = `CAISSON_FUZZ_SEED=${seed} CAISSON_FUZZ_ROUNDS=1 npx mocha packages/guest/dist-test/guest-fuzz.test.js`
        throw new Error(`seed ${seed}; repeat with: ${repro}`, { cause: error })
      })
      ends.set(end, (ends.get(end) ?? 0) + 1)
    }
    if (rounds < 100) return
    // A fuzzer that never breaks anything, or always, tests nothing.
    expect([...ends.keys()]).to.include.members(['refused', 'protocol', 'link-lost'])
    expect(process.memoryUsage().heapUsed - before).to.be.lessThan(256 * 1_048_576)
  })
})
