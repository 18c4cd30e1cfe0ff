import { expect } from 'chai'
import { existsSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import { anchors, fences, links, region } from './markdown.ts'
import { packageNames, readRepositoryFile, root } from './repository.ts'

const pages = [
  'README.md',
  'ARCHITECTURE.md',
  'SECURITY.md',
  'CONTRIBUTING.md',
  'CHANGELOG.md',
  'packages/egress-proxy/ARCHITECTURE.md',
  'packages/guest/PROTOCOL.md',
  ...packageNames().map((name) => `packages/${name}/README.md`),
]

/** Where a link of a page leads: a path from the root, and an anchor. */
function resolved(page: string, link: string): { path: string; anchor: string | undefined } {
  const [path = '', anchor] = link.split('#')
  return { path: path === '' ? page : normalize(join(dirname(page), path)), anchor }
}

function isDead(page: string, link: string): boolean {
  const { path, anchor } = resolved(page, link)
  if (path.startsWith('..') || !existsSync(join(root, path))) return true
  return anchor !== undefined && !anchors(readRepositoryFile(path)).includes(anchor)
}

describe('docs', () => {
  for (const page of pages) {
    it(`${page}: every link inside the repository leads somewhere`, () => {
      const inside = links(readRepositoryFile(page)).filter((link) => !/^https?:/.test(link))
      expect(inside.filter((link) => isDead(page, link))).to.deep.equal([])
    })

    it(`${page}: every TypeScript block is the region of a program that is compiled and run`, () => {
      const blocks = fences(readRepositoryFile(page)).filter(({ language }) => language === 'ts')
      for (const { tag, text } of blocks) {
        const [path = '', name = ''] = tag.split('#')
        expect(path, `a block without a source:\n${text}`).to.match(/^(examples|packages)\/.+\.ts$/)
        expect(text, tag).to.equal(region(readRepositoryFile(path), name))
      }
    })
  }

  it('README.md shows a first program', () => {
    const tags = fences(readRepositoryFile('README.md')).map(({ tag }) => tag)
    expect(tags).to.include('examples/quick-start.ts#quick-start')
  })

  for (const page of ['ARCHITECTURE.md', 'packages/egress-proxy/ARCHITECTURE.md']) {
    it(`${page} can be read in one sitting`, () => {
      expect(readRepositoryFile(page).split('\n').length).to.be.at.most(200)
    })
  }
})

describe('markdown', () => {
  it('tells a fence, its language and its source', () => {
    expect(fences('a\n```ts a/b.ts#c\nlet d\n```\n```sh\ne\n```\n')).to.deep.equal([
      { language: 'ts', tag: 'a/b.ts#c', text: 'let d\n' },
      { language: 'sh', tag: '', text: 'e\n' },
    ])
  })

  it('finds a region and takes its indentation away', () => {
    expect(region('{\n  // #region a\n  b\n    c\n  // #endregion\n}', 'a')).to.equal('b\n  c\n')
    expect(region('nothing', 'a')).to.equal(null)
  })

  it('finds links in prose only', () => {
    expect(links('[a](b.md) `[c](d.md)`\n```\n[e](f.md)\n```\n')).to.deep.equal(['b.md'])
  })

  it('gives headings the anchors that GitHub gives them', () => {
    expect(anchors("# One `two`\n## What's here?\n")).to.deep.equal(['one-two', 'whats-here'])
  })
})
