import { expect } from 'chai'
import * as fc from 'fast-check'
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net'
import { compileGuard } from '../../dist/addresses/guard.js'
import type { TokenAnswer, TokenRequest } from '../../dist/credentials/secret.js'
import { tokenFetch } from '../../dist/credentials/token-fetch-dial.js'
import { createDialer } from '../../dist/dial/create-dialer-dial.js'
import { OwnAddresses } from '../../dist/dial/own-dial.js'
import { defaultLimits } from '../../dist/limits.js'
import { createTestAuthority } from '../../dist/testing.js'
import { Origin } from '../support/origin.ts'
import { faultOf, never, shown } from './fixture.ts'

const host = 'sts.good.test'
const authority = createTestAuthority()

interface Reach {
  readonly hosts?: Readonly<Record<string, string>>
  readonly trust?: string
  readonly credentialMs?: number
}

/** Asks by a dialer of its own, which is closed afterwards. */
async function ask(
  request: Partial<TokenRequest> & { readonly url: string },
  { hosts = {}, trust = authority.certificate, credentialMs = 30_000 }: Reach = {},
  signal: AbortSignal = never,
): Promise<TokenAnswer> {
  const guard = compileGuard({ allow: ['0.0.0.0/0', '::/0'], deny: [] })
  const dialer = createDialer({
    limits: defaultLimits,
    own: new OwnAddresses(),
    guard: () => guard,
    hosts,
    trust,
  })
  try {
    const fetch = tokenFetch(dialer, { credentialMs })
    return await fetch({ method: 'GET', headers: {}, ...request }, signal)
  } finally {
    dialer.close()
  }
}

async function failure(...given: Parameters<typeof ask>): Promise<string> {
  const fault = await faultOf(() => ask(...given))
  expect(shown(fault)).not.to.include('hunter2')
  return fault.message
}

/** A server that says these bytes to whatever it is asked. */
class Raw implements AsyncDisposable {
  readonly #server: Server
  readonly #sockets = new Set<Socket>()

  private constructor(server: Server) {
    this.#server = server
  }

  static async says(bytes: string | Buffer, ends = true): Promise<Raw> {
    const raw = new Raw(createServer())
    raw.#server.on('connection', (socket) => {
      raw.#sockets.add(socket)
      socket.on('error', () => undefined)
      socket.once('data', () => {
        socket.write(bytes)
        if (ends) socket.end()
      })
    })
    await new Promise<void>((resolve) => raw.#server.listen(0, '127.0.0.1', resolve))
    return raw
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/token`
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy()
    await new Promise((resolve) => this.#server.close(resolve))
  }
}

describe('a request to a token service', () => {
  it('is sent over TLS that is verified, and its answer read whole', async () => {
    await using origin = await Origin.tls(authority, (_request, response) => {
      response.writeHead(201, { 'x-some': 'thing' })
      response.end('{"token":"abc"}')
    })
    const hosts = { [`${host}:443`]: origin.address }
    const body = Buffer.from('grant_type=client_credentials')
    const headers = {
      'content-type': 'application/x-www-form-urlencoded',
      authorization: 'Basic x',
    }
    const url = `https://${host}/oauth/token?a=b`
    const answer = await ask({ method: 'POST', url, headers, body }, { hosts })
    expect([answer.status, answer.headers['x-some'], answer.body.toString()]).to.deep.equal([
      201,
      'thing',
      '{"token":"abc"}',
    ])
    const [seen] = origin.seen
    expect(seen).to.include({ method: 'POST', url: '/oauth/token?a=b', body: body.toString() })
    expect(seen?.headers).to.include({ ...headers, host, 'accept-encoding': 'identity' })
  })

  it('is not sent where the certificate is not trusted', async () => {
    await using origin = await Origin.tls(createTestAuthority())
    const hosts = { [`${host}:443`]: origin.address }
    expect(await failure({ url: `https://${host}/` }, { hosts })).to.equal(
      `token service ${host}: it could not be reached (tls_failed)`,
    )
    expect(origin.begun).to.equal(0)
  })

  it('follows no redirect', async () => {
    await using origin = await Origin.plain((_request, response) => {
      response.writeHead(302, { location: '/elsewhere' })
      response.end()
    })
    const { status, headers } = await ask({ url: `http://${origin.address}/` })
    expect([status, headers['location'], origin.begun]).to.deep.equal([302, '/elsewhere', 1])
  })

  const refused: readonly [url: string, told: RegExp][] = [
    ['http://sts.good.test/', /loopback only/],
    ['http://10.0.0.1/', /loopback only/],
    ['http://127.0.0.1.evil.test/', /loopback only/],
    ['ftp://127.0.0.1/', /must begin with https/],
    ['https://user:hunter2@sts.good.test/', /no user/],
    ['https://sts.good.test/#hunter2', /no fragment/],
    ['https://sts.good.test:0/', /no host that can be used/],
    ['no url hunter2', /cannot be read/],
  ]
  for (const [url, told] of refused) {
    it(`is not sent to ${url}`, async () => {
      expect(await failure({ url })).to.match(told)
    })
  }

  it('is given up when the answer takes too long, or nobody waits', async () => {
    await using raw = await Raw.says('HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhunter2', false)
    expect(await failure({ url: raw.url }, { credentialMs: 50 })).to.match(/it took too long$/)
    const controller = new AbortController()
    const failed = failure({ url: raw.url }, {}, controller.signal)
    controller.abort()
    expect(await failed).to.match(/it took too long$/)
    expect(await failure({ url: raw.url }, {}, AbortSignal.abort())).to.match(/it took too long$/)
  })

  const odd: readonly [what: string, bytes: string, told: RegExp][] = [
    ['is cut', 'HTTP/1.1 200 OK\r\ncontent-length: 90\r\n\r\nhunter2', /the answer was cut/],
    ['is no HTTP', 'hunter2\r\n\r\n', /the request failed/],
    ['is nothing', '', /the request failed/],
    [
      'is coded',
      'HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: 7\r\n\r\nhunter2',
      /the answer is coded/,
    ],
    [
      'is too long',
      `HTTP/1.1 200 OK\r\ncontent-length: 1048577\r\n\r\n${'hunter2'.repeat(149_797)}`,
      /longer than 1 MiB/,
    ],
    [
      'changes the protocol',
      'HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: upgrade\r\n\r\n',
      /the request failed|changed the protocol/,
    ],
  ]
  for (const [what, bytes, told] of odd) {
    it(`is refused when the answer ${what}`, async () => {
      await using raw = await Raw.says(bytes)
      expect(await failure({ url: raw.url })).to.match(told)
    })
  }

  it('has an answer or a fault, whatever bytes come', async () => {
    const valid = 'HTTP/1.1 200 OK\r\nx-a: 1\r\nx-a: 2\r\ncontent-length: 7\r\n\r\nhunter2'
    const change = fc.record({
      at: fc.nat(valid.length),
      cut: fc.nat(8),
      put: fc.string({ maxLength: 6 }),
    })
    await fc.assert(
      fc.asyncProperty(change, async ({ at, cut, put }) => {
        await using raw = await Raw.says(valid.slice(0, at) + put + valid.slice(at + cut))
        const answer = await ask({ url: raw.url }).catch((error: unknown) => error)
        if (answer instanceof Error) expect(answer.name).to.equal('SourceFault')
        else expect(answer).to.have.keys('status', 'headers', 'body')
        if (answer instanceof Error) expect(shown(answer)).not.to.include('hunter2')
      }),
      { seed: 7, numRuns: 150 },
    )
  })
})
