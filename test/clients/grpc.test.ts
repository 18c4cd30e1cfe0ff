import {
  Server,
  ServerCredentials,
  type ServerUnaryCall,
  type UntypedHandleCall,
} from '@grpc/grpc-js'
import type { Sandbox } from '@caisson/core'
import { createTestAuthority } from '@caisson/egress-proxy/testing'
import { expect } from 'chai'
import { once } from 'node:events'
import { type AddressInfo, connect } from 'node:net'
import { createServer } from 'node:tls'
import { expectDone, expectRefused, expectUnseen } from './packages/expect-refused.ts'
import { longestTestMs } from './packages/guarded.ts'
import { whyNot } from './packages/installed.ts'
import { held, heldIn, stolen } from './support/held.ts'
import { sandboxLeadingTo } from './support/listening.ts'
import { modulesInside } from './support/modules.ts'

const why = whyNot('node', '--version')
const same = (bytes: Buffer): Buffer => bytes

/** Messages are their bytes: no schema is needed for what is tested. */
const method = (name: string, requestStream: boolean, responseStream: boolean) => ({
  path: `/pkg.Svc/${name}`,
  requestStream,
  responseStream,
  requestSerialize: same,
  requestDeserialize: same,
  responseSerialize: same,
  responseDeserialize: same,
})

/** Calls the method that the argument names, with metadata by the next two, and prints what comes back. */
const client = `
const grpc = require('${modulesInside}/@grpc/grpc-js')
const same = (bytes) => bytes
const [name, key, value = ''] = process.argv.slice(1)
const metadata = new grpc.Metadata()
if (key) metadata.set(key, value.replace('$API_KEY', process.env.API_KEY))
const named = grpc.credentials.createFromMetadataGenerator((_, done) => done(null, metadata))
const secure = grpc.credentials.createSsl(require('fs').readFileSync(process.env.SSL_CERT_FILE))
const svc = new grpc.Client('api.good.test:443', grpc.credentials.combineChannelCredentials(secure, named))
const failed = (error) => { console.error(grpc.status[error.code] + ': ' + error.details); process.exit(1) }
const args = ['/pkg.Svc/' + name, same, same]
const show = (call) => call.on('data', (data) => console.log(String(data))).on('error', failed)
if (name === 'List') show(svc.makeServerStreamRequest(...args, Buffer.from('x')))
else if (name === 'Chat') {
  const call = show(svc.makeBidiStreamRequest(...args))
  for (const word of ['a', 'b', 'c']) call.write(Buffer.from(word))
  call.end()
} else svc.makeUnaryRequest(...args, Buffer.from('x'), (error, data) => error ? failed(error) : console.log(String(data)))
`

interface World extends AsyncDisposable {
  readonly sandbox: Sandbox
  readonly seen: string[]
}

async function outside(identity = 'anonymous'): Promise<World> {
  const seen: string[] = []
  const { server, port: plain } = await openService(seen)
  const authority = createTestAuthority()
  const front = createServer(
    { ALPNProtocols: ['h2'], SNICallback: (name, done) => done(null, authority.contextFor(name)) },
    (socket) => {
      const inner = connect(plain, '127.0.0.1')
      socket.pipe(inner).pipe(socket)
      socket.on('error', () => inner.destroy())
      inner.on('error', () => socket.destroy())
    },
  )
  front.listen(0, '127.0.0.1')
  await once(front, 'listening')
  const { port } = front.address() as AddressInfo
  const paths = ['Get', 'List', 'Chat'].map((name) => `/pkg.Svc/${name}`)
  const network = { allow: [{ host: 'api.good.test', methods: ['POST'], paths, identity }] }
  const trust = authority.certificate
  const credentials = heldIn({ header: 'authorization', scheme: 'Bearer' })
  const sandbox = await sandboxLeadingTo({ network, port, trust, credentials })
  return {
    sandbox,
    seen,
    async [Symbol.asyncDispose]() {
      await sandbox[Symbol.asyncDispose]()
      server.forceShutdown()
      front.close()
    },
  }
}

async function openService(seen: string[]): Promise<{ server: Server; port: number }> {
  const server = new Server()
  const handle = (name: string, handler: UntypedHandleCall): UntypedHandleCall =>
    ((call: never, done: never) => {
      const { metadata } = call as ServerUnaryCall<Buffer, Buffer>
      seen.push([name, ...metadata.get('authorization')].join(' '))
      ;(handler as (call: never, done: never) => void)(call, done)
    }) as UntypedHandleCall
  const unary = handle('unary', (_call: unknown, done: (e: null, b: Buffer) => void) =>
    done(null, Buffer.from('one')),
  )
  const list = handle('List', (call: { write(b: Buffer): void; end(): void }) => {
    for (let index = 0; index < 3; index++) call.write(Buffer.from(`item ${index}`))
    call.end()
  })
  const chat = handle('Chat', (call: NodeJS.ReadWriteStream) => {
    call.on('data', (data) => call.write(data)).on('end', () => call.end())
  })
  const methods = {
    Get: method('Get', false, false),
    Erase: method('Erase', false, false),
    List: method('List', false, true),
    Chat: method('Chat', true, true),
  }
  server.addService(methods, { Get: unary, Erase: unary, List: list, Chat: chat })
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) =>
      error ? reject(error) : resolve(bound),
    )
  })
  return { server, port }
}

describe(`grpc-js in a sandbox${why}`, function () {
  this.timeout(longestTestMs)
  before(function () {
    if (why !== '') this.skip()
  })

  for (const [kind, name, printed] of [
    ['a single answer', 'Get', 'one\n'],
    ['a stream of answers', 'List', 'item 0\nitem 1\nitem 2\n'],
    ['streams both ways', 'Chat', 'a\nb\nc\n'],
  ] as const) {
    it(`calls an allowed method with ${kind}`, async () => {
      await using world = await outside()
      const result = await world.sandbox.exec(['node', '-e', client, name], { timeoutMs: 50_000 })
      expectDone(result)
      expect(result.stdout).to.equal(printed)
    })
  }

  it('is told PERMISSION_DENIED for another method', async () => {
    await using world = await outside()
    const result = await world.sandbox.exec(['node', '-e', client, 'Erase'], { timeoutMs: 50_000 })
    expectRefused(result, 'POST api.good.test/pkg.Svc/Erase')
    expect(result.stderr).to.include('PERMISSION_DENIED')
    expect(world.seen).to.deep.equal([])
  })

  for (const [how, metadata] of [
    ['nothing', []],
    ['its dummy', ['authorization', 'Bearer $API_KEY']],
  ] as const) {
    it(`sends ${how} where it speaks in our name, and the secret arrives`, async () => {
      await using world = await outside('key')
      const command = ['node', '-e', client, 'Get', ...metadata]
      const result = await world.sandbox.exec(command, { timeoutMs: 50_000 })
      expectDone(result)
      expect(result.stdout).to.equal('one\n')
      expect(world.seen).to.deep.equal([`unary Bearer ${held}`])
      await expectUnseen(world.sandbox, held, [result])
    })
  }

  for (const [how, identity, metadata] of [
    ['a token of its own in our name', 'key', ['authorization', `Bearer ${stolen}`]],
    ['a token of its own in nobody’s name', 'anonymous', ['authorization', `Bearer ${stolen}`]],
    ['a key of its own beside ours', 'key', ['x-api-key', stolen]],
    ['a key of another name', 'key', ['x-goog-iam-authorization-token', stolen]],
  ] as const) {
    it(`is told UNAUTHENTICATED for ${how}`, async () => {
      await using world = await outside(identity)
      const command = ['node', '-e', client, 'Get', ...metadata]
      const result = await world.sandbox.exec(command, { timeoutMs: 50_000 })
      expectRefused(result, 'POST api.good.test/pkg.Svc/Get')
      expect(result.stderr).to.match(/^UNAUTHENTICATED: .*says in whose name the request comes/)
      expect(world.seen).to.deep.equal([])
    })
  }

  it('would bring a token of its own where guests do', async () => {
    await using world = await outside('guest')
    const command = ['node', '-e', client, 'Get', 'authorization', `Bearer ${stolen}`]
    expectDone(await world.sandbox.exec(command, { timeoutMs: 50_000 }))
    expect(world.seen).to.deep.equal([`unary Bearer ${stolen}`])
  })
})
