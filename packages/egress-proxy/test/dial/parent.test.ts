import { inspect } from 'node:util'
import { expect } from 'chai'
import { Parent } from '../../dist/dial/parent.js'

describe('Parent', () => {
  const good: [url: string, kind: string, host: string, port: number][] = [
    ['http://proxy.test:3128', 'http', 'proxy.test', 3128],
    ['http://proxy.test', 'http', 'proxy.test', 80],
    ['https://proxy.test/', 'https', 'proxy.test', 443],
    ['socks5://proxy.test', 'socks5', 'proxy.test', 1080],
    ['socks5h://PROXY.test:1', 'socks5', 'proxy.test', 1],
    ['http://[::1]:3128', 'http', '::1', 3128],
    ['socks5://[2001:db8::1]', 'socks5', '2001:db8::1', 1080],
    ['socks5://127.0.0.1:9', 'socks5', '127.0.0.1', 9],
  ]
  for (const [url, kind, host, port] of good) {
    it(`reads ${url}`, () => {
      const { kind: k, host: h, port: p } = new Parent(url)
      expect([k, h, p]).to.deep.equal([kind, host, port])
    })
  }

  it('decodes the login', () => {
    const parent = new Parent('http://us%40er:p%3A%C3%A4%2Fss@proxy.test:3128')
    expect(parent.login()).to.deep.equal({ user: 'us@er', password: 'p:ä/ss' })
    const encoded = Buffer.from('us@er:p:ä/ss').toString('base64')
    expect(parent.authorization()).to.equal(`Basic ${encoded}`)
    expect(new Parent('http://proxy.test').authorization()).to.equal(null)
  })

  it('shows the login to nobody who looks at it', () => {
    const parent = new Parent('http://user:hunter2@proxy.test:3128')
    const seen = [
      inspect(parent, { showHidden: true, depth: null, getters: true }),
      JSON.stringify(parent),
      JSON.stringify(Object.entries(parent)),
    ].join('\n')
    expect(seen).not.to.match(/hunter2|user:/)
    expect(seen).not.to.contain(Buffer.from('user:hunter2').toString('base64'))
  })

  const bad: [option: unknown, message: string, why: string][] = [
    ['', 'not a URL', 'empty'],
    ['proxy.test:3128', 'upstream:', 'no scheme'],
    ['//proxy.test:3128', 'not a URL', 'no scheme'],
    ['ftp://proxy.test', 'the scheme', 'a scheme that is no proxy'],
    ['socks4://proxy.test', 'the scheme', 'SOCKS4 knows no login and no IPv6'],
    ['http://hunter2@proxy.test/path', 'must end after the port', 'a path'],
    ['http://proxy.test?hunter2', 'must end after the port', 'a query'],
    ['http://proxy.test#hunter2', 'must end after the port', 'a fragment'],
    ['http://u:hunter2@proxy.test:0', 'the port', 'port 0'],
    ['http://u:hunter2@proxy.test:99999', 'not a URL', 'a port too large'],
    ['socks5://u:hunter2@-proxy.test', 'the host', 'no host name'],
    ['socks5://u:hunter2@127.1', 'the host', 'an odd spelling of an address'],
    ['socks5://', 'the host', 'no host'],
    ['http://u:hunter2%0d%0aX@proxy.test', 'the login', 'a line break in the password'],
    ['http://u%00:hunter2@proxy.test', 'the login', 'NUL in the user'],
    ['http://u:hunter2%ff@proxy.test', 'the login', 'not UTF-8'],
    ['http://u:hunter2%@proxy.test', 'the login', 'not percent-encoded'],
    ['http://u%3Ax:hunter2@proxy.test', 'a colon', 'user and password cannot be told apart'],
    ['socks5://hunter2@proxy.test', '1 to 255 bytes', 'SOCKS5 without a password'],
    [`socks5://u:hunter2${'x'.repeat(255)}@proxy.test`, '1 to 255 bytes', 'too long for SOCKS5'],
    ['http://u:hunter2@proxy.test\r\nX: y', 'not a URL', 'a line break'],
    ['http:\\\\u:hunter2@proxy.test', 'not a URL', 'backslashes'],
    [{ url: 'http://u:hunter2@proxy.test', trust: 'PEM' }, 'upstream.trust', 'no TLS, no trust'],
    [{ url: 'http://proxy.test', noProxy: ['*.test'] }, 'upstream.noProxy', 'a pattern'],
    [{ url: 'http://proxy.test', noProxy: ['A.test'] }, 'upstream.noProxy', 'upper case'],
    [{ url: 'http://proxy.test', noProxy: ['.'] }, 'upstream.noProxy', 'every host'],
    [{ url: 'http://proxy.test', noProxy: ['10.0.0.0/8'] }, 'upstream.noProxy', 'a range'],
    [{ url: 'http://proxy.test', noProxy: [7] }, 'upstream.noProxy', 'a number'],
    [{ url: 7 }, 'not a URL', 'a number'],
  ]
  for (const [option, message, why] of bad) {
    it(`refuses ${JSON.stringify(option).slice(0, 70)}: ${why}`, () => {
      let thrown: unknown = null
      try {
        thrown = new Parent(option as string)
      } catch (error) {
        thrown = error
      }
      expect(thrown).to.be.instanceOf(TypeError)
      expect((thrown as Error).message).to.contain(message)
      expect(inspect(thrown)).not.to.contain('hunter2')
    })
  }

  const exemptions: [host: string, exempt: boolean, why: string][] = [
    ['corp.test', true, 'named'],
    ['a.corp.test', false, 'a name alone says nothing of those below'],
    ['in.test', false, 'a suffix says nothing of the name itself'],
    ['a.in.test', true, 'below the suffix'],
    ['b.a.in.test', true, 'far below the suffix'],
    ['evilin.test', false, 'ends alike, but at no dot'],
    ['192.0.2.1', true, 'a named address'],
    ['2001:db8::1', true, 'a named IPv6 address'],
    ['192.0.2.2', false, 'another address'],
  ]
  for (const [host, exempt, why] of exemptions) {
    it(`${exempt ? 'exempts' : 'does not exempt'} ${host}: ${why}`, () => {
      const parent = new Parent({
        url: 'http://proxy.test',
        noProxy: ['corp.test', '.in.test', '192.0.2.1', '2001:db8::1'],
      })
      expect(parent.isExempt(host)).to.equal(exempt)
    })
  }
})
