import { PassThrough, type Duplex } from 'node:stream'
import type { Socket } from 'node:net'
import { expect } from 'chai'
import * as fc from 'fast-check'
import { Parent } from '../../dist/dial/parent.js'
import { socksTunnel } from '../../dist/dial/socks-parent.js'
import { RefusalError } from '../../dist/refusal.js'
import { Loopback, makeDialer, never, refusalOf } from './fixture.ts'

/** A SOCKS server that answers each message with the next of a list, whatever it was. */
function scripted(answers: readonly string[], seen: string[] = []): (socket: Socket) => void {
  return (socket) => {
    socket.on('data', (chunk: Buffer) => {
      const answer = answers[seen.length]
      seen.push(chunk.toString('hex'))
      if (answer !== undefined) socket.write(Buffer.from(answer, 'hex'))
    })
    socket.on('end', () => socket.destroy())
  }
}

async function dialThrough(port: number, host: string, userInfo = ''): Promise<Duplex> {
  const parent = new Parent(`socks5h://${userInfo}parent.test:${String(port)}`)
  return makeDialer({ routing: { parent } }).dialer.connect({ host, port: 443 }, never)
}

const granted = '05000001000000000000'

describe('a dialer with a SOCKS5 parent', () => {
  const requests: [host: string, request: string, why: string][] = [
    ['api.test', '05010003086170692e7465737401bb', 'a name goes as a name'],
    ['192.0.2.1', '05010001c000020101bb', 'IPv4'],
    ['2001:db8::1', '0501000420010db800000000000000000000000101bb', 'IPv6'],
    ['::ffff:c000:201', '0501000400000000000000000000ffffc000020101bb', 'IPv4 in IPv6'],
  ]
  for (const [host, request, why] of requests) {
    it(`asks for ${host}: ${why}`, async () => {
      const seen: string[] = []
      await using server = await Loopback.start(scripted(['0500', granted], seen))
      const stream = await dialThrough(server.port, host)
      expect(seen).to.deep.equal(['050100', request])
      stream.destroy()
    })
  }

  it('logs in, and offers nothing less', async () => {
    const seen: string[] = []
    await using server = await Loopback.start(scripted(['0502', '0100', granted], seen))
    const stream = await dialThrough(server.port, 'a.test', 'us%C3%A9r:pw@')
    expect(seen.slice(0, 2)).to.deep.equal(['050102', '01057573c3a972027077'])
    stream.destroy()
  })

  const bound: [reply: string, kind: string][] = [
    [granted, 'IPv4'],
    [`05000004${'00'.repeat(16)}0000`, 'IPv6'],
    ['0500000305616263646501bb', 'a name'],
    ['050000030001bb', 'an empty name'],
  ]
  for (const [reply, kind] of bound) {
    it(`leaves early bytes to the connection when the bound address is ${kind}`, async () => {
      await using server = await Loopback.start(scripted(['0500', `${reply}6869`]))
      const stream = await dialThrough(server.port, 'a.test')
      const chunk: unknown = await new Promise((resolve) => stream.once('data', resolve))
      expect(String(chunk)).to.equal('hi')
      stream.destroy()
    })
  }

  const refused: [answers: string[], detail: string, why: string][] = [
    [['0502'], 'another login', 'wants a login that there is none of'],
    [['05ff'], 'another login', 'accepts no method'],
    [['0400'], 'another login', 'another version'],
    [['4854'], 'another login', 'HTTP'],
    [['0500', '05050001000000000000'], 'refused', 'refused by the target'],
    [['0500', '05020001000000000000'], 'not allowed', 'its own rules'],
    [['0500', '05550001000000000000'], 'unknown failure', 'an unknown code'],
    [['0500', '04000001000000000000'], 'malformed', 'another version'],
    [['0500', '05000101000000000000'], 'malformed', 'the reserved byte'],
    [['0500', '05000002000000000000'], 'malformed', 'an unknown address type'],
  ]
  for (const [answers, detail, why] of refused) {
    it(`refuses ${answers.join(' ')}: ${why}`, async () => {
      await using server = await Loopback.start(scripted(answers))
      const error = await refusalOf(dialThrough(server.port, 'a.test'))
      expect(error.refusal.code).to.equal('connect_failed')
      expect(error.refusal.reason).to.contain(detail)
      await server.settles(0)
    })
  }

  it('refuses a parent that lets in as nobody when a login is configured', async () => {
    const seen: string[] = []
    await using server = await Loopback.start(scripted(['0500', granted], seen))
    const error = await refusalOf(dialThrough(server.port, 'a.test', 'u:hunter2@'))
    expect(error.refusal.reason).to.contain('another login')
    expect(seen).to.have.length(1)
  })

  it('refuses a login that was not accepted, without showing it', async () => {
    await using server = await Loopback.start(scripted(['0502', '0101']))
    const error = await refusalOf(dialThrough(server.port, 'a.test', 'u:hunter2@'))
    expect(error.refusal.reason).to.contain('refused the login')
    expect(JSON.stringify(error)).not.to.contain('hunter2')
  })

  it('comes to the same result however the answers are cut, and to a refusal for random ones', async () => {
    const valid = Buffer.from(`0500${granted}`, 'hex')
    const mutated = fc.record({
      at: fc.nat(valid.length - 1),
      byte: fc.nat(255),
      cut: fc.nat(valid.length),
    })
    const outcome = async (chunks: readonly Buffer[]): Promise<string> => {
      const input = new PassThrough()
      const stream = Object.assign(input, { write: () => true })
      const wish = { host: 'a.test', port: 1, login: null }
      const result = socksTunnel(stream, wish, never).then(
        () => 'granted',
        (error: unknown) => (error instanceof RefusalError ? error.refusal.reason : 'crashed'),
      )
      for (const chunk of chunks) input.push(chunk)
      input.push(null)
      return result
    }
    await fc.assert(
      fc.asyncProperty(mutated, async ({ at, byte, cut }) => {
        const bytes = Buffer.from(valid)
        bytes[at] = byte
        const whole = await outcome([bytes])
        expect(await outcome([bytes.subarray(0, cut), bytes.subarray(cut)])).to.equal(whole)
        expect(whole).not.to.equal('crashed')
      }),
      { seed: 5, numRuns: 400 },
    )
  })
})
