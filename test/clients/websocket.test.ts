import type { Sandbox } from '@caisson/core'
import { createTestAuthority } from '@caisson/egress-proxy/testing'
import { expect } from 'chai'
import { once } from 'node:events'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { WebSocketServer } from 'ws'
import { expectDone, expectRefused } from './packages/expect-refused.ts'
import { longestTestMs } from './packages/guarded.ts'
import { whyNot } from './packages/installed.ts'
import { sandboxLeadingTo } from './support/listening.ts'
import { modulesInside } from './support/modules.ts'

const why = whyNot('node', '--version')

/** Sends three hundred messages, and prints how many of them came back as they were, in order. */
const client = `
const WebSocket = require('${modulesInside}/ws')
const socket = new WebSocket('wss://api.good.test/live')
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
}

async function outside(websocket: boolean): Promise<World> {
  const authority = createTestAuthority()
  const server = createServer({
    SNICallback: (name, done) => done(null, authority.contextFor(name)),
  })
  const seen: string[] = []
  new WebSocketServer({ server }).on('connection', (socket, request) => {
    seen.push(request.url ?? '')
    socket.on('message', (data, binary) => socket.send(data, { binary }))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const network = { allow: [{ host: 'api.good.test', websocket }] }
  const sandbox = await sandboxLeadingTo({ network, port, trust: authority.certificate })
  return {
    sandbox,
    seen,
    async [Symbol.asyncDispose]() {
      await sandbox[Symbol.asyncDispose]()
      server.close()
      server.closeAllConnections()
    },
  }
}

describe(`ws in a sandbox${why}`, function () {
  this.timeout(longestTestMs)
  before(function () {
    if (why !== '') this.skip()
  })

  it('sends and receives messages where WebSocket is allowed', async () => {
    await using world = await outside(true)
    const result = await world.sandbox.exec(['node', '-e', client], { timeoutMs: 50_000 })
    expectDone(result)
    expect(result.stdout).to.equal('300\n')
    expect(world.seen).to.deep.equal(['/live'])
  })

  it('is refused where only requests are allowed', async () => {
    await using world = await outside(false)
    const result = await world.sandbox.exec(['node', '-e', client], { timeoutMs: 50_000 })
    expectRefused(result, 'GET api.good.test/live')
    expect(JSON.parse(result.stdout)).to.have.nested.property('refused.code').that.is.a('string')
    expect(world.seen).to.deep.equal([])
  })
})
