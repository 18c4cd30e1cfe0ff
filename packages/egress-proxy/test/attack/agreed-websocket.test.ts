import { expect } from 'chai'
import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { acceptFor } from '../../dist/websocket/handshake.js'
import { keyed, secret } from '../support/keyed.ts'
import { good, settle, statusOf } from '../support/proxied.ts'

const nonce = 'dGhlIHNhbXBsZSBub25jZQ=='
const asked =
  `GET /ws HTTP/1.1\r\nHost: ${good}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n` +
  `Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${nonce}\r\n\r\n`

describe('an answer that agrees to a WebSocket', () => {
  it('shows nothing of the secret, makes no session, and says nothing that only the proxy may say', async () => {
    await using world = await keyed('key')
    world.origin.server.on('upgrade', ({ headers }: IncomingMessage, socket: Duplex) => {
      const given = String(headers['x-api-key'])
      expect(given).to.equal(secret)
      socket.write(
        `HTTP/1.1 101 It is ${given}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n` +
          `Sec-WebSocket-Accept: ${acceptFor(nonce)}\r\nX-You-Sent: ${given}\r\n` +
          `X-Coded: ${Buffer.from(given).toString('base64')}\r\nX-Other: stays\r\n` +
          `Set-Cookie: session=1\r\nAlt-Svc: h3=":443"\r\nCaisson-Refusal: no\r\n\r\n`,
      )
    })
    const talk = await world.intercepted()
    const text = await talk.send(asked).until((so) => so.includes('\r\n\r\n'))
    expect(statusOf(text)).to.equal(101)
    expect(text)
      .to.include('[redacted:key]')
      .and.match(/x-other: stays/i)
    expect(text).to.not.include(secret)
    expect(text).to.not.include(Buffer.from(secret).toString('base64').slice(0, 20))
    expect(text.toLowerCase()).to.not.match(/set-cookie|alt-svc|caisson-refusal/)
    await settle(() => world.alarms.some(({ kind }) => kind === 'secret_reflected'))
    talk.destroy()
  })
})
