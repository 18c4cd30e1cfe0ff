import { createHash } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { connectTo } from '../support/client.ts'
import { type EitherForm, get, good, outcome, post, type Wanted } from './either-form.ts'

/** Something that is played against a proxy in each of its forms. */
export interface Scene {
  readonly title: string
  readonly wanted?: Wanted
  /** What the client saw, in order. */
  readonly play: (form: EitherForm) => Promise<readonly string[]>
  readonly seen: readonly string[]
}

const ask: Wanted = { network: { ask: [good] } }

export const scenes: readonly Scene[] = [
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
      form.origin.server.on('upgrade', echo)
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

/** A WebSocket (RFC 6455, 4.2.2) that sends back what came in one short frame, as binary. */
function echo({ headers }: IncomingMessage, socket: Duplex): void {
  const key = `${headers['sec-websocket-key'] ?? ''}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`
  const accept = createHash('sha1').update(key).digest('base64')
  socket.on('error', () => undefined)
  socket.write(
    'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n' +
      `Sec-WebSocket-Accept: ${accept}\r\n\r\n`,
  )
  socket.on('data', (frame: Buffer) => {
    const text = frame.subarray(6)
    socket.write(Buffer.concat([Buffer.from([0x82, text.length]), text]))
  })
}

async function askBoth(form: EitherForm): Promise<readonly string[]> {
  const talk = await form.intercepted()
  const yes = await talk.send(get('/yes')).answer()
  const no = await talk.send(get('/no')).answer()
  talk.destroy()
  return [outcome(yes), outcome(no)]
}
