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

  it('belongs to the command that is alone, its background included', async () => {
    await using fixture = await makeReachingFixture()
    const running = await start(fixture)
    const [only] = fixture.sandbox.processes.list()
    fixture.egress.decide()
    running.end()
    expect(targets((await only?.wait())?.denials)).to.deep.equal(['GET evil.example/a'])
  })
})
