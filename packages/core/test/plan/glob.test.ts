import { expect } from 'chai'
import {
  componentMatches,
  coveringLengths,
  globFault,
  globMatches,
  parseGlob,
  residuals,
} from '../../dist/plan/glob.js'
import { SeededRandom } from './seeded-random.ts'

const split = (path: string): string[] => path.split('/').filter((one) => one !== '')

/** The meaning of globs once more, in the plainest way: try everything. */
function slowMatches(glob: readonly string[], path: readonly string[]): boolean {
  const [first, ...rest] = glob
  if (first === undefined) return path.length === 0
  const [name, ...below] = path
  if (first === '**') {
    return slowMatches(rest, path) || (name !== undefined && slowMatches(glob, below))
  }
  return name !== undefined && slowComponent(first, name) && slowMatches(rest, below)
}

function slowComponent(pattern: string, name: string): boolean {
  if (pattern === '') return name === ''
  const rest = pattern.slice(1)
  if (pattern.startsWith('*')) {
    return slowComponent(rest, name) || (name !== '' && slowComponent(pattern, name.slice(1)))
  }
  const isSame = name !== '' && (pattern.startsWith('?') || pattern[0] === name[0])
  return isSame && slowComponent(rest, name.slice(1))
}

describe('glob', () => {
  const matches: readonly (readonly [string, string, boolean])[] = [
    ['.env', '.env', true],
    ['.env', 'a/.env', false],
    ['**/.env', '.env', true],
    ['**/.env', 'a/b/.env', true],
    ['**/.env', 'a/b/x.env', false],
    ['a/**/b', 'a/b', true],
    ['a/**/b', 'a/x/y/b', true],
    ['a/**/b', 'a/x/y/c', false],
    ['*', '.hidden', true],
    ['*.pem', 'a.pem', true],
    ['*.pem', 'a/b.pem', false],
    ['a?c', 'abc', true],
    ['a?c', 'ac', false],
    ['A', 'a', false],
    ['?', 'é', false],
    ['??', 'é', true],
    ['*', 'é', true],
    ['a*b*c', 'aXbXbc', true],
  ]
  for (const [glob, path, expected] of matches) {
    it(`${expected ? 'matches' : 'does not match'} ${path} by ${glob}`, () => {
      expect(globMatches(parseGlob(glob).components, split(path))).to.equal(expected)
    })
  }

  it('agrees with trying everything', () => {
    const random = new SeededRandom(7)
    const names = ['a', 'b', 'ab', 'ba', '.a']
    const parts = [...names, '**', '*', '?', 'a*', '*b', '?*']
    for (let round = 0; round < 5000; round += 1) {
      const glob = random.list(random.below(5), () => random.pick(parts))
      const path = random.list(random.below(5), () => random.pick(names))
      const label = `${glob.join('/')} and ${path.join('/')}`
      expect(globMatches(glob, path), label).to.equal(slowMatches(glob, path))
    }
  })

  it('leaves of a glob below a folder what the whole glob matches there', () => {
    const random = new SeededRandom(11)
    const names = ['a', 'b', 'c']
    const parts = [...names, '**', '*']
    for (let round = 0; round < 5000; round += 1) {
      const glob = random.list(1 + random.below(4), () => random.pick(parts))
      const folder = random.list(random.below(3), () => random.pick(names))
      const path = random.list(random.below(4), () => random.pick(names))
      const label = `${glob.join('/')} below ${folder.join('/')} for ${path.join('/')}`
      const rest = residuals(glob, folder).some((one) => globMatches(one, path))
      expect(rest, label).to.equal(globMatches(glob, [...folder, ...path]))
    }
  })

  it('names every leading part that it covers', () => {
    expect(coveringLengths(['**', '.git'], ['.git', 'x', '.git'])).to.deep.equal([1, 3])
    expect(coveringLengths(['a'], ['b'])).to.deep.equal([])
    expect(coveringLengths(['**'], ['b'])).to.deep.equal([0, 1])
  })

  it('does not take exponential time over many stars', () => {
    expect(componentMatches(`${'*a'.repeat(60)}b`, 'a'.repeat(200))).to.equal(false)
    const path = Array.from({ length: 400 }, () => 'a')
    expect(
      globMatches([...Array.from({ length: 8 }, () => ['**', 'a']).flat(), 'b'], path),
    ).to.equal(false)
  })

  it('drops a trailing `**` and joins neighbouring ones', () => {
    expect(parseGlob('a/**/**/b/**')).to.deep.equal({
      absolute: false,
      components: ['a', '**', 'b'],
    })
    expect(parseGlob('/work/x')).to.deep.equal({ absolute: true, components: ['work', 'x'] })
  })

  const faults: readonly (readonly [string, RegExp])[] = [
    ['', /must name something/],
    ['/', /must name something/],
    ['a//b', /empty component/],
    ['a/', /empty component/],
    ['../a', /`\.\.`/],
    ['./a', /`\.`/],
    ['a**', /whole component/],
    ['[ab]', /not supported/],
    ['{a,b}', /not supported/],
    ['!a', /not supported/],
    ['a\\b', /not supported/],
    ['~/x', /not expanded/],
    ['a\0b', /NUL/],
    ['a'.repeat(256), /255 bytes/],
    ['é'.repeat(128), /255 bytes/],
    ['a/'.repeat(70) + 'a', /64 components/],
    ['**/a/'.repeat(9) + 'a', /8 `\*\*`/],
    ['a'.repeat(1025), /1024 characters/],
  ]
  for (const [text, message] of faults) {
    it(`refuses ${JSON.stringify(text.slice(0, 20))}`, () => {
      expect(globFault(text)).to.match(message)
    })
  }

  for (const text of ['.env', '**/.env', '/work/*/x', 'a b', 'ü', '*.pem', '**']) {
    it(`takes ${JSON.stringify(text)}`, () => {
      expect(globFault(text)).to.equal(undefined)
    })
  }
})
