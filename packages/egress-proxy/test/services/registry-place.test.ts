import { expect } from 'chai'
import { registryPlace } from '../../dist/services/registry-place.js'

const what = 'the registry'

describe('the address of a registry', () => {
  it('is taken apart, and loses the slash at its end', () => {
    expect(registryPlace('https://Npm.Acme.test:8443/api/npm/team/', { what })).to.deep.equal({
      host: 'npm.acme.test',
      port: 8443,
      protocol: 'https',
      path: '/api/npm/team',
    })
    expect(registryPlace('https://npm.test', { what })).to.include({ port: 443, path: '' })
  })

  it('may be plain HTTP only where what is fetched is signed', () => {
    const address = 'http://deb.test/debian'
    expect(() => registryPlace(address, { what })).to.throw(TypeError, 'must begin with https:')
    expect(registryPlace(address, { what, plain: true })).to.include({
      protocol: 'http-plain',
      port: 80,
    })
  })

  const refused: readonly (readonly [string, string, string])[] = [
    ['a user and a password', 'https://user:hunter2@npm.test/', 'a user or a password'],
    ['a token as user', 'https://hunter2@npm.test/', 'a user or a password'],
    ['a query', 'https://npm.test/?token=hunter2', 'a query or a fragment'],
    ['a fragment', 'https://npm.test/#hunter2', 'a query or a fragment'],
    ['another scheme', 'ftp://hunter2.test/', 'must begin with https:'],
    ['no address', 'hunter2', 'is no address'],
    ['an IPv4 address', 'https://10.0.0.1/hunter2', 'host name'],
    ['an IPv6 address', 'https://[::1]/hunter2', 'host name'],
    ['a star in the path', 'https://npm.test/hunter2/*/', 'may not hold `*`'],
    ['an escaped slash in the path', 'https://npm.test/hunter2%2fb', 'escape'],
    ['an empty segment', 'https://npm.test/hunter2//b', 'empty segments'],
    ['a very long one', `https://npm.test/hunter2${'a'.repeat(3000)}`, 'is no address'],
  ]
  for (const [title, address, words] of refused) {
    it(`is refused with ${title}, and not repeated`, () => {
      let message = ''
      try {
        registryPlace(address, { what })
      } catch (error) {
        if (error instanceof TypeError) message = error.message
      }
      expect(message)
        .to.include(words)
        .and.to.match(/^the registry: /)
      expect(message).not.to.include('hunter2')
    })
  }
})
