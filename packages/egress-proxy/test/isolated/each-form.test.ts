import { expect } from 'chai'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { generateKeyPairSync } from 'node:crypto'
import { createServer, type AddressInfo } from 'node:net'
import { verifyAuditTrail } from '../../dist/audit/verify-trail.js'
import type { Checkpoint } from '../../dist/audit/options.js'
import { connectTo, converse, credentials, line, secure } from '../support/client.ts'
import { EitherForm, type Form, get, good, outcome, post, type Wanted } from './either-form.ts'

for (const form of ['none', 'process'] as const)
  describe(`a proxy in form ${form}`, () => forms(form))

function forms(isolate: Form): void {
  it('takes over a listening socket', async () => {
    await using form = await EitherForm.open(isolate, { locate: () => Promise.resolve('p1') })
    const server = createServer()
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as AddressInfo
    await form.proxy.listen({ handle: server })
    const door = { host: '127.0.0.1', port }
    const { status, text, socket } = await connectTo(door, `${good}:443`)
    expect([status, text]).to.deep.equal([200, text])
    const client = await secure(socket, { servername: good, ca: form.proxy.certificate })
    client.destroy()
    const refused = await connectTo(door, 'evil.test:443')
    refused.socket.destroy()
    expect(form.decisions.at(-1)).to.include({ verdict: 'deny', processId: 'p1' })
    await form.proxy.close()
    const error: unknown = await line(door).catch((thrown: unknown) => thrown)
    expect(error).to.include({ code: 'ECONNREFUSED' })
  })

  it('takes over connections, what was read of them included', async () => {
    await using form = await EitherForm.open(isolate, {
      network: { allow: [{ host: good, protocol: 'http-plain', ports: [80] }] },
    })
    const server = createServer({ allowHalfOpen: true }, (socket) => {
      socket.once('data', (first: Buffer) => {
        socket.pause()
        socket.unshift(first)
        form.proxy.accept(socket, { door: 'proxy' })
      })
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as AddressInfo
    const request = `GET http://${good}/x HTTP/1.1\r\nHost: ${good}\r\nConnection: close\r\n\r\n`
    const text = await converse({ host: '127.0.0.1', port }, request)
    expect(outcome(text)).to.equal('200')
    await new Promise((resolve) => server.close(resolve))
  })

  it('writes a trail without a single value in it', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'caisson-both-'))
    const { publicKey, privateKey } = generateKeyPairSync('ed25519')
    const path = join(folder, 'trail')
    const checkpoints: Checkpoint[] = []
    try {
      await using form = await EitherForm.open(isolate, {
        network: { allow: [{ host: good, identity: 'guest' }] },
        audit: {
          path,
          strict: true,
          signingKey: privateKey,
          onCheckpoint: (checkpoint) => void checkpoints.push(checkpoint),
        },
      })
      const talk = await form.intercepted()
      const fields = 'X-Key: s3cr3t-value\r\nCookie: a=s3cr3t-value\r\n'
      await talk.send(get('/a?token=s3cr3t-value', fields)).answer()
      await talk.send(post('/b', 's3cr3t-value')).answer()
      talk.destroy()
      await form.proxy.close()
      const text = readFileSync(path, 'utf8')
      expect(text).to.include('"x-key"').and.to.include('"token"').and.not.to.include('s3cr3t')
      expect(text).not.to.include(form.listener.token)
      expect(text).not.to.include('127.0.0.1')
      const verdict = verifyAuditTrail(text, { publicKey, checkpoints, sandboxId: 'box' })
      expect(verdict).to.include({ whole: true, closed: true, dropped: 0 })
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
  })

  it('gives lines to a function that writes', async () => {
    let text = ''
    await using form = await EitherForm.open(isolate, {
      audit: { write: (lines) => Promise.resolve(void (text += lines)) },
    })
    const { socket } = await connectTo(form.listener, 'evil.test:443')
    socket.destroy()
    await form.proxy.close()
    expect(verifyAuditTrail(text)).to.include({ whole: true, closed: true })
    expect(text).to.include('host_not_allowed')
  })

  it('tells those who listen, until they stop', async () => {
    await using form = await EitherForm.open(isolate)
    const heard: string[] = []
    const stop = form.proxy.on('decision', ({ host }) => void heard.push(host))
    for (const host of ['a.test', 'b.test']) {
      const { socket } = await connectTo(form.listener, `${host}:443`)
      socket.destroy()
      stop()
    }
    expect(heard).to.deep.equal(['a.test'])
  })

  it('has figures', async () => {
    await using form = await EitherForm.open(isolate)
    const talk = await form.intercepted()
    await talk.send(get('/')).answer()
    while (form.proxy.usage().bytesIn === 0) await new Promise((done) => setTimeout(done, 20))
    const { allowed, denied, openConnections } = form.proxy.usage()
    expect({ allowed, denied, openConnections }).to.deep.equal({
      allowed: 2,
      denied: 0,
      openConnections: 1,
    })
    talk.destroy()
  })

  it('closes listeners one by one, and all', async () => {
    await using form = await EitherForm.open(isolate)
    const { listener } = form
    await listener.close()
    const error: unknown = await line(listener).catch((thrown: unknown) => thrown)
    expect(error).to.include({ code: 'ECONNREFUSED' })
    await form.proxy.close()
    await listener.close()
    expect(await form.proxy.ended).to.include({ reason: 'closed' })
    const late: unknown = await form.proxy.listen().catch((thrown: unknown) => thrown)
    expect(late).to.include({ code: 'SANDBOX_ENDED' })
  })

  const wrong: readonly [what: string, wanted: Wanted, error: object][] = [
    ['a policy that is none', { network: { allow: ['*'] } }, { code: 'POLICY_INVALID' }],
    [
      'a rule in the name of a credential that there is not',
      { network: { allow: [{ host: good, identity: 'nobody' }] } },
      { code: 'POLICY_INVALID' },
    ],
    ['an option that is none', { trust: 'x' }, { name: 'TypeError' }],
    ['a limit that is none', { limits: { connections: -1 } }, { name: 'TypeError' }],
    [
      'a trail that cannot be opened',
      { audit: { path: '/dev/full' } },
      { name: 'TypeError', message: 'audit.path: /dev/full is no plain file' },
    ],
  ]
  for (const [what, wanted, expected] of wrong) {
    it(`is not made with ${what}`, async () => {
      const error: unknown = await EitherForm.open(isolate, wanted).catch(
        (thrown: unknown) => thrown,
      )
      expect(error).to.include(expected)
    })
  }

  it('shows no token in a refusal', async () => {
    await using form = await EitherForm.open(isolate)
    const text = await converse(
      form.listener,
      `GET http://evil.test/ HTTP/1.1\r\nHost: evil.test\r\nConnection: close\r\n${credentials(form.listener)}\r\n`,
    )
    expect(text).to.include('host_not_allowed').and.not.to.include(form.listener.token)
  })
}
