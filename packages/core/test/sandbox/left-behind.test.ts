import type { Denial } from '@caisson/core'
import { expect } from 'chai'
import type { FakeProcess } from './fake-process.ts'
import { makeReachingFixture, type ReachingFixture } from './fixture.ts'

/** Starts a command that runs until the test ends it. */
async function start({ sandbox, session }: ReachingFixture): Promise<FakeProcess> {
  await sandbox.spawn('x')
  const process = session.processes.at(-1)
  if (process === undefined) throw new Error('nothing was started')
  return process
}

const targets = (denials: readonly Denial[] = []): string[] => denials.map(({ target }) => target)

describe('a refusal of which nobody knows who asked', () => {
  it('is not laid at the door of a command while another has left something running', async () => {
    await using fixture = await makeReachingFixture()
    const told: (string | null)[] = []
    fixture.sandbox.on('denial', ({ processId }) => told.push(processId))
    const [left, running] = [await start(fixture), await start(fixture)]
    const [, second] = fixture.sandbox.processes.list()
    // It exits, and what it started in the background goes on and asks.
    left.exit()
    fixture.egress.decide()
    running.end()
    expect(targets((await second?.wait())?.denials)).to.deep.equal([])
    expect(told).to.deep.equal([null])
  })

  it('is not laid at the door of a command that follows at once: what the last one sent may come late', async () => {
    await using fixture = await makeReachingFixture()
    const last = await start(fixture)
    const [first] = fixture.sandbox.processes.list()
    last.end()
    await first?.wait()
    const next = await start(fixture)
    const second = fixture.sandbox.processes.list().at(-1)
    fixture.egress.decide()
    next.end()
    expect(targets((await second?.wait())?.denials)).to.deep.equal([])
  })
})
