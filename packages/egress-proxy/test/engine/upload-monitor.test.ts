import { expect } from 'chai'
import { UploadMonitor } from '../../dist/engine/upload-monitor.js'

describe('the monitor of uploads', () => {
  it('says nothing of what is small, however it compares', () => {
    const monitor = new UploadMonitor(1000)
    expect(monitor.uploaded('a.test', 1)).to.equal(null)
    expect(monitor.uploaded('a.test', 999)).to.equal(null)
  })

  it('says when the first that goes to a host is large', () => {
    const monitor = new UploadMonitor(1000)
    expect(monitor.uploaded('a.test', 5000)).to.deep.equal({ bytes: 5000, usual: null })
  })

  it('says when much more goes than usual, and what was usual', () => {
    const monitor = new UploadMonitor(1000)
    for (let count = 0; count < 20; count += 1) monitor.uploaded('a.test', 200)
    expect(monitor.uploaded('a.test', 1500)).to.equal(null)
    const unusual = monitor.uploaded('a.test', 50_000)
    expect(unusual?.bytes).to.equal(50_000)
    expect(unusual?.usual).to.be.within(200, 600)
  })

  it('gets used to what is always large', () => {
    const monitor = new UploadMonitor(1000)
    monitor.uploaded('a.test', 100_000)
    expect(monitor.uploaded('a.test', 120_000)).to.equal(null)
  })

  it('keeps hosts apart', () => {
    const monitor = new UploadMonitor(1000)
    monitor.uploaded('a.test', 100_000)
    expect(monitor.uploaded('b.test', 100_000)).to.deep.equal({ bytes: 100_000, usual: null })
  })

  it('does not count requests without a body', () => {
    const monitor = new UploadMonitor(1000)
    for (let count = 0; count < 50; count += 1) monitor.uploaded('a.test', 0)
    expect(monitor.uploaded('a.test', 2000)).to.deep.equal({ bytes: 2000, usual: null })
  })
})
