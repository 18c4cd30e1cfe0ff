import { expect } from 'chai'
import { absolutePath, nameFromInside, relativePath } from '../dist/inside-path.js'
import { sandboxThrow } from './rejection.ts'

describe('absolutePath', () => {
  for (const path of ['/', '/a/../b', '/ü', `/${'a'.repeat(4094)}`]) {
    it(`takes ${path.slice(0, 20)}`, () => {
      expect(absolutePath(path)).to.equal(path)
    })
  }
  for (const path of ['', 'a', './a', '/a\0', `/${'a'.repeat(4095)}`, `/${'ü'.repeat(2048)}`]) {
    it(`refuses ${JSON.stringify(path.slice(0, 20))} of ${path.length} characters`, () => {
      expect(() => absolutePath(path)).to.throw(TypeError)
    })
  }
})

describe('relativePath', () => {
  for (const path of ['a', 'a/b', '..a/b..']) {
    it(`takes ${path}`, () => {
      expect(relativePath(path)).to.equal(path)
    })
  }
  for (const path of ['', '.', '..', '/a', 'a/', 'a//b', 'a/../b', 'a/.', 'a\0']) {
    it(`refuses ${JSON.stringify(path)}`, () => {
      expect(() => relativePath(path)).to.throw(TypeError)
    })
  }
})

describe('nameFromInside', () => {
  it('refuses a name that is not UTF-8, with EILSEQ and the bytes shown', () => {
    const error = sandboxThrow(() => nameFromInside(Buffer.from([0x61, 0xff]), '/tmp'))
    expect([error.code, error.errno, error.path]).to.deep.equal(['FILE', 'EILSEQ', 'a\\xff'])
  })
})
