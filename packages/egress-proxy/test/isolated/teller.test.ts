import { expect } from 'chai'
import { setImmediate as turn, setTimeout as sleep } from 'node:timers/promises'
import type { Report } from '../../dist/isolated/messages.js'
import { Teller } from '../../dist/isolated/teller.js'

const usage = { allowed: 0, denied: 0, bytesOut: 0, bytesIn: 0, openConnections: 0 }
type Told = Extract<Report, { kind: 'told' }>

function made() {
  const told: Told[] = []
  let [overflows, bytesOut] = [0, 0]
  const teller = new Teller({
    send: (report) => void told.push(report as Told),
    usage: () => ({ ...usage, bytesOut }),
    onOverflow: () => {
      overflows += 1
    },
  })
  return {
    told,
    teller,
    overflows: () => overflows,
    spend: () => {
      bytesOut += 1
    },
  }
}

function log(teller: Teller, count: number): void {
  for (let number = 0; number < count; number += 1)
    teller.tell({ kind: 'log', message: `${number}` })
}

describe('what a proxy’s process tells', () => {
  it('goes in pieces, the next when the last was heard', async () => {
    const { told, teller } = made()
    log(teller, 600)
    await turn()
    const sizes = (): number[] => told.map(({ news }) => news.length)
    expect(sizes()).to.deep.equal([256])
    expect(teller.onHeard(256)).to.equal(true)
    expect(sizes()).to.deep.equal([256, 256])
    expect(teller.onHeard(512)).to.equal(true)
    expect(teller.onHeard(600)).to.equal(true)
    expect(sizes()).to.deep.equal([256, 256, 88])
    const all = told.flatMap(({ news }) => news.map((one) => 'message' in one && one.message))
    expect(all).to.deep.equal(Array.from({ length: 600 }, (_, number) => `${number}`))
    teller.close()
  })

  it('is told one piece at a time, of news and of figures alike', async () => {
    const { told, teller, spend } = made()
    spend()
    while (told.length === 0) await sleep(20)
    log(teller, 3)
    await turn()
    expect(told.map(({ news }) => news.length)).to.deep.equal([0])
    expect(teller.onHeard(0)).to.equal(true)
    expect(told.map(({ news }) => news.length)).to.deep.equal([0, 3])
    expect(teller.onHeard(0)).to.equal(false)
    expect(teller.onHeard(3)).to.equal(true)
    expect(teller.onHeard(3)).to.equal(false)
    teller.close()
  })

  it('is waited for', async () => {
    const { teller } = made()
    await teller.heard()
    log(teller, 1)
    let isHeard = false
    const waiting = teller.heard().then(() => {
      isHeard = true
    })
    await turn()
    expect(isHeard).to.equal(false)
    teller.onHeard(1)
    await waiting
    teller.close()
  })

  it('is not waited for without an end', async () => {
    const { teller } = made()
    log(teller, 1)
    await teller.heard()
    teller.close()
  })

  it('is not believed to be heard when it was not told', () => {
    const { teller } = made()
    expect(teller.onHeard(1)).to.equal(false)
    teller.close()
  })

  it('does not pile up without an end', async () => {
    const { teller, overflows } = made()
    log(teller, 65_536 + 256)
    expect(overflows()).to.be.greaterThan(0)
    await turn()
    teller.close()
  })
})
