import { expect } from 'chai'
import { once } from 'node:events'
import type { Exchange } from '../../dist/exchange.js'
import { bodyOf, collect, converse, frontFor, received } from './conversation.ts'

const get = (lines = '', target = '/'): string =>
  `GET ${target} HTTP/1.1\r\nHost: a.test\r\n${lines}\r\n`

/** The answer to one request, when `act` handles its exchange. */
async function answerTo(
  request: string,
  act: (exchange: Exchange) => void,
  options: { readonly allowConnect?: boolean } = {},
): Promise<string> {
  const { client, front } = frontFor((exchange) => {
    exchange.onClose(() => setImmediate(() => front.close()))
    act(exchange)
  }, options)
  const answer = received(client)
  client.write(Buffer.from(request, 'latin1'))
  return answer
}

describe('serveHttp1', () => {
  it('hands over a request as it was written, names in lower case, without what ends here', async () => {
    const lines =
      'X-One:  a\tb \r\nAccept:\r\nConnection: keep-alive, X-Hop\r\nX-Hop: 1\r\nKeep-Alive: 5\r\n' +
      'TE: trailers, deflate\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\nTrailer: X\r\n' +
      'Proxy-Connection: keep-alive\r\nProxy-Authorization: Basic a\r\nX-Name: \xe9\r\n'
    const { heard } = await converse([get(lines, '/a%2Fb?c=d')])
    expect(heard[0]?.head).to.deep.equal({
      version: '1.1',
      method: 'GET',
      target: '/a%2Fb?c=d',
      authority: 'a.test',
      scheme: null,
      headers: [
        ['x-one', 'a\tb'],
        ['accept', ''],
        ['te', 'trailers'],
        ['x-name', '\xe9'],
      ],
      upgrade: null,
      expectsContinue: false,
    })
  })

  it('keeps the credentials of the proxy for the forms that are meant for it', async () => {
    for (const start of ['GET http://a.test/ HTTP/1.1', 'CONNECT a.test:443 HTTP/1.1']) {
      const request = `${start}\r\nHost: a.test\r\nProxy-Authorization: Basic a\r\n\r\n`
      const { heard } = await converse([request], { allowConnect: true })
      expect(heard[0]?.head.headers).to.deep.equal([['proxy-authorization', 'Basic a']])
    }
  })

  it('knows a WebSocket handshake, and takes a wrong one for an ordinary request', async () => {
    const right =
      'Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n' +
      'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n'
    const wrong = [
      right.replace('13', '8'),
      right.replace('Upgrade\r\n', 'close\r\n'),
      right.replace('dGhl', '!!!!'),
      right.replace('websocket', 'websocket, h2c'),
    ]
    const { heard } = await converse([get(right)])
    expect(heard[0]?.head.upgrade).to.equal('websocket')
    for (const lines of wrong) {
      expect((await converse([get(lines)])).heard[0]?.head.upgrade).to.equal(null)
    }
  })

  it('takes HTTP/1.0 without Host, answers without chunks, and closes', async () => {
    const answer = await answerTo(
      'GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n',
      (exchange) => {
        expect(exchange.head.authority).to.equal(null)
        exchange.respond({ status: 200, headers: [] }, bodyOf(['ab', 'c']))
      },
    )
    expect(answer).to.equal('HTTP/1.1 200 OK\r\nconnection: close\r\n\r\nabc')
  })

  it('reads a body by its length and by chunks, with trailers', async () => {
    const { heard, answer } = await converse([
      'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc' +
        'POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: Chunked\r\n\r\n2\r\nde\r\n00A\r\n0123456789\r\n0\r\nX-Sum: 1\r\n\r\n' +
        'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n',
    ])
    expect(heard.map(({ body }) => body.bytes.toString())).to.deep.equal([
      'abc',
      'de0123456789',
      '',
    ])
    expect(heard[1]?.body.trailers).to.deep.equal([['x-sum', '1']])
    expect(answer.match(/204/g)).to.have.length(3)
  })

  it('answers requests in advance one after the other, however many', async () => {
    const { heard, answer } = await converse([get().repeat(5000)])
    expect(heard.length).to.be.greaterThan(0)
    let count = 0
    const { client, front } = frontFor((exchange) => {
      exchange.respond({ status: 204, headers: [] }, null)
      if (++count === 5000) front.close()
    })
    const all = received(client)
    client.write(get().repeat(5000))
    expect((await all).match(/HTTP/g)).to.have.length(5000)
    expect(answer).to.contain('204')
  })

  it('frames an answer by its length, or in chunks with trailers for who takes them', async () => {
    const known = await answerTo(get(), (exchange) =>
      exchange.respond({ status: 200, headers: [['x', 'y']] }, bodyOf(['abc'], { length: 3 })),
    )
    expect(known).to.equal('HTTP/1.1 200 OK\r\nx: y\r\ncontent-length: 3\r\n\r\nabc')
    const answer = (exchange: Exchange): void =>
      exchange.respond(
        { status: 200, headers: [] },
        bodyOf(['abc', '', 'd'], { trailers: [['x-sum', '1']] }),
      )
    const start = 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n1\r\nd\r\n0\r\n'
    expect(await answerTo(get('TE: trailers\r\n'), answer)).to.equal(`${start}x-sum: 1\r\n\r\n`)
    expect(await answerTo(get(), answer)).to.equal(`${start}\r\n`)
  })

  it('sends no body with the answer to HEAD, 204 and 304, and tells the length to HEAD', async () => {
    const body = bodyOf(['abc'], { length: 3 })
    const head = await answerTo(get().replace('GET', 'HEAD'), (exchange) =>
      exchange.respond({ status: 200, headers: [] }, body),
    )
    expect(head).to.equal('HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\n')
    expect(body.isCancelled).to.equal(true)
    for (const status of [204, 304]) {
      const answer = await answerTo(get(), (exchange) =>
        exchange.respond({ status, headers: [] }, bodyOf(['abc'])),
      )
      expect(answer).to.match(/^HTTP\/1\.1 \d+ [A-Za-z ]+\r\n\r\n$/)
    }
  })

  it('never writes framing that it was handed, nor a field that would break it', async () => {
    const own = await answerTo(get(), (exchange) =>
      exchange.respond(
        {
          status: 200,
          headers: [
            ['content-length', '9'],
            ['transfer-encoding', 'chunked'],
          ],
        },
        null,
      ),
    )
    expect(own).to.equal('HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n')
    for (const value of ['a\r\nb: c', 'a\u010ab', 'a\0']) {
      const answer = await answerTo(get(), (exchange) =>
        exchange.respond({ status: 200, headers: [['x', value]] }, null),
      )
      expect(answer).to.equal('')
    }
  })

  it('puts given words into the status line, if they are one line', async () => {
    const answer = (phrase: string): Promise<string> =>
      answerTo(get(), (exchange) => exchange.respond({ status: 403, headers: [], phrase }, null))
    expect(await answer('b.test is not allowed')).to.equal(
      'HTTP/1.1 403 b.test is not allowed\r\ncontent-length: 0\r\n\r\n',
    )
    for (const phrase of ['a\r\nb: c', 'a\u010ab', 'a\0']) expect(await answer(phrase)).to.equal('')
  })

  const cuts: [string, ReturnType<typeof bodyOf>][] = [
    ['fails', bodyOf(['ab'], { error: new Error('gone') })],
    ['is longer than announced', bodyOf(['abcd'], { length: 3 })],
    ['is shorter than announced', bodyOf(['ab'], { length: 3 })],
  ]
  for (const [title, body] of cuts) {
    it(`cuts the connection when the body of an answer ${title}`, async () => {
      const outcomes: boolean[] = []
      const answer = await answerTo(get(), (exchange) => {
        exchange.onClose((complete) => outcomes.push(complete))
        exchange.respond({ status: 200, headers: [] }, body)
      })
      expect(answer).to.not.contain('0\r\n\r\n')
      expect(answer).to.not.contain('abcd')
      expect(outcomes).to.deep.equal([false])
    })
  }

  it('tells a waiting client to go on, once, and closes when it was refused instead', async () => {
    const request =
      'POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-Continue\r\nContent-Length: 1\r\n\r\n'
    const answer = await answerTo(`${request}a`, (exchange) => {
      expect(exchange.head.expectsContinue).to.equal(true)
      exchange.continue()
      exchange.continue()
      void collect(exchange.body).then(() => exchange.respond({ status: 204, headers: [] }, null))
    })
    expect(answer).to.equal('HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n')
    const refused = await answerTo(request, (exchange) =>
      exchange.respond({ status: 403, headers: [] }, null),
    )
    expect(refused).to.equal(
      'HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\nconnection: close\r\n\r\n',
    )
  })

  it('reads a short body away that nobody wanted, and closes on a long one', async () => {
    const post = (length: number): string =>
      `POST / HTTP/1.1\r\nHost: a\r\nContent-Length: ${length}\r\n\r\n${'x'.repeat(length)}`
    const answers = async (length: number): Promise<number> => {
      let count = 0
      const { client, front } = frontFor((exchange) => {
        exchange.respond({ status: 204, headers: [] }, null)
        if (++count === 2) front.close()
      })
      const answer = received(client)
      client.write(post(length) + get())
      return (await answer).match(/HTTP/g)?.length ?? 0
    }
    expect(await answers(65_536)).to.equal(2)
    expect(await answers(65_537)).to.equal(1)
  })

  it('gives the connection away, beginning with bytes that were read already', async () => {
    const request = 'CONNECT a.test:443 HTTP/1.1\r\nHost: a.test:443\r\n\r\nhello'
    const { client } = frontFor(
      (exchange) => {
        const connection = exchange.switchTo({ status: 200, headers: [] })
        connection.on('data', (chunk: Buffer) => connection.write(chunk.toString().toUpperCase()))
        connection.on('end', () => connection.end('bye'))
        connection.resume()
      },
      { allowConnect: true },
    )
    const answer = received(client)
    client.write(request)
    await once(client, 'data')
    client.write(' there')
    client.end()
    expect(await answer).to.equal('HTTP/1.1 200 OK\r\n\r\nHELLO THEREbye')
  })

  it('fails the body and tells the exchange when the client leaves within it', async () => {
    const post = 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nab'
    const { heard, outcomes } = await converse([post])
    expect(heard[0]?.body.error).to.be.instanceOf(Error)
    expect(outcomes).to.deep.equal([false])
  })

  it('takes a client that ends before the answer for gone, and answers one that ends after', async () => {
    const outcomes: boolean[] = []
    const early = frontFor((exchange) => exchange.onClose((complete) => outcomes.push(complete)))
    const cut = received(early.client)
    early.client.end(get())
    expect(await cut).to.equal('')
    expect(outcomes).to.deep.equal([false])
    const late = frontFor((exchange) => {
      exchange.onClose((complete) => outcomes.push(complete))
      const body = bodyOf(['abc'], { length: 3 })
      const start = body.start.bind(body)
      const slow = {
        ...body,
        start: (sink: Parameters<typeof start>[0]) => void setTimeout(() => start(sink), 20),
      }
      exchange.respond({ status: 200, headers: [] }, slow)
    })
    const answer = received(late.client)
    late.client.end(get())
    expect(await answer).to.match(/abc$/)
    expect(outcomes).to.deep.equal([false, true])
  })

  it('cuts the connection when the code above throws', async () => {
    const answer = await answerTo(get(), () => {
      throw new Error('a mistake')
    })
    expect(answer).to.equal('')
  })
})
