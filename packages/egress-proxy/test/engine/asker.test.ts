import { expect } from 'chai'
import { Asker, type AskBounds, type OnAsk, type Question } from '../../dist/engine/asker.js'
import type { HttpRequest } from '../../dist/decide/request.js'

const bounds: AskBounds = { pendingAsks: 2, askMs: 40, askTtlMs: 60_000 }
const never = new AbortController().signal

function request(path: string, more: Partial<HttpRequest> = {}): HttpRequest {
  return {
    kind: 'http',
    door: 'connect',
    host: 'api.good.test',
    port: 443,
    scheme: 'https',
    method: 'GET',
    path,
    query: [],
    headers: [],
    websocket: false,
    carriers: [],
    body: null,
    ...more,
  }
}

/** Questions that wait for an answer. */
function held(): {
  readonly onAsk: OnAsk
  readonly questions: Question[]
  readonly answer: (granted: boolean) => void
} {
  const questions: Question[] = []
  const resolves: ((granted: boolean) => void)[] = []
  return {
    questions,
    onAsk: (question) => {
      questions.push(question)
      return new Promise((resolve) => resolves.push(resolve))
    },
    answer: (granted) => {
      for (const resolve of resolves.splice(0)) resolve(granted)
    },
  }
}

describe('asker', () => {
  it('asks once about requests that are equal, while they wait and afterwards', async () => {
    const { onAsk, questions, answer } = held()
    const asker = new Asker(onAsk, bounds)
    const both = [1, 2].map(() => asker.ask(request('/a'), 'network.ask[0]', never))
    answer(true)
    expect(await Promise.all(both)).to.deep.equal([null, null])
    expect(await asker.ask(request('/a'), 'network.ask[0]', never)).to.equal(null)
    expect(questions).to.have.length(1)
    expect(questions[0]).to.include({
      host: 'api.good.test',
      port: 443,
      method: 'GET',
      path: '/a',
      rule: 'network.ask[0]',
    })
  })

  it('keeps a refusal as well, and neither longer than it holds', async () => {
    let asked = 0
    const asker = new Asker(
      () => {
        asked += 1
        return false
      },
      { ...bounds, askTtlMs: 0 },
    )
    expect(await asker.ask(request('/a'), null, never)).to.equal('ask_denied')
    expect(await asker.ask(request('/a'), null, never)).to.equal('ask_denied')
    expect(asked).to.equal(2)
  })

  const others: readonly [why: string, other: HttpRequest][] = [
    ['path', request('/b')],
    ['method', request('/a', { method: 'HEAD' })],
    ['query', request('/a', { query: [['q', '1']] })],
    ['port', request('/a', { port: 444 })],
    ['host', request('/a', { host: 'other.good.test' })],
  ]
  for (const [why, other] of others) {
    it(`asks anew about another ${why}`, async () => {
      let asked = 0
      const asker = new Asker(() => ++asked > 0, bounds)
      await asker.ask(request('/a'), null, never)
      await asker.ask(other, null, never)
      expect(asked).to.equal(2)
    })
  }

  const answers: readonly [why: string, onAsk: OnAsk | undefined, code: string][] = [
    ['nobody is there', undefined, 'ask_missing'],
    ['a word', () => 'true' as never, 'ask_denied'],
    ['an object', () => ({}) as never, 'ask_denied'],
    ['nothing', () => undefined as never, 'ask_denied'],
    [
      'a throw',
      () => {
        throw new Error('x')
      },
      'ask_failed',
    ],
    ['a rejection', () => Promise.reject(new Error('x')), 'ask_failed'],
    ['silence', () => new Promise(() => undefined), 'ask_timeout'],
  ]
  for (const [why, onAsk, code] of answers) {
    it(`takes ${why} for ${code}`, async () => {
      expect(await new Asker(onAsk, bounds).ask(request('/a'), null, never)).to.equal(code)
    })
  }

  it('leaves no timer behind an answer', async () => {
    const timers = (): number =>
      process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length
    await new Promise((resolve) => setImmediate(resolve))
    const before = timers()
    await new Asker(() => true, { ...bounds, askMs: 60_000 }).ask(request('/a'), null, never)
    expect(timers()).to.equal(before)
  })

  it('refuses what is too much at a time, and takes more when there is room', async () => {
    const { onAsk, answer } = held()
    const asker = new Asker(onAsk, { ...bounds, askMs: 60_000 })
    const waiting = [asker.ask(request('/1'), null, never), asker.ask(request('/2'), null, never)]
    expect(await asker.ask(request('/3'), null, never)).to.equal('ask_failed')
    answer(true)
    await Promise.all(waiting)
    const fourth = asker.ask(request('/4'), null, never)
    answer(true)
    expect(await fourth).to.equal(null)
  })

  it('calls a question off when the last who waits has left, and keeps no answer to it', async () => {
    const { onAsk, questions, answer } = held()
    const asker = new Asker(onAsk, { ...bounds, askMs: 60_000 })
    const [one, two] = [new AbortController(), new AbortController()]
    const both = [
      asker.ask(request('/a'), null, one.signal),
      asker.ask(request('/a'), null, two.signal),
    ]
    one.abort()
    expect(questions[0]?.signal.aborted).to.equal(false)
    two.abort()
    expect(questions[0]?.signal.aborted).to.equal(true)
    answer(true)
    expect(await Promise.all(both)).to.deep.equal(['ask_timeout', 'ask_timeout'])
    const later = asker.ask(request('/a'), null, never)
    expect(questions).to.have.length(2)
    answer(false)
    expect(await later).to.equal('ask_denied')
  })

  it('forgets every grant, and what waits, when the policy is another', async () => {
    const { onAsk, questions, answer } = held()
    const asker = new Asker(onAsk, { ...bounds, askMs: 60_000 })
    const first = asker.ask(request('/a'), null, never)
    answer(true)
    await first
    const second = asker.ask(request('/b'), null, never)
    asker.forget()
    answer(true)
    expect(await second).to.equal('ask_timeout')
    const third = asker.ask(request('/a'), null, never)
    answer(true)
    expect(await third).to.equal(null)
    expect(questions).to.have.length(3)
  })
})
