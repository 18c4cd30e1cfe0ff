import { expect } from 'chai'
import * as fc from 'fast-check'
import { createSocket } from 'node:dgram'
import { promises as dns } from 'node:dns'
import { insideAnswer, type InsideAnswer } from '../../dist/resolve/inside-answer.js'
import { NameAddresses } from '../../dist/resolve/name-addresses.js'
import { dnsQuery, opt, wireName } from './dns-message-sample.ts'

const types = { A: 1, NS: 2, PTR: 12, TXT: 16, AAAA: 28, SRV: 33, SVCB: 64, HTTPS: 65, ANY: 255 }
const codes: Record<number, string> = { 0: 'ok', 1: 'format', 3: 'missing', 4: 'no', 5: 'refused' }

function judge(name: string): 'allow' | 'deny' {
  return name === 'api.good.test' || name.endsWith('.wild.test') ? 'allow' : 'deny'
}

function names(): NameAddresses {
  return new NameAddresses(3, ['api.good.test'])
}

function asked(name: string | Buffer, type: keyof typeof types = 'A'): InsideAnswer {
  return insideAnswer(dnsQuery(name, { type: types[type] }), judge, names())
}

/** The code, and the data of the only record if there is one. */
function told({ answer }: InsideAnswer): string {
  if (answer === null) return 'nothing'
  const code = codes[answer.readUInt16BE(2) & 15] ?? '?'
  const count = answer.readUInt16BE(6)
  if (count === 0) return code
  const pointer = answer.indexOf(Buffer.from('c00c', 'hex'))
  return `${code} ${answer.subarray(pointer + 12).toString('hex')}`
}

describe('insideAnswer', () => {
  it('gives an allowed name its address', () => {
    expect(told(asked('api.good.test'))).to.equal('ok 7f400001')
    expect(told(asked('a.wild.test'))).to.equal('ok 7f400002')
  })

  it('judges the canonical name', () => {
    expect(asked('API.Good.Test')).to.include({ name: 'api.good.test', verdict: 'allow' })
    expect(told(asked('API.Good.Test'))).to.equal('ok 7f400001')
  })

  for (const type of ['AAAA', 'HTTPS', 'SVCB', 'TXT', 'SRV', 'NS', 'PTR', 'ANY'] as const) {
    it(`gives an allowed name no ${type} record`, () => {
      const answer = asked('api.good.test', type)
      expect(told(answer)).to.equal('ok')
      expect(answer.verdict).to.equal('allow')
    })
  }

  for (const type of ['A', 'AAAA', 'HTTPS', 'TXT'] as const) {
    it(`denies another name asked for by ${type}`, () => {
      const answer = asked('secret.evil.test', type)
      expect(told(answer)).to.equal('missing')
      expect(answer).to.include({ name: 'secret.evil.test', verdict: 'deny' })
    })
  }

  it('denies services of another name', () => {
    for (const name of ['_http._tcp.evil.test', '_a._b', '_secret.evil.test'])
      expect(asked(name, 'SRV')).to.include({ name, verdict: 'deny' })
  })

  const unjudged: [why: string, name: string | Buffer, type: keyof typeof types, line: string][] = [
    ['localhost', 'localhost', 'A', 'ok 7f000001'],
    ['localhost over IPv6', 'localhost', 'AAAA', `ok ${'0'.repeat(31)}1`],
    ['a name under localhost', 'a.LOCALHOST', 'A', 'ok 7f000001'],
    ['localhost of another type', 'localhost', 'HTTPS', 'ok'],
    [
      'our own address',
      '1.0.64.127.in-addr.arpa',
      'PTR',
      `ok ${wireName(['api', 'good', 'test']).toString('hex')}`,
    ],
    ['our own address of another type', '1.0.64.127.in-addr.arpa', 'A', 'ok'],
    ['loopback', '1.0.0.127.in-addr.arpa', 'PTR', `ok ${wireName(['localhost']).toString('hex')}`],
    ['an address of nobody', '9.0.64.127.in-addr.arpa', 'PTR', 'missing'],
    ['an address elsewhere', '8.8.8.8.in-addr.arpa', 'PTR', 'missing'],
    ['half an address', '64.127.in-addr.arpa', 'PTR', 'missing'],
    ['no address', 'secret.in-addr.arpa', 'PTR', 'missing'],
    ['an IPv6 address', `${'0.'.repeat(32)}ip6.arpa`, 'PTR', 'missing'],
    ['discovery of resolvers', '_dns.resolver.arpa', 'SVCB', 'missing'],
    ['a service of an allowed name', '_http._tcp.api.good.test', 'SRV', 'missing'],
    ['an allowed name at another port', '_8443._https.api.good.test', 'HTTPS', 'missing'],
    ['one label', 'router', 'A', 'missing'],
    ['a search domain', 'router.localdomain', 'A', 'missing'],
    ['the root', '', 'NS', 'missing'],
    ['an address as name', '127.0.0.1', 'A', 'missing'],
    ['a NUL', 'evil\0.wild.test', 'A', 'missing'],
    ['8-bit bytes', '\xe9.wild.test', 'A', 'missing'],
    ['a dot within a label', wireName(['api.good', 'test']), 'A', 'format'],
    ['a pointer', Buffer.from([0xc0, 12]), 'A', 'format'],
  ]
  for (const [why, name, type, line] of unjudged) {
    it(`answers without a verdict: ${why}`, () => {
      const answer = asked(name, type)
      expect(told(answer)).to.equal(line)
      expect(answer).to.include({ name: null, verdict: null })
    })
  }

  it('lets policy allow a name of one label', () => {
    const answer = insideAnswer(dnsQuery('registry'), () => 'allow', names())
    expect(told(answer)).to.equal('ok 7f400002')
  })

  it('refuses when every address is given away', () => {
    const addresses = new NameAddresses(1, ['api.good.test'])
    const answer = insideAnswer(dnsQuery('a.wild.test'), judge, addresses)
    expect(told(answer)).to.equal('refused')
  })

  it('says nothing to an answer', () => {
    const answer = insideAnswer(dnsQuery('api.good.test', { flags: 0x8000 }), judge, names())
    expect(answer).to.deep.equal({ answer: null, name: null, verdict: null })
  })

  it('judges nothing but canonical names, whatever comes', () => {
    const valid = dnsQuery('api.good.test', { counts: [1, 0, 0, 1], tail: opt() })
    const change = fc.record({
      at: fc.nat(valid.length - 1),
      byte: fc.integer({ min: 0, max: 255 }),
    })
    fc.assert(
      fc.property(fc.array(change, { maxLength: 4 }), (changes) => {
        const bytes = Buffer.from(valid)
        for (const { at, byte } of changes) bytes[at] = byte
        const seen: string[] = []
        insideAnswer(bytes, (name) => (seen.push(name), 'deny'), names())
        for (const name of seen) expect(name).to.match(/^[a-z0-9_-]+(?:\.[a-z0-9_-]+)*$/)
      }),
      { seed: 52, numRuns: 5_000 },
    )
  })

  it('is understood by a resolver', async () => {
    const addresses = names()
    const server = createSocket('udp4')
    server.on('message', (query, from) => {
      const { answer } = insideAnswer(query, judge, addresses)
      if (answer !== null) server.send(answer, from.port, from.address)
    })
    await new Promise<void>((resolve) => server.bind(0, '127.0.0.1', resolve))
    const resolver = new dns.Resolver({ timeout: 5000, tries: 2 })
    resolver.setServers([`127.0.0.1:${server.address().port}`])
    try {
      expect(await resolver.resolve4('api.good.test', { ttl: true })).to.deep.equal([
        { address: '127.64.0.1', ttl: 60 },
      ])
      expect(await resolver.reverse('127.64.0.1')).to.deep.equal(['api.good.test'])
      expect(await codeOf(resolver.resolve6('api.good.test'))).to.equal('ENODATA')
      expect(await codeOf(resolver.resolve4('evil.test'))).to.equal('ENOTFOUND')
      expect(await codeOf(resolver.reverse('8.8.8.8'))).to.equal('ENOTFOUND')
    } finally {
      resolver.cancel()
      await new Promise<void>((resolve) => server.close(resolve))
    }
  })
})

async function codeOf(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => 'answered',
    (error: unknown) => (error as NodeJS.ErrnoException).code,
  )
}
