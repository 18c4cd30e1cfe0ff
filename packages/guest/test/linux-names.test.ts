import { expect } from 'chai'
import { constants } from 'node:os'
import { errno, errnoName } from '../dist/errno.js'
import { signalName, signalNumber } from '../dist/signals.js'

describe('errnoName', () => {
  it('gives a number without a name a name that tells it', () => {
    expect([errnoName(2), errnoName(4000)]).to.deep.equal(['ENOENT', 'E4000'])
  })

  it('agrees with the kernel that these tests run on', function () {
    if (process.platform !== 'linux') this.skip()
    const different = Object.entries(constants.errno).filter(
      ([name, number]) => errnoName(number) !== name && errnoName(number) !== `E${number}`,
    )
    // Linux gives some numbers two names.
    const aliases = new Set(['EWOULDBLOCK', 'ENOTSUP', 'EDEADLOCK'])
    expect(different.filter(([name]) => !aliases.has(name))).to.deep.equal([])
    expect(errnoName(errno.ETIMEDOUT)).to.equal('ETIMEDOUT')
  })
})

describe('signals', () => {
  it('agree with the kernel that these tests run on', function () {
    if (process.platform !== 'linux') this.skip()
    const aliases = new Set(['SIGIOT', 'SIGPOLL', 'SIGUNUSED'])
    for (const [name, number] of Object.entries(constants.signals)) {
      if (aliases.has(name)) continue
      expect(signalNumber(name), name).to.equal(number)
      expect(signalName(number)).to.equal(name)
    }
  })

  it('name real-time signals by their number, both ways', () => {
    expect([signalName(40), signalNumber('SIG40')]).to.deep.equal(['SIG40', 40])
  })

  for (const name of ['', 'TERM', 'sigterm', 'SIG0', 'SIG31', 'SIG65', 'SIGNOPE', 'toString']) {
    it(`refuse '${name}'`, () => {
      expect(() => signalNumber(name)).to.throw(TypeError)
    })
  }
})
