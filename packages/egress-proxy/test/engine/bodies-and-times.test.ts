import { expect } from 'chai'
import { Deadlines } from '../../dist/engine/deadlines.js'
import { boundedLocate } from '../../dist/engine/locator.js'
import { MeteredBody } from '../../dist/engine/metered-body.js'
import type { Body, BodySink } from '../../dist/http-message.js'

describe('deadlines', () => {
  it('tell once of what made no progress, and not of what did or is over', async () => {
    let now = 0
    const late: string[] = []
    const deadlines = new Deadlines(() => now)
    const begin = (name: string) => deadlines.start(100, () => late.push(name))
    begin('still')
    const moving = begin('moving')
    begin('over').done()
    now = 90
    moving.touch()
    now = 150
    await new Promise((resolve) => setTimeout(resolve, 300))
    expect(late).to.deep.equal(['still'])
    now = 1000
    await new Promise((resolve) => setTimeout(resolve, 300))
    expect(late).to.deep.equal(['still', 'moving'])
    deadlines.close()
  })

  it('forget everything when they are closed', async () => {
    let now = 0
    const late: string[] = []
    const deadlines = new Deadlines(() => now)
    deadlines.start(10, () => late.push('x'))
    deadlines.close()
    now = 1000
    await new Promise((resolve) => setTimeout(resolve, 300))
    expect(late).to.deep.equal([])
  })
})

describe('metered body', () => {
  function source(): { body: Body; sink: () => BodySink; cancelled: () => number } {
    let given: BodySink | null = null
    let cancelled = 0
    return {
      body: {
        length: null,
        start: (sink) => void (given = sink),
        pause: () => undefined,
        resume: () => undefined,
        cancel: () => void (cancelled += 1),
      },
      sink: () => given ?? expect.fail('nobody began to read'),
      cancelled: () => cancelled,
    }
  }
  function into(): { sink: BodySink; log: string[] } {
    const log: string[] = []
    return {
      log,
      sink: {
        data: (chunk) => void log.push(`data ${chunk.length}`),
        end: () => void log.push('end'),
        fail: () => void log.push('fail'),
      },
    }
  }

  it('counts before it passes on, and passes on nothing of what is refused', () => {
    const { body, sink, cancelled } = source()
    const { sink: to, log } = into()
    const overs: boolean[] = []
    let left = 10
    const metered = new MeteredBody(body, {
      onBytes: (count) => (left -= count) >= 0,
      onOver: (complete) => overs.push(complete),
    })
    expect(metered.started).to.equal(false)
    metered.start(to)
    expect(metered.started).to.equal(true)
    sink().data(Buffer.alloc(10))
    sink().data(Buffer.alloc(1))
    sink().data(Buffer.alloc(1))
    sink().end([])
    sink().fail(new Error('x'))
    expect(log).to.deep.equal(['data 10', 'fail'])
    expect(overs).to.deep.equal([false])
    expect(cancelled()).to.equal(1)
  })

  it('says once whether it was complete', () => {
    const { body, sink, cancelled } = source()
    const { sink: to, log } = into()
    const overs: boolean[] = []
    const metered = new MeteredBody(body, { onBytes: () => true, onOver: (one) => overs.push(one) })
    metered.start(to)
    sink().data(Buffer.alloc(3))
    sink().end([])
    metered.cancel()
    expect([log, overs, cancelled()]).to.deep.equal([['data 3', 'end'], [true], 0])
  })
})

describe('the bound on looking for who asked', () => {
  const peer = { protocol: 'tcp', address: '127.0.0.1', port: 1 } as const
  it('passes on what is found', async () => {
    expect(await boundedLocate(() => Promise.resolve('p1'))(peer)).to.equal('p1')
  })
  for (const [why, locate] of [
    ['fails', () => Promise.reject(new Error('x'))],
    [
      'throws',
      () => {
        throw new Error('x')
      },
    ],
    ['takes too long', () => new Promise<string>(() => undefined)],
  ] as const) {
    it(`says nobody when it ${why}`, async () => {
      expect(await boundedLocate(locate)(peer)).to.equal(null)
    })
  }
  it('looks for so many at once, and has room again afterwards', async () => {
    let running = 0
    const releases: (() => void)[] = []
    const locate = boundedLocate(() => {
      running += 1
      return new Promise((resolve) => releases.push(() => resolve('p')))
    })
    const all = Array.from({ length: 40 }, () => locate(peer))
    expect(running).to.equal(16)
    for (const release of releases) release()
    const found = await Promise.all(all)
    expect(found.filter((one) => one === 'p')).to.have.length(16)
    const again = locate(peer)
    releases.at(-1)?.()
    expect(await again).to.equal('p')
  })
})
