import { expect } from 'chai'
import { bubblewrap } from '../dist/index.js'

const refused: [title: string, options: object, message: RegExp][] = [
  ['an unknown option', { bwrap: '/usr/bin/bwrap' }, /unknown option bwrap; known are bwrapPath/],
  ['a relative path', { bwrapPath: 'bwrap' }, /bwrapPath is an absolute path/],
  ['a path with a NUL', { initPath: '/a\0b' }, /initPath is an absolute path/],
  ['a time that is not positive', { startTimeoutMs: 0 }, /startTimeoutMs/],
  ['a time that is no number', { startTimeoutMs: Number.NaN }, /startTimeoutMs/],
]

describe('bubblewrap options', () => {
  for (const [title, options, message] of refused)
    it(`refuse ${title}`, () => {
      expect(() => bubblewrap(options)).to.throw(TypeError, message)
    })

  it('may all be left out', () => {
    expect(bubblewrap()).to.include({ name: 'bubblewrap', isolation: 'process' })
  })
})
