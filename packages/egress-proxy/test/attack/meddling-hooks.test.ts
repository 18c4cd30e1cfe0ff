import { expect } from 'chai'
import { good, Proxied, statusOf } from '../support/proxied.ts'

type Loose = {
  host: string
  path: string
  status: number
  headers: [string, string][]
  query: unknown[]
}

/** What a program without types may do to what it is shown. */
function spoil(shown: unknown): undefined {
  const loose = shown as Loose
  loose.host = 'evil.test'
  loose.path = '/admin'
  loose.status = 999
  loose.headers?.forEach((field) => (field[1] = 'spoilt'))
  loose.headers?.push(['x-added', 'a\r\nx: y'])
  loose.query?.push(['spoilt', '1'])
}

describe('what a host application is shown', () => {
  it('is a copy: spoiling it changes neither the request nor the answer', async () => {
    await using world = await Proxied.open({
      network: { ask: [good] },
      onAsk: (question) => {
        spoil(question)
        return true
      },
      hooks: {
        onRequest: (request) => spoil(request),
        onResponse: (request, response) => {
          spoil(request)
          return spoil(response)
        },
      },
    })
    const talk = await world.intercepted()
    const text = await talk
      .send(`GET /v1/a?b=c HTTP/1.1\r\nHost: ${good}\r\nX-Mine: kept\r\n\r\n`)
      .answer()
    expect(statusOf(text)).to.equal(200)
    expect(text).not.to.match(/spoilt|x-added/)
    const seen = JSON.stringify(world.origin.seen)
    expect(seen).to.contain('/v1/a?b=c').and.to.contain('kept')
    expect(seen).not.to.match(/spoilt|x-added|admin/)
    talk.destroy()
  })
})
