import { expect } from 'chai'
import { assert, asyncProperty, constantFrom, record } from 'fast-check'
import { good, Proxied } from '../support/proxied.ts'
import { plainWays, secureWays, type Wish } from '../support/ways.ts'

const rule = { host: good, paths: ['/v1/messages'], methods: ['GET', 'POST'] }

describe('a request, by every way', () => {
  const spellings = [
    '/v1/messages/../files',
    '/v1/messages/..',
    '/v1/messages/.',
    '/v1/%2e%2e/files',
    '/v1/messages/%2e%2e/files',
    '//v1//files',
    '//v1/messages',
    '/v1//messages',
    '/v1/%66iles',
    '/v1/messages%2f..%2ffiles',
    '/v1/messages%2F',
    '/v1/messages;/files',
    '/v1/messages;x',
    '/V1/FILES',
    '/V1/messages',
    '/v1/messages/',
    '/v1/messages%00',
    '/v1/messages%252e',
    '/v1/messages%5c..%5cfiles',
    '/v1/messages%',
    '/v1/messages%zz',
    '/v1/messages%c0%ae',
    '/v1',
    '/',
  ]
  for (const [name, way] of Object.entries(secureWays)) {
    it(`reaches only the path that is meant: ${name}`, async () => {
      await using world = await Proxied.open({ network: { allow: [rule] } })
      for (const path of spellings) {
        const outcome = await way(world, { host: good, port: 443, method: 'GET', path })
        expect(outcome.status, path).to.be.oneOf([400, 403])
        expect(outcome.code, path).to.be.oneOf(['bad_path', 'path_not_allowed', 'bad_request'])
      }
      expect(world.reached).to.equal(0)
      const outcome = await way(world, {
        host: good,
        port: 443,
        method: 'GET',
        path: '/v1/messages',
      })
      expect(outcome.status).to.equal(200)
      // An unreserved character that is escaped is the same path (RFC 3986, 6.2.2.2), and goes out as judged.
      await way(world, { host: good, port: 443, method: 'GET', path: '/v1/%6dessages' })
      expect(new Set(world.origin.seen.map(({ url }) => url))).to.deep.equal(
        new Set(['/v1/messages']),
      )
    })

    it(`takes no method but those of the rule: ${name}`, async () => {
      await using world = await Proxied.open({ network: { allow: [rule] } })
      for (const method of ['TRACE', 'DELETE', 'PATCH', 'get', 'Get', 'GETT', 'X'.repeat(64)]) {
        const { status } = await way(world, { host: good, port: 443, method, path: '/v1/messages' })
        expect(status, method).to.be.oneOf([400, 405])
      }
      expect(world.reached).to.equal(0)
      const wish = { host: good, port: 443, method: 'POST', path: '/v1/messages', body: 'abc' }
      expect((await way(world, wish)).status).to.equal(200)
      expect(world.origin.seen[0]?.body).to.equal('abc')
    })

    it(`ends what the policy does not name before anything is dialled: ${name}`, async () => {
      await using world = await Proxied.open({ network: { allow: [rule] } })
      const outcome = await way(world, { host: 'evil.test', port: 443, method: 'GET', path: '/' })
      expect(outcome.status).to.be.oneOf([0, 403])
      expect(world.refused).to.include({ code: 'host_not_allowed', host: 'evil.test' })
      expect(world.reached).to.equal(0)
      expect(world.lookups).to.deep.equal([])
    })
  }

  for (const [name, way] of Object.entries(plainWays)) {
    it(`speaks no plain HTTP where https is meant: ${name}`, async () => {
      await using world = await Proxied.open({ network: { allow: [good] } })
      for (const port of [80, 443]) {
        await way(world, { host: good, port, method: 'GET', path: '/' })
        expect(world.refused?.code).to.be.oneOf(['port_not_allowed', 'protocol_not_allowed'])
      }
      expect(world.arrived).to.equal(0)
    })

    it(`carries plain HTTP where it is meant: ${name}`, async () => {
      await using world = await Proxied.open({
        network: { allow: [{ host: good, protocol: 'http-plain' }] },
      })
      const { status, text } = await way(world, {
        host: good,
        port: 80,
        method: 'GET',
        path: '/p?q=1',
      })
      expect(status).to.equal(200)
      expect(text).to.contain('hello from /p?q=1')
    })
  }

  it('is judged the same, whatever it is', async () => {
    await using world = await Proxied.open({
      network: {
        allow: [
          { host: good, protocol: 'http-plain', paths: ['/v1/**'], methods: ['GET', 'POST'] },
          { host: '*.wild.test', protocol: 'http-plain', query: { a: '*' } },
        ],
        deny: [{ host: good, ports: [80], paths: ['/v1/secret'] }],
      },
      hosts: { 'a.wild.test:80': '127.0.0.1:9' },
    })
    const wishes = record({
      host: constantFrom(
        good,
        'API.good.test.',
        'a.wild.test',
        'wild.test',
        'evil.test',
        'evilwild.test',
      ),
      port: constantFrom(80, 80, 80, 443, 8080),
      method: constantFrom('GET', 'POST', 'DELETE', 'TRACE', 'get'),
      path: constantFrom(
        '/',
        '/v1/x',
        '/v1/secret',
        '/v1/../x',
        '/v1/x?a=1',
        '/?a=1&b=2',
        '/v1//x',
        '/v1/%73ecret',
      ),
    })
    const verdict = async (name: string, wish: Wish): Promise<string> => {
      const before = world.decisions.length
      await plainWays[name]?.(world, wish)
      // An upstream that is not there says nothing about the policy.
      const told = world.decisions.slice(before).filter(({ code }) => code !== 'connect_failed')
      return told.find(({ verdict }) => verdict === 'deny')?.code ?? 'allowed'
    }
    await assert(
      asyncProperty(wishes, async (wish) => {
        const verdicts: string[] = []
        for (const name of Object.keys(plainWays)) verdicts.push(await verdict(name, wish))
        // Where two things are wrong, the door says which is found first.
        const said =
          verdicts.includes('bad_path') || verdicts.includes('bad_request')
            ? verdicts.map((code) => (code === 'allowed' ? code : 'refused'))
            : verdicts
        expect(new Set(said).size, `${JSON.stringify(wish)}: ${verdicts.join()}`).to.equal(1)
      }),
      { seed: 7, numRuns: 60 },
    )
  })
})
