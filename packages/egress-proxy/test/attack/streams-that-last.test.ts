import { expect } from 'chai'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { keyed, ruleFor, secret, wish } from '../support/keyed.ts'
import { good, settle } from '../support/proxied.ts'
import { secureWays } from '../support/ways.ts'

const ask = secureWays['HTTP/1 in CONNECT'] ?? expect.fail('there is no such way')
const network = {
  allow: [
    { host: good, methods: ['GET'], paths: ['/follow'] },
    ruleFor('key', { paths: ['/v1/x'] }),
  ],
}

describe('an answer that began before the secret was known', () => {
  for (const cut of [0, 9]) {
    it(`shows nothing of it when it comes ${cut === 0 ? 'whole' : 'in two pieces'}`, async () => {
      const followers: ServerResponse[] = []
      const answer = (request: IncomingMessage, response: ServerResponse): void => {
        if (request.url === '/follow') {
          followers.push(response)
          response.write('began;')
          return
        }
        const line = `seen: ${String(request.headers['x-api-key'])};`
        for (const follower of followers) {
          follower.write(line.slice(0, line.length - cut))
          setImmediate(() => follower.write(`${line.slice(line.length - cut)}end`))
        }
        response.end('ok')
      }
      await using world = await keyed('key', { network, answer })
      const talk = await world.intercepted()
      talk.send(`GET /follow HTTP/1.1\r\nHost: ${good}\r\n\r\n`)
      await settle(() => followers.length > 0)
      expect((await ask(world, wish())).status).to.equal(200)
      const text = await talk.until((so) => so.includes('end'))
      expect(text).to.include('began;').and.include('[redacted:key]')
      expect(text).to.not.include(secret.slice(0, 12))
      talk.destroy()
    })
  }
})
