import { setMaxListeners } from 'node:events'
import { expect } from 'chai'
import { defaultLimits } from '../../dist/limits.js'
import { RefusalError } from '../../dist/refusal.js'
import { hostLookupSource, type LookupAnswer } from '../../dist/resolve/lookup-source.js'
import { Resolver } from '../../dist/resolve/resolver.js'

const never: AbortSignal = new AbortController().signal
setMaxListeners(0, never)

interface Fake {
  readonly resolver: Resolver
  readonly asked: string[]
  readonly clock: { now: number }
}

function fake(
  answer: (host: string, count: number) => Promise<LookupAnswer> | LookupAnswer,
  limits: Partial<typeof defaultLimits> = {},
): Fake {
  const asked: string[] = []
  const clock = { now: 0 }
  const lookup = async (host: string) => {
    asked.push(host)
    return answer(host, asked.length)
  }
  const merged = { ...defaultLimits, ...limits }
  return {
    resolver: new Resolver({ lookup, limits: merged, now: () => clock.now }),
    asked,
    clock,
  }
}

async function refusalCode(promise: Promise<unknown>): Promise<string> {
  const error: unknown = await promise.catch((reason: unknown) => reason)
  if (!(error instanceof RefusalError)) throw new Error('was not refused')
  return error.refusal.code
}

describe('Resolver', () => {
  it('believes the first answer for as long as it holds, and asks anew after (rebinding)', async () => {
    const { resolver, asked, clock } = fake((_host, count) => ({
      addresses: [count === 1 ? '198.51.100.1' : '127.0.0.1'],
      ttlMs: 10_000,
    }))
    expect(await resolver.resolve('a.test', never)).to.deep.equal(['198.51.100.1'])
    clock.now = 9_999
    expect(await resolver.resolve('a.test', never)).to.deep.equal(['198.51.100.1'])
    expect(asked).to.have.length(1)
    clock.now = 10_000
    expect(await resolver.resolve('a.test', never)).to.deep.equal(['127.0.0.1'])
    expect(asked).to.have.length(2)
  })

  const beliefs: [ttlMs: number | null, heldMs: number, why: string][] = [
    [0, 1_000, 'not shorter than the floor'],
    [-5, 1_000, 'negative is the floor'],
    [60_000, 60_000, 'as told'],
    [86_400_000, 300_000, 'not longer than the ceiling'],
    [null, 5_000, 'unknown is short'],
    [Number.NaN, 5_000, 'not a number is unknown'],
    [Number.POSITIVE_INFINITY, 5_000, 'infinite is unknown'],
  ]
  for (const [ttlMs, heldMs, why] of beliefs) {
    it(`holds an answer with TTL ${String(ttlMs)} for ${String(heldMs)} ms: ${why}`, async () => {
      const { resolver, asked, clock } = fake(() => ({ addresses: ['198.51.100.1'], ttlMs }))
      await resolver.resolve('a.test', never)
      clock.now = heldMs - 1
      await resolver.resolve('a.test', never)
      expect(asked).to.have.length(1)
      clock.now = heldMs
      await resolver.resolve('a.test', never)
      expect(asked).to.have.length(2)
    })
  }

  it('asks once for many who ask at the same time', async () => {
    const { resolver, asked } = fake(async () => {
      await new Promise((resolve) => setImmediate(resolve))
      return { addresses: ['198.51.100.1'], ttlMs: null }
    })
    await Promise.all(Array.from({ length: 100 }, () => resolver.resolve('a.test', never)))
    expect(asked).to.deep.equal(['a.test'])
  })

  it('remembers a failure for a short while', async () => {
    const { resolver, asked, clock } = fake(() => {
      throw Object.assign(new Error('getaddrinfo ENOTFOUND a.test'), { code: 'ENOTFOUND' })
    })
    for (let turn = 0; turn < 3; turn += 1) {
      expect(await refusalCode(resolver.resolve('a.test', never))).to.equal('resolve_failed')
    }
    expect(asked).to.have.length(1)
    clock.now = 1_000
    expect(await refusalCode(resolver.resolve('a.test', never))).to.equal('resolve_failed')
    expect(asked).to.have.length(2)
  })

  it('takes no more answers than the limit', async () => {
    const { resolver } = fake(() => ({
      addresses: Array.from({ length: 1000 }, (_, index) => `198.51.100.${String(index % 250)}`),
      ttlMs: null,
    }))
    expect(await resolver.resolve('a.test', never)).to.have.length(16)
  })

  it('refuses a name without addresses', async () => {
    const { resolver } = fake(() => ({ addresses: [], ttlMs: null }))
    expect(await refusalCode(resolver.resolve('a.test', never))).to.equal('resolve_failed')
  })

  it('gives a lookup up that takes too long, and takes no notice of its late answer', async () => {
    const late: ((answer: LookupAnswer) => void)[] = []
    const { resolver } = fake(() => new Promise((resolve) => void late.push(resolve)), {
      resolveMs: 5,
    })
    expect(await refusalCode(resolver.resolve('a.test', never))).to.equal('resolve_failed')
    for (const answer of late) answer({ addresses: ['127.0.0.1'], ttlMs: null })
    await new Promise((resolve) => setImmediate(resolve))
    expect(await refusalCode(resolver.resolve('a.test', never))).to.equal('resolve_failed')
  })

  it('lets one who waits leave, and answers the others', async () => {
    const { resolver, asked } = fake(async () => {
      await new Promise((resolve) => setTimeout(resolve, 10))
      return { addresses: ['198.51.100.1'], ttlMs: null }
    })
    const leaver = new AbortController()
    const left = refusalCode(resolver.resolve('a.test', leaver.signal))
    const stays = resolver.resolve('a.test', never)
    leaver.abort()
    expect(await left).to.equal('closed')
    expect(await stays).to.deep.equal(['198.51.100.1'])
    expect(asked).to.have.length(1)
  })

  it('bounds the lookups under way, those that were given up included', async () => {
    const { resolver, asked } = fake(() => new Promise(() => undefined), { resolveMs: 5 })
    const codes = await Promise.all(
      Array.from({ length: 70 }, (_, index) =>
        refusalCode(resolver.resolve(`h${String(index)}.test`, never)),
      ),
    )
    expect(codes.filter((code) => code === 'rate_limited')).to.have.length(6)
    expect(await refusalCode(resolver.resolve('one-more.test', never))).to.equal('rate_limited')
    expect(asked).to.have.length(64)
  })

  it('forgets the oldest name when it knows too many', async () => {
    const { resolver, asked } = fake(() => ({ addresses: ['198.51.100.1'], ttlMs: 60_000 }))
    for (let index = 0; index <= 512; index += 1) {
      await resolver.resolve(`h${String(index)}.test`, never)
    }
    await resolver.resolve('h512.test', never)
    expect(asked).to.have.length(513)
    await resolver.resolve('h0.test', never)
    expect(asked).to.have.length(514)
  })

  it('asks nothing for who has left already', async () => {
    const { resolver, asked } = fake(() => ({ addresses: ['198.51.100.1'], ttlMs: null }))
    expect(await refusalCode(resolver.resolve('a.test', AbortSignal.abort()))).to.equal('closed')
    expect(asked).to.deep.equal([])
  })
})

describe('hostLookupSource', () => {
  it("asks the host's own resolver, hosts file included", async () => {
    const { addresses } = await hostLookupSource()('localhost')
    expect(addresses.some((address) => address === '127.0.0.1' || address === '::1')).to.equal(true)
  })
})
