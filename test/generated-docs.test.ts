import { bubblewrap } from '@caisson/bubblewrap'
import { behaviours } from '@caisson/driver-conformance'
import { expect } from 'chai'
import { regenerated, supportTable } from './generated-docs.ts'
import { readRepositoryFile } from './repository.ts'

/** A table as its cells: how the columns are padded is the formatter's business. */
function cells(markdown: string): string[][] {
  return markdown
    .split('\n')
    .filter((line) => line.startsWith('|') && !/^\|[\s|:-]+$/.test(line))
    .map((line) => line.split('|').map((cell) => cell.trim()))
}

describe('generated parts of README.md', () => {
  it('hold the support table that the conformance suite makes', () => {
    const page = readRepositoryFile('README.md')
    const [, shown = ''] =
      /<!-- conformance:begin -->([\s\S]*)<!-- conformance:end -->/.exec(page) ?? []
    const made = supportTable(behaviours, [bubblewrap()])
    expect(cells(shown), 'run `npm run docs:readme`').to.deep.equal(cells(made))
  })

  it('name an area for every promise', () => {
    const made = supportTable(behaviours, [bubblewrap()])
    const counted = [...made.matchAll(/(?:all (\d+)|of (\d+)) \|$/gm)]
    const total = counted.reduce((sum, [, all, of]) => sum + Number(all ?? of), 0)
    expect(total).to.equal(behaviours.filter(({ lacks }) => lacks === undefined).length)
    expect(total).to.be.greaterThan(50)
  })

  it('are put between markers and into fences, and nothing else is touched', () => {
    const page = [
      'a',
      '<!-- conformance:begin -->',
      'old',
      '<!-- conformance:end -->',
      '```ts p.ts#r',
      'old',
      '```',
      'z',
    ].join('\n')
    const made = regenerated(page, 'table', () => '// #region r\nnew\n// #endregion')
    expect(made.split('\n')).to.deep.equal([
      'a',
      '<!-- conformance:begin -->',
      '',
      'table',
      '<!-- conformance:end -->',
      '```ts p.ts#r',
      'new',
      '```',
      'z',
    ])
  })
})
