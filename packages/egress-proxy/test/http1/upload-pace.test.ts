import { expect } from 'chai'
import { UploadPace } from '../../dist/http1/upload-pace.js'

describe('UploadPace', () => {
  const bounds = { bytesPerSecond: 64, idleMs: 300_000 }

  it('has patience for thirty seconds, then wants the least speed', () => {
    const pace = new UploadPace(bounds, 0)
    pace.moved(10)
    pace.passed(30_000, true)
    expect(pace.isTooSlow).to.equal(false)
    pace.passed(30_001, true)
    expect(pace.isTooSlow).to.equal(true)
    pace.moved(64 * 30)
    expect(pace.isTooSlow).to.equal(false)
  })

  it('does not count the time in which nobody wanted to read', () => {
    const pace = new UploadPace(bounds, 0)
    pace.passed(10_000, true)
    pace.passed(900_000, false)
    pace.passed(910_000, true)
    expect(pace.isTooSlow).to.equal(false)
  })

  it('wants something to move', () => {
    const pace = new UploadPace({ bytesPerSecond: 0, idleMs: 100 }, 0)
    pace.passed(60, true)
    pace.moved(1)
    pace.passed(150, true)
    pace.passed(250, true)
    expect(pace.isTooSlow).to.equal(false)
    pace.passed(251, true)
    expect(pace.isTooSlow).to.equal(true)
  })
})
