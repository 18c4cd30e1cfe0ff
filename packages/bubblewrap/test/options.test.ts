import { expect } from 'chai'
import { bubblewrap, createSandbox, SandboxError } from '../dist/index.js'

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

describe('createSandbox of bubblewrap', () => {
  it('refuses a driver: what was asked for is never another one in silence', async () => {
    const options = { policy: {}, driver: bubblewrap({ bwrapPath: '/nowhere/bwrap' }) }
    const error: unknown = await createSandbox(options).catch((caught: unknown) => caught)
    expect(error).to.be.instanceOf(TypeError)
    expect(String(error)).to.include('import it from @caisson/core')
  })

  it('gives what it rejects with a code that this package can test', async () => {
    const error: unknown = await createSandbox({
      policy: {},
      bubblewrap: { bwrapPath: '/nowhere/bwrap' },
    }).catch((caught: unknown) => caught)
    expect(SandboxError.is(error) && error.code).to.equal('DRIVER_UNAVAILABLE')
  })
})
