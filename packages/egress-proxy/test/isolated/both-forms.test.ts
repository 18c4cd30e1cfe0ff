import { expect } from 'chai'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { generateKeyPairSync } from 'node:crypto'
import { createServer, type AddressInfo } from 'node:net'
import { WebSocketServer } from 'ws'
import { verifyAuditTrail } from '../../dist/audit/verify-trail.js'
import type { Checkpoint } from '../../dist/audit/options.js'
import { connectTo, converse, credentials, line, secure } from '../support/client.ts'
import { EitherForm, type Form, get, good, outcome, post, type Wanted } from './either-form.ts'

interface Scene {
  readonly title: string
  readonly wanted?: Wanted
  /** What the client saw, in order. */
  readonly play: (form: EitherForm) => Promise<readonly string[]>
  readonly seen: readonly string[]
}

const ask: Wanted = { network: { ask: [good] } }

const scenes: readonly Scene[] = [
  {
    title: 'allows what the rules allow',
    play: async (form) => {
      const talk = await form.intercepted()
      const text = await talk.send(get('/a?q=1')).answer()
      talk.destroy()
      return [outcome(text)]
    },
    seen: ['200'],
  },
  {
    title: 'refuses a host that no rule names',
    play: async ({ listener }) => {
      const { text, socket } = await connectTo(listener, 'evil.test:443')
      socket.destroy()
      return [outcome(text)]
    },
    seen: ['403 host_not_allowed'],
  },
  {
    title: 'refuses a client without the token',
    play: async ({ listener: { host, port } }) => {
      const { text, socket } = await connectTo({ host, port }, `${good}:443`)
      socket.destroy()
      return [outcome(text)]
    },
    seen: ['407 unauthorized'],
  },
  {
    title: 'judges each request of a connection',
    wanted: { network: { allow: [{ host: good, methods: ['GET'], paths: ['/open/**'] }] } },
    play: async (form) => {
      const talk = await form.intercepted()
      const seen: string[] = []
      for (const request of [get('/open/a'), get('/shut/a'), get('/open/b')]) {
        seen.push(outcome(await talk.send(request).answer()))
      }
      talk.destroy()
      return seen
    },
    seen: ['200', '403 path_not_allowed', '200'],
  },
  {
    title: 'grants what is asked for, when the answer is yes',
    wanted: { ...ask, onAsk: ({ path }) => Promise.resolve(path === '/yes') },
    play: askBoth,
    seen: ['200', '403 ask_denied'],
  },
  {
    title: 'refuses what is asked for, when asking fails',
    wanted: {
      ...ask,
      onAsk: () => {
        throw new Error('a secret')
      },
    },
    play: askBoth,
    seen: ['403 ask_failed', '403 ask_failed'],
  },
  {
    title: 'refuses what is asked for, when nobody answers in time',
    wanted: { ...ask, onAsk: () => new Promise(() => undefined), limits: { askMs: 30 } },
    play: askBoth,
    seen: ['403 ask_timeout', '403 ask_timeout'],
  },
  {
    title: 'lets hooks narrow',
    wanted: {
      hooks: {
        onRequest: ({ path }) => (path === '/no' ? { deny: 'not this one' } : undefined),
        onResponse: (_request, { status }) => (status === 200 ? undefined : { deny: 'not that' }),
      },
    },
    play: async (form) => {
      const talk = await form.intercepted()
      const first = await talk.send(get('/yes')).answer()
      const second = await talk.send(get('/no')).answer()
      talk.destroy()
      return [outcome(first), outcome(second), String(second.includes('not this one'))]
    },
    seen: ['200', '403 hook_denied', 'true'],
  },
  {
    title: 'refuses when a hook throws',
    wanted: { hooks: { onRequest: () => Promise.reject(new Error('a secret')) } },
    play: async (form) => {
      const talk = await form.intercepted()
      const text = await talk.send(get('/')).answer()
      talk.destroy()
      return [outcome(text), String(text.includes('a secret'))]
    },
    seen: ['403 hook_failed', 'false'],
  },
  {
    title: 'judges by a newer policy on a connection that is open',
    play: async (form) => {
      const talk = await form.intercepted()
      const seen = [outcome(await talk.send(get('/')).answer())]
      await form.proxy.update({ network: { allow: [{ host: good, paths: ['/new'] }] } })
      seen.push(outcome(await talk.send(get('/')).answer()))
      seen.push(outcome(await talk.send(get('/new')).answer()))
      talk.destroy()
      return seen
    },
    seen: ['200', '403 path_not_allowed', '200'],
  },
  {
    title: 'keeps the policy when a newer one cannot hold',
    play: async (form) => {
      const talk = await form.intercepted()
      const error: unknown = await form.proxy
        .update({ network: { allow: ['other.test'] } })
        .catch((thrown: unknown) => thrown)
      const after = await talk.send(get('/')).answer()
      talk.destroy()
      const { code, hint } = error as { code?: string; hint?: string }
      return [String(code), String(hint?.startsWith('name it in `ask`')), outcome(after)]
    },
    seen: ['POLICY_INVALID', 'true', '200'],
  },
  {
    title: 'stops at a budget',
    wanted: {
      network: {
        allow: [{ host: good, methods: ['POST'] }],
        budgets: { bytesPerRequest: 2000 },
      },
    },
    play: async (form) => {
      const talk = await form.intercepted()
      const first = await talk.send(post('/', 'x'.repeat(1000))).answer()
      const second = await talk.send(post('/', 'x'.repeat(3000))).answer()
      talk.destroy()
      return [outcome(first), outcome(second)]
    },
    seen: ['200', '413 budget_request'],
  },
  {
    title: 'carries a WebSocket, and cuts it when a newer policy does not allow it',
    wanted: { network: { allow: [{ host: good, websocket: true }] } },
    play: async (form) => {
      const server = new WebSocketServer({ noServer: true })
      form.origin.server.on('upgrade', (request, socket, head) => {
        server.handleUpgrade(request, socket, head, (peer) => {
          peer.on('error', () => undefined)
          peer.on('message', (data) => peer.send(data))
        })
      })
      const talk = await form.intercepted()
      talk.send(
        get(
          '/live',
          'Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n' +
            'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n',
        ),
      )
      const seen = [outcome(await talk.answer())]
      // A text frame of two letters, masked with zeros (RFC 6455, 5.2).
      talk.send(Buffer.from([0x81, 0x82, 0, 0, 0, 0, 0x68, 0x69]))
      seen.push(await talk.until((text) => text.length >= 4))
      await form.proxy.update({ network: { allow: [good] } })
      await talk.wasCut()
      server.close()
      return seen
    },
    seen: ['101', '\u0082\u0002hi'],
  },
  {
    title: 'refuses everything while the trail cannot be written',
    wanted: { audit: { strict: true, write: () => new Promise(() => undefined), pendingBytes: 1 } },
    play: async ({ listener, proxy }) => {
      const { text, socket } = await connectTo(listener, `${good}:443`)
      socket.destroy()
      void proxy
      return [outcome(text)]
    },
    seen: ['503 audit_failed'],
  },
]

async function askBoth(form: EitherForm): Promise<readonly string[]> {
  const talk = await form.intercepted()
  const yes = await talk.send(get('/yes')).answer()
  const no = await talk.send(get('/no')).answer()
  talk.destroy()
  return [outcome(yes), outcome(no)]
}

describe('a proxy in the host’s process and one of its own', function () {
  this.timeout(60_000)

  for (const { title, wanted = {}, play, seen } of scenes) {
    it(`${title}, alike`, async () => {
      const closeMs = wanted.audit === undefined ? {} : { audit: { ...wanted.audit, closeMs: 50 } }
      const told: unknown[] = []
      for (const isolate of ['none', 'process'] as const) {
        await using form = await EitherForm.open(isolate, { ...wanted, ...closeMs })
        expect(await play(form), isolate).to.deep.equal(seen)
        // A client hears of a refusal after the host did, so all of it is there already.
        const denied = form.told.filter(({ verdict }) => verdict === 'deny')
        expect(denied.length > 0, isolate).to.equal(seen.some((one) => /^\d+ [a-z]/.test(one)))
        await form.proxy.close()
        told.push(form.told)
      }
      expect(told[1]).to.deep.equal(told[0])
    })
  }

  for (const form of ['none', 'process'] as const) describe(`in form ${form}`, () => forms(form))
})

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
      'a policy that it cannot enforce',
      { network: { allow: [{ host: good, identity: 'guest' }] } },
      { code: 'POLICY_UNSUPPORTED' },
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
