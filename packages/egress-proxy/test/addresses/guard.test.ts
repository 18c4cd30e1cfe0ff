import { expect } from 'chai'
import * as fc from 'fast-check'
import { formatAddress } from '../../dist/addresses/address.js'
import { compileGuard } from '../../dist/addresses/guard.js'
import { specialRanges } from '../../dist/addresses/ranges.js'
import { parseRange } from '../../dist/addresses/range-table.js'

const plain = compileGuard({ allow: [], deny: [] })

describe('compileGuard', () => {
  const refused: [address: string, range: string][] = [
    ['0.0.0.0', 'this network'],
    ['0.255.255.255', 'this network'],
    ['10.0.0.0', 'private'],
    ['10.255.255.255', 'private'],
    ['100.64.0.0', 'carrier-grade NAT'],
    ['100.64.0.1', 'carrier-grade NAT'],
    ['100.127.255.255', 'carrier-grade NAT'],
    ['100.100.100.200', 'cloud metadata'],
    ['127.0.0.1', 'loopback'],
    ['127.255.255.255', 'loopback'],
    ['168.63.129.16', 'cloud metadata'],
    ['169.254.0.0', 'link-local'],
    ['169.254.169.254', 'cloud metadata'],
    ['169.254.170.2', 'cloud metadata'],
    ['169.254.255.255', 'link-local'],
    ['172.16.0.0', 'private'],
    ['172.31.255.255', 'private'],
    ['192.0.0.192', 'cloud metadata'],
    ['192.0.0.1', 'protocol assignments'],
    ['192.0.2.1', 'documentation'],
    ['192.88.99.1', '6to4 relay'],
    ['192.168.0.0', 'private'],
    ['192.168.255.255', 'private'],
    ['198.18.0.0', 'benchmarking'],
    ['198.19.255.255', 'benchmarking'],
    ['198.51.100.1', 'documentation'],
    ['203.0.113.1', 'documentation'],
    ['224.0.0.1', 'multicast'],
    ['239.255.255.255', 'multicast'],
    ['240.0.0.1', 'reserved'],
    ['255.255.255.254', 'reserved'],
    ['255.255.255.255', 'broadcast'],
    ['::', 'unspecified'],
    ['::1', 'loopback'],
    ['::2', 'IPv4-compatible'],
    ['::7f00:1', 'IPv4-compatible'],
    ['::808:808', 'IPv4-compatible'],
    ['::ffff:7f00:1', 'IPv4-mapped'],
    ['::ffff:8.8.8.8', 'IPv4-mapped'],
    ['::ffff:0:a00:1', 'IPv4-translated'],
    ['64:ff9b::a00:1', 'NAT64'],
    ['64:ff9b::808:808', 'NAT64'],
    ['64:ff9b:1::a00:1', 'local NAT64'],
    ['64:ff9b:1:ffff:ffff:ffff:ffff:ffff', 'local NAT64'],
    ['100::1', 'discard'],
    ['2001:0:4136:e378:8000:63bf:3fff:fdd2', 'Teredo'],
    ['2001:1::1', 'protocol assignments'],
    ['2001:2::1', 'benchmarking'],
    ['2001:10::1', 'ORCHID'],
    ['2001:db8::1', 'documentation'],
    ['2002:a00:1::1', '6to4'],
    ['2002:808:808::1', '6to4'],
    ['3fff::1', 'documentation'],
    ['5f00::1', 'segment routing'],
    ['fc00::1', 'unique local'],
    ['fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff', 'unique local'],
    ['fd00:ec2::254', 'cloud metadata'],
    ['fd00:ec2::1:1', 'cloud metadata'],
    ['fd20:ce::254', 'cloud metadata'],
    ['fe80::1', 'link-local'],
    ['febf::1', 'link-local'],
    ['fec0::1', 'site-local'],
    ['ff02::2', 'multicast'],
    ['2606:4700::5efe:a00:1', 'ISATAP'],
    ['2606:4700::200:5efe:808:808', 'ISATAP'],
    ['fe80::1%eth0', 'unreadable'],
    ['', 'unreadable'],
    ['0x7f.1', 'unreadable'],
    ['good.test', 'unreadable'],
    ['[::1]', 'unreadable'],
  ]
  for (const [address, range] of refused) {
    it(`refuses ${address || 'nothing'} as ${range}`, () => {
      expect(plain.judge(address)).to.deep.equal({ allowed: false, range })
    })
  }

  const allowed = [
    '1.0.0.0',
    '9.255.255.255',
    '11.0.0.0',
    '100.63.255.254',
    '100.128.0.1',
    '126.255.255.255',
    '128.0.0.0',
    '168.63.129.15',
    '168.63.129.17',
    '169.253.255.255',
    '169.255.0.0',
    '172.15.255.255',
    '172.32.0.0',
    '191.255.255.255',
    '192.0.1.0',
    '192.167.255.255',
    '192.169.0.0',
    '198.17.255.255',
    '198.20.0.0',
    '223.255.255.255',
    '8.8.8.8',
    '64:ff9c::1',
    '64:ff9b:0:1::',
    '64:ff9b:2::1',
    '2001:200::1',
    '2001:4860:4860::8888',
    '2003::1',
    '2606:4700::1111',
    '2606:4700::5eff:a00:1',
    '3ffe::1',
    '4000::1',
  ]
  for (const address of allowed) {
    it(`allows ${address}`, () => {
      expect(plain.judge(address)).to.deep.equal({ allowed: true })
    })
  }

  it('refuses the first and last address of every range of its table', () => {
    for (const { cidr } of specialRanges) {
      const range = parseRange(cidr)
      if (range === null) throw new Error(cidr)
      const last = range.words.map((word, index) => {
        const free = Math.min(Math.max((index + 1) * 32 - range.bits, 0), 32)
        return (word | (free === 32 ? -1 : 2 ** free - 1)) >>> 0
      })
      expect(plain.judge(formatAddress(range)).allowed, cidr).to.equal(false)
      expect(plain.judge(formatAddress({ ...range, words: last })).allowed, cidr).to.equal(false)
    }
  })

  describe('with an allowed range', () => {
    const lifted: [why: string, allow: string[], address: string, verdict: boolean][] = [
      ['lifts it', ['10.0.0.0/8'], '10.1.2.3', true],
      ['lifts no other', ['10.0.0.0/8'], '192.168.0.1', false],
      ['lifts a part', ['10.1.0.0/16'], '10.2.0.1', false],
      ['drops bits beyond the prefix', ['10.1.2.3/8'], '10.9.9.9', true],
      ['does not lift what embeds it, mapped', ['10.0.0.0/8'], '::ffff:10.0.0.1', false],
      ['does not lift what embeds it, NAT64', ['10.0.0.0/8'], '64:ff9b::10.0.0.1', false],
      ['of an embedding judges what is embedded', ['64:ff9b::/96'], '64:ff9b::10.0.0.1', false],
      ['of an embedding lets public IPv4 pass', ['64:ff9b::/96'], '64:ff9b::8.8.8.8', true],
      ['of both', ['64:ff9b::/96', '10.0.0.0/8'], '64:ff9b::10.0.0.1', true],
      ['of 6to4 judges what is embedded', ['2002::/16'], '2002:a00:1::1', false],
      ['of 6to4 lets public IPv4 pass', ['2002::/16'], '2002:808:808::1', true],
      ['of Teredo judges the client', ['2001::/32'], '2001:0:808:808::f5ff:fffe', false],
      ['of Teredo judges the server', ['2001::/32'], '2001:0:a00:1::f7f7:f7f7', false],
      ['of Teredo lets public IPv4 pass', ['2001::/32'], '2001:0:808:808::f7f7:f7f7', true],
      ['judges ISATAP within', ['fd00::/8'], 'fd00::5efe:a00:1', false],
      ['lifts ISATAP to public IPv4', ['2606:4700::/32'], '2606:4700::5efe:808:808', true],
      ['of everything lifts no metadata', ['0.0.0.0/0'], '169.254.169.254', false],
      ['of everything lifts private', ['0.0.0.0/0'], '192.168.0.1', true],
      ['of link-local lifts no metadata', ['169.254.0.0/16'], '169.254.169.254', false],
      ['of a /31 lifts no metadata', ['169.254.169.254/31'], '169.254.169.254', false],
      ['of the /32 lifts metadata', ['169.254.169.254/32'], '169.254.169.254', true],
      ['of unique local lifts no metadata', ['fc00::/7'], 'fd00:ec2::254', false],
      ['of the /32 lifts what is unnamed in it', ['fd00:ec2::/32'], 'fd00:ec2::1:1', true],
      ['of the /32 lifts no named service', ['fd00:ec2::/32'], 'fd00:ec2::254', false],
      ['of the /128 lifts metadata', ['fd00:ec2::254/128'], 'fd00:ec2::254', true],
      ['of all IPv6 lifts no embedded loopback', ['::/0'], '::ffff:127.0.0.1', false],
      ['of all IPv6 lifts loopback', ['::/0'], '::1', true],
      ['of all IPv6 lifts no IPv4', ['::/0'], '10.0.0.1', false],
    ]
    for (const [why, allow, address, verdict] of lifted) {
      it(`${why}: ${allow.join(', ')} for ${address}`, () => {
        expect(compileGuard({ allow, deny: [] }).judge(address).allowed).to.equal(verdict)
      })
    }
  })

  it('lets a denied range beat every allowed one', () => {
    const guard = compileGuard({
      allow: ['10.0.0.1/32', '64:ff9b::/96', '0.0.0.0/0'],
      deny: ['10.0.0.0/24', '8.8.8.0/24'],
    })
    expect(guard.judge('10.0.0.1')).to.deep.equal({ allowed: false, range: 'denied by policy' })
    expect(guard.judge('10.0.1.1').allowed).to.equal(true)
    expect(guard.judge('8.8.8.8').allowed).to.equal(false)
    expect(guard.judge('64:ff9b::8.8.8.8').allowed).to.equal(false)
    expect(compileGuard({ allow: [], deny: ['0.0.0.0/0'] }).judge('1.1.1.1').allowed).to.equal(
      false,
    )
  })

  const prefixes: [prefix: string, inside: string, outside: string][] = [
    ['2a00:1::/32', '2a00:1:a00:1::', '2a00:1:808:808::'],
    ['2a00:1:1000::/40', '2a00:1:100a::1:0:0:0', '2a00:1:1008:808:8::'],
    ['2a00:1:2::/48', '2a00:1:2:a00:0:100::', '2a00:1:2:808:8:800::'],
    ['2a00:1:2::/56', '2a00:1:2:a:0:1::', '2a00:1:2:8:8:808::'],
    ['2a00:1:2:3::/64', '2a00:1:2:3:a:0:100:0', '2a00:1:2:3:8:808:800:0'],
    ['2a00:1:2:3:4:5::/96', '2a00:1:2:3:4:5:a00:1', '2a00:1:2:3:4:5:808:808'],
  ]
  for (const [prefix, inside, outside] of prefixes) {
    it(`unwraps what a translator with ${prefix} leads to`, () => {
      const listed = compileGuard({ allow: [], deny: [], nat64: [prefix] })
      expect(listed.judge(outside)).to.deep.equal({ allowed: false, range: 'NAT64' })
      const guard = compileGuard({ allow: [prefix], deny: [], nat64: [prefix] })
      expect(guard.judge(inside)).to.deep.equal({ allowed: false, range: 'private' })
      expect(guard.judge(outside)).to.deep.equal({ allowed: true })
      expect(plain.judge(inside)).to.deep.equal({ allowed: true })
    })
  }

  const unreadable = [
    '',
    '10.0.0.0',
    '10.0.0.0/33',
    '::/129',
    '10.0.0.0/08',
    '10.0.0.0/',
    'a/8',
    '/8',
  ]
  for (const cidr of unreadable) {
    it(`throws for the range ${JSON.stringify(cidr)}`, () => {
      expect(() => compileGuard({ allow: [cidr], deny: [] })).to.throw(TypeError)
      expect(() => compileGuard({ allow: [], deny: [cidr] })).to.throw(TypeError)
    })
  }

  it('throws for a translator with a prefix that none has', () => {
    for (const nat64 of [['64:ff9b::/95'], ['10.0.0.0/32'], ['nonsense']]) {
      expect(() => compileGuard({ allow: [], deny: [], nat64 })).to.throw(TypeError)
    }
  })

  it('finds the same as a scan of every range', () => {
    const word = fc.integer({ min: 0, max: 0xffffffff })
    const cidr = fc
      .record({ word, bits: fc.integer({ min: 0, max: 32 }) })
      .map(({ word, bits }) => `${formatAddress({ family: 4, words: [word] })}/${bits}`)
    fc.assert(
      fc.property(fc.array(cidr, { maxLength: 6 }), word, (deny, last) => {
        const address = { family: 4, words: [last] } as const
        const held = deny.some((one) => {
          const bits = Number(one.split('/')[1])
          const first = parseRange(one)?.words[0] ?? 0
          return Math.floor(last / 2 ** (32 - bits)) === Math.floor(first / 2 ** (32 - bits))
        })
        const verdict = compileGuard({ allow: ['0.0.0.0/0'], deny }).judge(formatAddress(address))
        const denied = !verdict.allowed && verdict.range === 'denied by policy'
        expect(denied).to.equal(held)
      }),
      { seed: 14, numRuns: 1_000 },
    )
  })
})
