import { expect } from 'chai'
import type { Field, ResponseHead } from '../../dist/http-message.js'
import { connectHttp1 } from '../../dist/http1/upstream.js'
import { defaultLimits } from '../../dist/limits.js'
import { collect, converse } from './conversation.ts'
import { duplexPair } from './duplex-pair.ts'
import { answers, mutated, requests, seeded } from './mutations.ts'

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

/** What the front makes of bytes, in a form that can be compared. */
async function heardOf(pieces: readonly string[]): Promise<unknown> {
  const { heard, faults, answer } = await converse(pieces)
  return {
    faults,
    answer,
    heard: heard.map(({ head, body }) => ({
      head,
      bytes: body.error === null ? body.bytes.toString('latin1') : null,
      trailers: body.trailers,
    })),
  }
}

interface Told {
  readonly log: (string | ResponseHead | readonly Field[])[]
  readonly canTake: boolean
}

/** What the upstream half makes of an answer in pieces, which then ends. */
async function toldOf(pieces: readonly string[], end = true): Promise<Told> {
  const [connection, server] = duplexPair()
  server.on('error', () => undefined).resume()
  const upstream = connectHttp1(connection, { limits: defaultLimits })
  const log: Told['log'] = []
  const over = new Promise<void>((resolve) => {
    upstream.request(
      { method: 'GET', scheme: 'http', authority: 'a', target: '/', headers: [], upgrade: null },
      null,
      {
        informed: (status) => log.push(`${status}`),
        responded: (head, body) => {
          log.push(head)
          void collect(body).then(({ bytes, trailers, error }) => {
            log.push(error === null ? bytes.toString('latin1') : 'cut', trailers)
            resolve()
          })
        },
        switched: () => resolve(),
        failed: () => {
          log.push('failed')
          resolve()
        },
      },
    )
  })
  for (const piece of pieces) {
    server.write(Buffer.from(piece, 'latin1'))
    await turn()
  }
  if (end) server.end()
  await over
  await turn()
  const { canTake } = upstream
  upstream.destroy()
  return { log, canTake }
}

const halves = (text: string): [string, string][] =>
  Array.from({ length: text.length - 1 }, (_, at) => [text.slice(0, at + 1), text.slice(at + 1)])

describe('HTTP/1 in pieces', () => {
  for (const request of requests) {
    it(`reads the request ${JSON.stringify(request.slice(0, 14))} alike however it is cut`, async () => {
      const whole = await heardOf([request])
      for (const pieces of halves(request)) {
        expect(await heardOf(pieces), JSON.stringify(pieces)).to.deep.equal(whole)
      }
      expect(await heardOf(request.split(''))).to.deep.equal(whole)
    }).timeout(20_000)
  }

  for (const answer of answers) {
    it(`reads the answer ${JSON.stringify(answer.slice(0, 16))} alike however it is cut`, async () => {
      const whole = await toldOf([answer])
      for (const pieces of halves(answer)) {
        expect(await toldOf(pieces), JSON.stringify(pieces)).to.deep.equal(whole)
      }
      expect(await toldOf(answer.split(''))).to.deep.equal(whole)
    }).timeout(20_000)
  }

  it('reads mutated requests alike, whole and cut anywhere', async () => {
    const random = seeded(7)
    for (let count = 0; count < 1500; count++) {
      const text = mutated(requests[random(requests.length)] ?? '', random)
      const at = random(text.length + 1)
      const whole = await heardOf([text])
      const cut = await heardOf([text.slice(0, at), text.slice(at)].filter((piece) => piece !== ''))
      expect(cut, JSON.stringify([text, at])).to.deep.equal(whole)
    }
  }).timeout(20_000)

  it('settles every mutated answer, the same whole and cut anywhere', async () => {
    const random = seeded(8)
    for (let count = 0; count < 1500; count++) {
      const text = mutated(answers[random(answers.length)] ?? '', random)
      const at = random(text.length + 1)
      const whole = await toldOf([text])
      const cut = await toldOf([text.slice(0, at), text.slice(at)].filter((piece) => piece !== ''))
      expect(cut, JSON.stringify([text, at])).to.deep.equal(whole)
    }
  }).timeout(20_000)

  it('outlives noise on both halves', async () => {
    const random = seeded(9)
    for (let count = 0; count < 500; count++) {
      const noise = String.fromCharCode(
        ...Array.from({ length: random(200) + 1 }, () => random(256)),
      )
      const { heard } = await converse([noise])
      expect(heard).to.deep.equal([])
      expect((await toldOf([noise])).log).to.deep.equal(['failed'])
    }
  }).timeout(20_000)
})
