import { expect } from 'chai'
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { root } from './repository.ts'

function check(environment: Record<string, string | undefined>) {
  const script = join(root, 'scripts', 'setup.mjs')
  return spawnSync(process.execPath, [script, '--check'], {
    env: { ...process.env, ...environment },
    encoding: 'utf8',
  })
}

describe('scripts/setup.mjs', () => {
  it('says nothing on a machine that has everything', () => {
    const { status, stdout, stderr } = check({})
    expect([status, stdout, stderr]).to.deep.equal([0, '', ''])
  })

  it('names what is missing and what it is for', function () {
    if (process.platform !== 'linux') this.skip()
    const { status, stdout } = check({ PATH: '/nonexistent' })
    expect(status).to.equal(1)
    expect(stdout).to.match(/missing bubblewrap: .+/)
    expect(stdout).to.match(/missing gcc: .+/)
  })
})
