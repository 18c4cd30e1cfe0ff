import { expect } from 'chai'
import { foreign, keyed, secret } from '../support/keyed.ts'
import type { Answer } from '../support/origin.ts'
import { good, type Proxied } from '../support/proxied.ts'
import { sessionOver } from '../support/ways.ts'

interface Called {
  readonly status: unknown
  readonly grpc: unknown
  readonly told: string
}

const message = Buffer.concat([Buffer.from([0, 0, 0, 0, 2]), Buffer.from('hi')])

/** One call of gRPC, and what came back. */
async function call(
  world: Proxied,
  fields: Readonly<Record<string, string>> = {},
): Promise<Called> {
  const session = sessionOver(await world.interceptedSocket(good, ['h2']), good)
  const stream = session.request({
    ':method': 'POST',
    ':path': '/pkg.Service/Say',
    'content-type': 'application/grpc',
    te: 'trailers',
    ...fields,
  })
  const heads: object[] = []
  let body = ''
  stream.setEncoding('latin1')
  stream.on('response', (head) => heads.push(head))
  stream.on('trailers', (trailers) => heads.push(trailers))
  stream.on('data', (chunk: string) => (body += chunk))
  stream.on('error', () => undefined)
  stream.end(message)
  await new Promise((resolve) => stream.once('close', resolve))
  session.destroy()
  const all = Object.assign({}, ...heads) as Record<string, unknown>
  return { status: all[':status'], grpc: all['grpc-status'], told: JSON.stringify(heads) + body }
}

/** Gives back in all places what it was shown. */
const answer: Answer = (request, response) => {
  const key = String(request.headers['x-api-key'])
  const text = Buffer.from(`you are ${key}`)
  response.setHeader('content-type', 'application/grpc')
  response.setHeader('x-echo', key)
  response.addTrailers({ 'grpc-status': '0', 'grpc-message': `for ${key}` })
  response.end(Buffer.concat([Buffer.from([0, 0, 0, 0, text.length]), text]))
}

const rule = { body: { grpc: ['pkg.Service/Say'] } }

describe('a call of gRPC', () => {
  it('goes in the name of the credential, and shows it to nobody inside', async () => {
    await using world = await keyed('key', { rule, answer })
    const dummy = world.proxy.environment['ANTHROPIC_API_KEY'] ?? ''
    for (const fields of [{}, { 'x-api-key': dummy }]) {
      const { status, grpc, told } = await call(world, fields)
      expect([status, grpc]).to.deep.equal([200, '0'])
      expect(told).to.include('redacted').and.not.include(secret)
    }
    expect(world.origin.seen).to.have.length(2)
    for (const { raw } of world.origin.seen)
      expect(raw.join('\n')).to.include(secret).and.not.include(dummy)
  })

  it('goes in nobody else’s', async () => {
    const foreignFields: readonly Readonly<Record<string, string>>[] = [
      { authorization: `Bearer ${foreign}` },
      { 'x-api-key': foreign },
      { 'x-goog-api-key': foreign },
      { 'authorization-bin': Buffer.from(foreign).toString('base64') },
      { 'x-access-token-bin': Buffer.from(foreign).toString('base64') },
      { cookie: `a=${foreign}` },
    ]
    for (const identity of ['key', 'anonymous', 'guest']) {
      await using world = await keyed(identity, { rule, answer })
      for (const fields of foreignFields) {
        const { grpc } = await call(world, fields)
        // Permission denied (7), or not authenticated (16), as clients of gRPC read it.
        const codes = identity === 'guest' ? ['0'] : ['7', '16']
        expect([identity, fields, codes.includes(String(grpc))]).to.deep.equal([
          identity,
          fields,
          true,
        ])
      }
      expect(world.origin.seen.length).to.equal(identity === 'guest' ? foreignFields.length : 0)
      if (identity !== 'guest') expect(world.reached).to.equal(0)
    }
  })

  it('of another method goes nowhere', async () => {
    await using world = await keyed('key', { rule, answer })
    expect((await call(world, { ':path': '/pkg.Service/Other' })).grpc).to.equal('7')
    expect(world.reached).to.equal(0)
  })
})
