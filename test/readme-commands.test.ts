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

/** For each program that the docs start: why a command of it would not work in this checkout, or null. */
const defects: Readonly<Record<string, (args: readonly string[]) => string | null>> = {
  npm: ([verb = '', name = '']) => {
    if (verb === 'install') return null
    const script = verb === 'run' ? name : verb
    return scripts[script] === undefined ? `no script ${script}` : null
  },
  node: ([file = '']) => (exists(file) ? null : `no file ${file}`),
  make: ([, folder = '']) => (exists(`${folder}/Makefile`) ? null : 'no Makefile'),
  npx: ([name = '']) => (exists(`node_modules/.bin/${name}`) ? null : `no program ${name}`),
}

function exists(path: string): boolean {
  return existsSync(join(root, path))
}

function defect(command: string): string | null {
  const [program = '', ...args] = command.split(' ')
  const check = defects[program]
  if (check !== undefined) return check(args)
  return exists(program) ? null : `no program ${program}`
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
