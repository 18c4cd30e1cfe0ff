import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect } from 'chai'
import { hostDir, makeFixture } from '../sandbox/fixture.ts'

/** The targets of what is told when a command says that these paths are missing. */
async function toldMissing(paths: readonly string[]): Promise<readonly string[]> {
  await using fixture = await makeFixture()
  fixture.session.script = (process) => {
    for (const path of paths) process.emit('stderr', `cat: ${path}: No such file or directory\n`)
    process.end({ exitCode: 1 })
  }
  return (await fixture.sandbox.exec('x')).denials.map(({ target }) => target)
}

describe('the question whether the host has a path', () => {
  it('is asked about files, and not about processes, devices or automounts', async () => {
    await using host = await hostDir()
    await mkdir(join(host.path, 'there'))
    await writeFile(join(host.path, 'there/f'), '')
    const there = join(host.path, 'there/f')
    expect(
      await toldMissing([there, '/proc/1/stat', '/sys/kernel', '/dev/null', '/run']),
    ).to.deep.equal([there])
  })
})
