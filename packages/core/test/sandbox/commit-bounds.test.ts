import { readdirSync } from 'node:fs'
import { mkdir, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { expect } from 'chai'
import { hostDir, makeFixture } from './fixture.ts'

const at = '/work/repo'

describe('a commit', () => {
  it('carries over no more bytes in all than the overlay may hold', async () => {
    await using host = await hostDir()
    const mounts = [{ source: host.path, target: at, access: 'overlay' as const }]
    await using fixture = await makeFixture({ filesystem: { mounts }, resources: { diskMiB: 1 } })
    // As many links to one file let a small overlay say.
    const data = 'x'.repeat(400 * 1024)
    for (const path of ['a', 'b', 'c']) fixture.session.overlays.put(at, { path, data })
    const report = await fixture.sandbox.commit()
    expect(report.committed.map(({ path }) => path)).to.deep.equal(['a', 'b'])
    expect(report.skipped[0]?.why).to.match(/too large/)
    expect(await readdir(host.path)).to.have.members(['a', 'b'])
  })

  it('holds few descriptors open, however deep a change lies', async () => {
    await using host = await hostDir()
    const deep = Array.from({ length: 200 }, () => 'd').join('/')
    await mkdir(join(host.path, deep), { recursive: true })
    await using fixture = await makeFixture({
      filesystem: { mounts: [{ source: host.path, target: at, access: 'overlay' }] },
    })
    fixture.session.overlays.put(at, { path: `${deep}/f`, data: '1' })
    let most = 0
    const timer = setInterval(() => {
      most = Math.max(most, readdirSync('/proc/self/fd').length)
    }, 0)
    const report = await fixture.sandbox.commit()
    clearInterval(timer)
    expect(report.committed).to.have.length(1)
    expect(most).to.be.within(1, 150)
  })
})
