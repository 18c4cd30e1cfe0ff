import { expect } from 'chai'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { fences } from './markdown.ts'
import { readRepositoryFile, root } from './repository.ts'

const { scripts } = JSON.parse(readRepositoryFile('package.json')) as {
  scripts: Readonly<Record<string, string>>
}

/** Commands of the shell blocks of a page, without comments. */
function commands(page: string): string[] {
  return fences(readRepositoryFile(page))
    .filter(({ language }) => language === 'sh')
    .flatMap(({ text }) => text.split('\n'))
    .map((line) => line.replace(/\s+#.*$/, '').trim())
    .filter((line) => line !== '' && !line.startsWith('#'))
}

/** Why a command of the docs would not work in this checkout, or null. */
function defect(command: string): string | null {
  const [program = '', first = '', second = ''] = command.split(' ')
  if (program === 'npm' && (first === 'test' || first === 'start')) return missing(first)
  if (program === 'npm' && first === 'run') return missing(second)
  if (program === 'npm' && first === 'install') return null
  if (program === 'node') return existsSync(join(root, first)) ? null : `no file ${first}`
  if (program === 'make') return existsSync(join(root, second, 'Makefile')) ? null : 'no Makefile'
  if (program === 'git' || program === 'npx' || program === 'cd') return null
  return existsSync(join(root, program)) ? null : `no program ${program}`
}

function missing(script: string): string | null {
  return scripts[script] === undefined ? `no script ${script}` : null
}

describe('commands in the docs', () => {
  for (const page of ['README.md', 'CONTRIBUTING.md']) {
    it(`${page} names only commands that exist`, () => {
      const found = commands(page)
      expect(found.length).to.be.greaterThan(0)
      expect(found.map((command) => [command, defect(command)])).to.deep.equal(
        found.map((command) => [command, null]),
      )
    })
  }

  it('README.md names the two that a newcomer needs', () => {
    expect(commands('README.md')).to.include.members(['npm test', 'npm start'])
  })

  it('.ci/run starts with the command that README.md names', () => {
    expect(readRepositoryFile('.ci/run')).to.match(/\bnpm test\n/)
  })
})

describe('scripts/setup.mjs', () => {
  it('runs before everything that a newcomer runs', () => {
    for (const script of ['start', 'test', 'bench']) {
      expect(scripts[script], script).to.match(/^node scripts\/setup\.mjs/)
    }
  })
})
