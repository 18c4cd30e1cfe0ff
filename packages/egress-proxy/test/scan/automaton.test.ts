import { expect } from 'chai'
import * as fc from 'fast-check'
import { Automaton } from '../../dist/scan/automaton.js'

const letters = fc.constantFrom(...'abAB%1'.split(''))
const text = fc.array(letters, { minLength: 3, maxLength: 9 }).map((list) => list.join(''))
const texts = fc.uniqueArray(text, {
  minLength: 1,
  maxLength: 12,
  selector: (entry) => entry.toLowerCase(),
})

/** Every place behind which some text ends, with the longest one. */
function naive(patterns: readonly string[], stream: string): string[] {
  const found: string[] = []
  for (let end = 1; end <= stream.length; end += 1) {
    const ending = patterns
      .map((pattern, index) => ({ pattern, index }))
      .filter(({ pattern }) => stream.slice(0, end).toLowerCase().endsWith(pattern.toLowerCase()))
      .sort((one, other) => other.pattern.length - one.pattern.length)
    if (ending.length > 0) found.push(`${end}:${ending.map(({ index }) => index).join()}`)
  }
  return found
}

function scanned(patterns: readonly string[], pieces: readonly string[]): string[] {
  const automaton = new Automaton(patterns.map((pattern) => Buffer.from(pattern)))
  const cursor = { state: 0 }
  const found: string[] = []
  let before = 0
  for (const piece of pieces) {
    const chunk = Buffer.from(piece)
    let at = automaton.find(cursor, chunk, 0)
    while (at >= 0) {
      found.push(`${before + at}:${[...automaton.endings(cursor.state)].join()}`)
      expect(automaton.longest(cursor.state)).to.equal([...automaton.endings(cursor.state)][0])
      at = automaton.find(cursor, chunk, at)
    }
    before += chunk.length
  }
  return found
}

function cut(stream: string, places: readonly number[]): string[] {
  const sorted = [...new Set(places.map((place) => place % (stream.length + 1)))].sort(
    (one, other) => one - other,
  )
  const pieces: string[] = []
  let from = 0
  for (const to of [...sorted, stream.length]) {
    pieces.push(stream.slice(from, to))
    from = to
  }
  return pieces
}

describe('Automaton', () => {
  it('finds what a naive search finds, however the stream is cut', () => {
    const stream = fc.array(fc.constantFrom(...'abAB%1xyz'.split('')), { maxLength: 120 })
    fc.assert(
      fc.property(texts, stream, fc.array(fc.nat(200)), (patterns, noise, places) => {
        const planted = `${noise.join('')}${patterns[0]}${noise.join('').slice(0, 20)}`
        expect(scanned(patterns, cut(planted, places))).to.deep.equal(naive(patterns, planted))
      }),
      { numRuns: 400, seed: 41 },
    )
  })

  it('finds texts of any bytes and lengths in large streams', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.uint8Array({ minLength: 6, maxLength: 60 }), {
          minLength: 1,
          maxLength: 40,
          selector: (entry) => Buffer.from(entry).toString('latin1').toLowerCase(),
        }),
        fc.array(fc.nat(), { minLength: 1, maxLength: 20 }),
        fc.nat(30),
        (patterns, order, gap) => {
          const stream = Buffer.concat(
            order.flatMap((at) => [
              Buffer.alloc(gap, at & 255),
              patterns[at % patterns.length] ?? Buffer.alloc(0),
            ]),
          )
          const automaton = new Automaton(patterns)
          const cursor = { state: 0 }
          const found = new Set<number>()
          let at = automaton.find(cursor, stream, 0)
          while (at >= 0) {
            for (const index of automaton.endings(cursor.state)) found.add(index)
            at = automaton.find(cursor, stream, at)
          }
          for (const planted of order) expect(found).to.include(planted % patterns.length)
        },
      ),
      { numRuns: 200, seed: 42 },
    )
  })

  it('says how many bytes at the end a text may have begun with, and none for ordinary text', () => {
    const automaton = new Automaton([Buffer.from('secret-one'), Buffer.from('et-two')])
    const depthOf = (stream: string): number => {
      const cursor = { state: 0 }
      let at = 0
      while (at >= 0) at = automaton.find(cursor, Buffer.from(stream), at)
      return automaton.depth(cursor.state)
    }
    const cases: readonly (readonly [string, number])[] = [
      ['nothing of the kind', 0],
      ['a secret-on', 9],
      ['a SECRET-on', 9],
      ['a secret-x', 0],
      ['a secret-tw', 5],
      ['a secret', 6],
      ['a secret-two', 6],
      ['se', 2],
    ]
    for (const [stream, depth] of cases) expect(depthOf(stream), stream).to.equal(depth)
  })

  it('refuses texts that are too short, and too many bytes of them', () => {
    expect(() => new Automaton([Buffer.from('ab')])).to.throw(RangeError)
    expect(() => new Automaton([Buffer.alloc(4_194_305, 7)])).to.throw(RangeError)
  })

  it('finds nothing when it looks for nothing', () => {
    const automaton = new Automaton([])
    expect(automaton.find({ state: 0 }, Buffer.alloc(100_000, 'secret'), 0)).to.equal(-1)
  })
})
