import { expect } from 'chai'
import type { Report } from '../../dist/isolated/messages.js'
import { OrderService } from '../../dist/isolated/serve-orders.js'

class Process {
  readonly reports: Report[] = []
  died = 0
  readonly service = new OrderService({
    send: (report) => void this.reports.push(report),
    sendLast: (report) => void this.reports.push(report),
    die: () => {
      this.died += 1
    },
  })

  async order(message: unknown): Promise<Report | undefined> {
    const { length } = this.reports
    this.service.take(message, null)
    for (let turn = 0; turn < 1000 && this.reports.length === length && this.died === 0; turn += 1)
      await new Promise((resolve) => setImmediate(resolve))
    return this.reports.find(({ kind }) => kind === 'done' || kind === 'failed')
  }
}

const options = {
  plain: {},
  policy: {},
  audit: null,
  telemetry: false,
  calls: [],
  providers: [],
}

describe('a proxy’s process', () => {
  const nonsense: readonly [what: string, message: unknown][] = [
    ['nothing', undefined],
    ['an unknown order', { kind: 'eval', id: 1 }],
    ['an order without its parts', { kind: 'update', id: 1 }],
    ['a number that is none', { kind: 'close', id: -1 }],
    ['to rotate nothing', { kind: 'rotate', id: 1 }],
    ['to revoke with more', { kind: 'revoke', id: 1, credential: 'key', why: 'x' }],
    ['what it never told', { kind: 'heard', upTo: 5 }],
    [
      'a function that there is not',
      { kind: 'create', id: 1, options: { ...options, calls: ['x'] } },
    ],
  ]
  for (const [what, message] of nonsense) {
    it(`ends when it is told ${what}`, async () => {
      const process = new Process()
      await process.order(message)
      expect(process.died).to.equal(1)
    })
  }

  it('carries out nothing before a proxy is made', async () => {
    const process = new Process()
    expect(await process.order({ kind: 'update', id: 4, policy: {} })).to.include({
      kind: 'failed',
      id: 4,
    })
  })

  it('takes no socket that did not come', async () => {
    const process = new Process()
    await process.order({ kind: 'create', id: 1, options })
    process.reports.length = 0
    const door = null
    const report = await process.order({ kind: 'attend', id: 2, door })
    expect(report).to.deep.include({ kind: 'failed', id: 2 })
    await process.order({ kind: 'close', id: 3 })
  })

  it('is made once', async () => {
    const process = new Process()
    await process.order({ kind: 'create', id: 1, options })
    process.reports.length = 0
    expect(await process.order({ kind: 'create', id: 2, options })).to.include({ kind: 'failed' })
    await process.order({ kind: 'close', id: 3 })
  })
})
