import { expect } from 'chai'
import { NameAddresses } from '../../dist/resolve/name-addresses.js'

describe('NameAddresses', () => {
  it('gives exact names the first addresses, in sorted order', () => {
    const one = new NameAddresses(10, ['b.test', 'a.test', 'b.test'])
    expect(one.addressOf('b.test')).to.equal('127.64.0.2')
    expect(one.addressOf('a.test')).to.equal('127.64.0.1')
    expect(one.addressOf('c.test')).to.equal('127.64.0.3')
  })

  it('never changes an address, and tells the name of each', () => {
    const addresses = new NameAddresses(1000, [])
    const given = Array.from({ length: 600 }, (_none, at) => addresses.addressOf(`n${at}.test`))
    expect(new Set(given).size).to.equal(600)
    expect(given[255]).to.equal('127.64.1.0')
    for (const [at, address] of given.entries()) {
      expect(addresses.addressOf(`n${at}.test`)).to.equal(address)
      expect(addresses.nameOf(address ?? '')).to.equal(`n${at}.test`)
    }
  })

  it('gives nothing beyond its bound, and what it gave before', () => {
    const addresses = new NameAddresses(2, ['a.test', 'b.test', 'c.test'])
    expect(addresses.addressOf('c.test')).to.equal(null)
    expect(addresses.addressOf('__proto__')).to.equal(null)
    expect(addresses.addressOf('b.test')).to.equal('127.64.0.2')
  })

  const unknown = [
    '127.64.0.0',
    '127.64.0.2',
    '127.0.0.1',
    '127.128.0.1',
    '0.0.0.0',
    '::1',
    '',
    'a',
  ]
  for (const address of [...unknown, '127.64.1', '127.64.0.01', 'constructor', '255.255.255.255']) {
    it(`knows no name for ${JSON.stringify(address)}`, () => {
      expect(new NameAddresses(10, ['a.test']).nameOf(address)).to.equal(null)
    })
  }
})
