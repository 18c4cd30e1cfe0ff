import { expect } from 'chai'
import { execFile } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { readRepositoryFile, root } from './repository.ts'

const examples = readdirSync(join(root, 'examples'))
  .filter((file) => file.endsWith('.ts'))
  .map((file) => file.replace(/\.ts$/, ''))

describe('examples', function () {
  this.timeout(120_000)

  it('are there', () => {
    expect(examples).to.include.members(['tour', 'quick-start'])
  })

  for (const example of examples) {
    const why = process.platform === 'linux' ? '' : ' (skipped: bubblewrap needs Linux)'
    it(`${example} runs to its end${why}`, async function () {
      if (why !== '') this.skip()
      const program = join(root, 'examples', 'dist', `${example}.js`)
      // Rejects, with what was printed, when the program exits with anything but 0.
      const { stdout } = await promisify(execFile)(process.execPath, [program], { cwd: root })
      expect(stdout).to.not.equal('')
      if (example !== 'files-api') return
      const last = stdout.trimEnd().split('\n').slice(-2)
      expect(last.at(-1)).to.match(/^0 of [1-9]\d* attacks got through$/)
      // The page shows what the program prints.
      expect(readRepositoryFile('README.md')).to.include(last.join('\n'))
    })
  }
})
