import { expect } from 'chai'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { readRepositoryFile, root } from './repository.ts'

/** `names/canonical-host` and the like, as the table writes them. */
function testFile(name: string): string {
  const [folder = '', ...rest] = name.split('/')
  if (folder === 'clients') return `test/${name}.test.ts`
  if (folder === 'test') return `${name}.test.ts`
  if (folder === 'behaviours')
    return `packages/driver-conformance/src/behaviours/${rest.join('/')}.ts`
  if (folder === 'policy') return `packages/core/test/${name}.test.ts`
  return `packages/egress-proxy/test/${name}.test.ts`
}

/** A requirement of the table: the files that hold it, with titles of tests in them. */
interface Requirement {
  readonly id: string
  readonly heldBy: string
}

const requirements: readonly Requirement[] = readRepositoryFile('SECURITY.md')
  .split('\n')
  .flatMap((line) => {
    const [, id = '', , heldBy = ''] = line.split('|').map((cell) => cell.trim())
    return /^[RC]\d\d$/.test(id) ? [{ id, heldBy }] : []
  })

/** Pairs of a file and a title: a title belongs to the last file before it. */
function claims({ heldBy }: Requirement): { file: string; title: string | null }[] {
  const found: { file: string; title: string | null }[] = []
  for (const [, file, title] of heldBy.matchAll(/`([a-z0-9]+\/[a-z0-9-]+)`|"([^"]{6,})"/g)) {
    if (file !== undefined) found.push({ file, title: null })
    else found.push({ file: found.at(-1)?.file ?? '', title: title ?? null })
  }
  return found
}

function numbered(letter: string, length: number): string[] {
  return Array.from({ length }, (_, index) => `${letter}${String(index + 1).padStart(2, '0')}`)
}

describe('the requirements of the way out', () => {
  it('are all listed, once', () => {
    const ids = [...numbered('R', 45), ...numbered('C', 15)]
    expect(requirements.map(({ id }) => id)).to.deep.equal(ids)
  })

  for (const requirement of requirements) {
    it(`${requirement.id} is held by tests that are there, or says why not`, () => {
      const found = claims(requirement)
      if (found.length === 0) expect(requirement.heldBy).to.match(/^Not held/)
      for (const { file, title } of found) {
        expect(existsSync(join(root, testFile(file))), file).to.equal(true)
        if (title !== null) expect(readRepositoryFile(testFile(file))).to.include(title)
      }
    })
  }
})
