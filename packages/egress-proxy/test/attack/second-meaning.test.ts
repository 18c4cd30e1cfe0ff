import { expect } from 'chai'
import { canonicalTarget } from '../../dist/names/canonical-target.js'
import { good, Proxied, refusalIn, statusOf } from '../support/proxied.ts'

const network = { allow: [{ host: good, methods: ['GET'], paths: ['/v1/**'] }] }

describe('a request that means another to some servers', () => {
  const fields: readonly [why: string, field: string][] = [
    ['a method in x-http-method-override', 'X-HTTP-Method-Override: DELETE'],
    ['a method in x-http-method', 'X-HTTP-Method: put'],
    ['a method in x-method-override', 'X-Method-Override: PATCH'],
    ['two methods, one of them its own', 'X-Method-Override: GET\r\nX-Method-Override: POST'],
    ['a path in x-original-url', 'X-Original-URL: /admin'],
    ['a path in x-rewrite-url', 'X-Rewrite-URL: /admin'],
  ]
  for (const [why, field] of fields) {
    it(`is refused for ${why}`, async () => {
      await using world = await Proxied.open({ network })
      const talk = await world.intercepted()
      const asked = (extra: string): string => `GET /v1/a HTTP/1.1\r\nHost: ${good}\r\n${extra}\r\n`
      expect(refusalIn(await talk.send(asked(`${field}\r\n`)).answer())).to.equal('bad_request')
      expect(world.arrived).to.equal(0)
      expect(statusOf(await talk.send(asked('X-Other: DELETE\r\n')).answer())).to.equal(200)
      talk.destroy()
    })
  }

  it('passes when its header says the same method, and a path where none is judged', async () => {
    await using world = await Proxied.open({ network: { allow: [good] } })
    const talk = await world.intercepted()
    const text = await talk
      .send(
        `GET /v1/a HTTP/1.1\r\nHost: ${good}\r\nX-HTTP-Method-Override: get\r\nX-Original-URL: /b\r\n\r\n`,
      )
      .answer()
    expect(statusOf(text)).to.equal(200)
    talk.destroy()
  })

  for (const [why, path] of [
    ['is a blank', '/v1/..%20/admin'],
    ['begins a query when it is decoded', '/v1/..%3Fadmin'],
    ['begins a fragment when it is decoded', '/v1/..%23admin'],
  ] as const) {
    it(`is refused for two dots and what ${why}, where paths are judged`, () => {
      expect(canonicalTarget(path, { strict: true })).to.have.property('fault')
      expect(canonicalTarget(path, { strict: false })).to.have.property('path', path)
    })
  }
})
