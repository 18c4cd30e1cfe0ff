import { expect } from 'chai'
import { parseHosts } from '../../dist/dial/hosts.js'

describe('parseHosts', () => {
  const good: [
    key: string,
    value: string,
    host: string,
    port: number,
    address: string,
    to: number,
  ][] = [
    ['api.good.test:443', '127.0.0.1:18443', 'api.good.test', 443, '127.0.0.1', 18443],
    ['localhost:80', '[::1]:8080', 'localhost', 80, '::1', 8080],
    ['198.51.100.1:443', '127.0.0.1:1', '198.51.100.1', 443, '127.0.0.1', 1],
    ['[2001:db8::1]:65535', '[::1]:65535', '2001:db8::1', 65535, '::1', 65535],
    ['xn--e1aybc.test:443', '127.0.0.1:443', 'xn--e1aybc.test', 443, '127.0.0.1', 443],
  ]
  for (const [key, value, host, port, address, to] of good) {
    it(`takes ${key} to ${value}`, () => {
      expect(parseHosts({ [key]: value })(host, port)).to.deep.equal({ address, port: to })
    })
  }

  it('says nothing of other hosts and ports', () => {
    const fixed = parseHosts({ 'a.test:443': '127.0.0.1:1' })
    expect(fixed('a.test', 80)).to.equal(null)
    expect(fixed('b.a.test', 443)).to.equal(null)
    expect(fixed('__proto__', 443)).to.equal(null)
    expect(parseHosts()('a.test', 443)).to.equal(null)
  })

  const badKeys: [key: string, why: string][] = [
    ['', 'empty'],
    ['a.test', 'no port'],
    [':443', 'no host'],
    ['a.test:', 'empty port'],
    ['a.test:0', 'port 0'],
    ['a.test:65536', 'port too large'],
    ['a.test:0443', 'leading zero'],
    ['a.test:+443', 'signed port'],
    ['A.test:443', 'upper case'],
    ['a.test.:443', 'dot at the end'],
    ['*.test:443', 'a pattern'],
    ['a..test:443', 'empty label'],
    ['тест.test:443', 'not an A-label'],
    ['::1:443', 'IPv6 without brackets'],
    ['[::1:443', 'an open bracket'],
    ['[a.test]:443', 'a name in brackets'],
    ['[::0001]:443', 'another spelling of an address'],
    ['0x7f000001:443', 'an odd IPv4 address'],
    ['https://a.test:443', 'a URL'],
    ['user@a.test:443', 'user information'],
    ['a.test\r\n:443', 'a line break'],
  ]
  for (const [key, why] of badKeys) {
    it(`refuses the key ${JSON.stringify(key)}: ${why}`, () => {
      expect(() => parseHosts({ [key]: '127.0.0.1:1' })).to.throw(TypeError, 'the key must be')
    })
  }

  const badValues: [value: unknown, why: string][] = [
    ['localhost:443', 'a name would be resolved'],
    ['127.0.0.1', 'no port'],
    ['127.0.0.1:0', 'port 0'],
    ['127.1:443', 'a short address'],
    ['::1:443', 'IPv6 without brackets'],
    ['[fe80::1%eth0]:443', 'a zone'],
    ['[127.0.0.1]:443', 'IPv4 in brackets'],
    ['', 'empty'],
    [443, 'a number'],
    [null, 'nothing'],
  ]
  for (const [value, why] of badValues) {
    it(`refuses the value ${JSON.stringify(value)}: ${why}`, () => {
      expect(() => parseHosts({ 'a.test:443': value as string })).to.throw(
        TypeError,
        'hosts["a.test:443"]: the value must be',
      )
    })
  }
})
