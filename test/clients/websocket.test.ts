import type { NetworkPolicy, Sandbox } from '@caisson/core'
import { createTestAuthority } from '@caisson/egress-proxy/testing'
import { expect } from 'chai'
import { once } from 'node:events'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { WebSocketServer } from 'ws'
import { expectDone, expectRefused, expectUnseen } from './packages/expect-refused.ts'
import { longestTestMs } from './packages/guarded.ts'
import { whyNot } from './packages/installed.ts'
import { held, heldIn, stolen } from './support/held.ts'
import { sandboxLeadingTo } from './support/listening.ts'
import { modulesInside } from './support/modules.ts'

const why = whyNot('node', '--version')

/** Sends three hundred messages, and prints how many of them came back as they were, in order. */
const client = `
const WebSocket = require('${modulesInside}/ws')
const [header, value, protocol] = process.argv.slice(1)
const headers = header ? { [header]: value } : {}
const socket = new WebSocket('wss://api.good.test/live', protocol ? ['v1', protocol] : [], { headers })
const total = 300
let good = 0, came = 0
socket.on('open', () => { for (let i = 0; i < total; i++) socket.send('message ' + i) })
socket.on('message', (data) => {
  if (String(data) === 'message ' + came++) good++
  if (came === total) socket.close()
})
socket.on('close', () => console.log(good))
socket.on('unexpected-response', (_, response) => {
  response.on('data', (data) => process.stdout.write(data)).on('end', () => process.exit(1))
})
`

interface World extends AsyncDisposable {
  readonly sandbox: Sandbox
  readonly seen: string[]
  /** What came in the header `authorization` of each. */
  readonly names: (string | undefined)[]
}

async function outside(network: NetworkPolicy): Promise<World> {
  const authority = createTestAuthority()
  const server = createServer({
    SNICallback: (name, done) => done(null, authority.contextFor(name)),
  })
  const seen: string[] = []
  const names: World['names'] = []
  new WebSocketServer({ server }).on('connection', (socket, request) => {
    seen.push(request.url ?? '')
    names.push(request.headers.authorization)
    socket.on('message', (data, binary) => socket.send(data, { binary }))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const trust = authority.certificate
  const credentials = heldIn({ header: 'authorization', scheme: 'Bearer' })
  const sandbox = await sandboxLeadingTo({ network, port, trust, credentials })
  return {
    sandbox,
    seen,
    names,
    async [Symbol.asyncDispose]() {
      await sandbox[Symbol.asyncDispose]()
      server.close()
      server.closeAllConnections()
    },
  }
}

const live = (identity: string): NetworkPolicy => ({
  allow: [{ host: 'api.good.test', websocket: true, identity }],
})

describe(`ws in a sandbox${why}`, function () {
  this.timeout(longestTestMs)
  before(function () {
    if (why !== '') this.skip()
  })

  it('sends and receives messages where WebSocket is allowed', async () => {
    await using world = await outside(live('anonymous'))
    const result = await world.sandbox.exec(['node', '-e', client], { timeoutMs: 50_000 })
    expectDone(result)
    expect(result.stdout).to.equal('300\n')
    expect(world.seen).to.deep.equal(['/live'])
  })

  it('is refused where only requests are allowed', async () => {
    await using world = await outside({ allow: ['api.good.test'] })
    const result = await world.sandbox.exec(['node', '-e', client], { timeoutMs: 50_000 })
    expectRefused(result, 'GET api.good.test/live')
    expect(JSON.parse(result.stdout)).to.have.nested.property('refused.code').that.is.a('string')
    expect(world.seen).to.deep.equal([])
  })

  for (const [how, args] of [
    ['nothing', []],
    ['its dummy', ['Authorization']],
  ] as const) {
    it(`sends ${how} where it speaks in our name, and the secret arrives`, async () => {
      await using world = await outside(live('key'))
      const script = node(how === 'nothing' ? '' : 'Bearer $API_KEY', ...args)
      const result = await world.sandbox.exec(script, { timeoutMs: 50_000 })
      expectDone(result)
      expect(result.stdout).to.equal('300\n')
      expect(world.names).to.deep.equal([`Bearer ${held}`])
      await expectUnseen(world.sandbox, held, [result])
    })
  }

  for (const [how, identity, args] of [
    ['a token of its own in our name', 'key', ['Authorization', `Bearer ${stolen}`]],
    ['a token of its own in nobody’s name', 'anonymous', ['Authorization', `Bearer ${stolen}`]],
    ['a cookie', 'key', ['Cookie', `session=${stolen}`]],
    ['a token as a sub-protocol', 'key', ['X-Note', 'x', `bearer.${stolen}`]],
    [
      'a token as a sub-protocol, in nobody’s name',
      'anonymous',
      ['X-Note', 'x', `bearer.${stolen}`],
    ],
  ] as const) {
    it(`does not bring ${how}`, async () => {
      await using world = await outside(live(identity))
      const command = ['node', '-e', client, ...args]
      const result = await world.sandbox.exec(command, { timeoutMs: 50_000 })
      expectRefused(result, 'GET api.good.test/live')
      expect(JSON.parse(result.stdout)).to.have.nested.property(
        'refused.code',
        'foreign_credential',
      )
      expect(world.seen).to.deep.equal([])
    })
  }

  it('would bring a token of its own where guests do', async () => {
    await using world = await outside(live('guest'))
    const command = ['node', '-e', client, 'Authorization', `Bearer ${stolen}`]
    expectDone(await world.sandbox.exec(command, { timeoutMs: 50_000 }))
    expect(world.names).to.deep.equal([`Bearer ${stolen}`])
  })
})

/** Runs the client with arguments of which the shell makes the last. */
function node(last: string, ...args: readonly string[]): string[] {
  return ['sh', '-c', `exec node -e "$@" ${last === '' ? '' : `"${last}"`}`, 'sh', client, ...args]
}
