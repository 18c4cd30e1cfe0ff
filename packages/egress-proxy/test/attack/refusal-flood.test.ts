import { expect } from 'chai'
import { Pace } from '../../dist/engine/pace.js'
import { credentials, dial, Line } from '../support/client.ts'
import { Proxied, settle } from '../support/proxied.ts'

describe('a flood of refusals', () => {
  it('has as many at once as a second allows, then one after the other, and a bounded queue', () => {
    let nowMs = 0
    const pace = new Pace(10, () => nowMs)
    expect(Array.from({ length: 12 }, () => pace.next())).to.deep.equal([
      ...Array.from({ length: 10 }, () => 0),
      100,
      200,
    ])
    while (pace.next() !== null) expect(nowMs).to.equal(0)
    nowMs = 100
    expect(pace.next()).to.equal(10_000)
    expect(pace.next()).to.equal(null)
    nowMs = 60_000
    expect(pace.next()).to.equal(0)
  })

  it('waits for its turn instead of filling the trail of the host', async () => {
    await using world = await Proxied.open({ limits: { refusalsPerSecond: 5 } })
    const line = new Line(await dial(world.door))
    const asked = `GET http://evil.test/ HTTP/1.1\r\nHost: evil.test\r\n${credentials(world.door)}\r\n`
    line.send(asked.repeat(100))
    await settle(() => world.decisions.length >= 5)
    for (let turn = 0; turn < 200; turn += 1) await new Promise((done) => setImmediate(done))
    expect(world.decisions.length).to.be.within(5, 20)
    line.destroy()
  })
})
