import { rm } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { expect } from 'chai'
import { behaviours, createRunner, type Behaviour, type Verdict } from '@caisson/driver-conformance'
import { breakTable, type Sabotage } from './break-table.ts'
import { sweep, unsafeHostDriver, type UnsafeHostOptions } from './unsafe-host/driver.ts'

const owner = `test-${process.pid}`
const isRoot = process.getuid?.() === 0

/** What behaviours leave in the host's /tmp when nothing keeps them inside. */
const litter = ['/tmp/x', '/tmp/s', '/tmp/trait', '/tmp/trait-folder']

function run(
  behaviour: Behaviour,
  options: UnsafeHostOptions,
  create?: Sabotage['create'],
): Promise<Verdict> {
  const module = fileURLToPath(new URL('./unsafe-host/driver.js', import.meta.url))
  const elsewhere = {
    module,
    factory: 'unsafeHostDriver',
    options: { breaks: options.breaks, owner },
  }
  // A scripted driver answers the question for tools as it answers everything; the behaviour is run all the same.
  const subject: Behaviour = {
    ...behaviour,
    tools: [],
    timeoutMs: Math.min(behaviour.timeoutMs ?? 20_000, 30_000),
  }
  return createRunner(unsafeHostDriver({ ...options, owner }), {
    elsewhere,
    createSandbox: create,
  }).run(subject)
}

describe('behaviours', () => {
  afterEach('end and remove what was let out', async () => {
    await sweep(owner)
    await Promise.all(litter.map((path) => rm(path, { recursive: true, force: true })))
  })

  it('have unique ids, and titles that say what a driver does', () => {
    expect(new Set(behaviours.map(({ id }) => id)).size).to.equal(behaviours.length)
    for (const { title } of behaviours)
      expect(title)
        .to.match(/^[a-z][^.]+$/)
        .and.not.match(/\bshould\b/)
  })

  it('each have at least one way to be broken', () => {
    expect(Object.keys(breakTable).sort()).to.deep.equal(behaviours.map(({ id }) => id).sort())
  })

  it('that could harm the machine are broken by a driver that runs nothing', () => {
    for (const { id } of behaviours.filter(({ hazard }) => hazard === true)) {
      for (const { driver } of breakTable[id] ?? []) expect(driver.script, id).to.be.a('function')
    }
  })

  for (const behaviour of behaviours) {
    for (const sabotage of breakTable[behaviour.id] ?? []) {
      describe(`${behaviour.id}, broken by: ${sabotage.how}`, () => declare(behaviour, sabotage))
    }
  }
})

function declare(behaviour: Behaviour, sabotage: Sabotage): void {
  it('fails', async function () {
    this.timeout(60_000)
    const verdict = await run(behaviour, sabotage.driver, sabotage.create)
    if (verdict.status === 'skipped' && !isRoot) this.skip()
    expect(verdict.status).to.equal('broken')
  })
  if (!sabotage.isKeptOtherwise) return
  it('passes where nothing is broken', async function () {
    this.timeout(60_000)
    const { capabilities } = sabotage.driver
    const verdict = await run(behaviour, capabilities === undefined ? {} : { capabilities })
    if (verdict.status === 'broken') throw verdict.error
    expect(verdict.status).to.equal('kept')
  })
}
