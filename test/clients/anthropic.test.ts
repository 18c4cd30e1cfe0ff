import type { ExecResult } from '@caisson/core'
import { services } from '@caisson/egress-proxy'
import { expect } from 'chai'
import {
  expectDone,
  expectForeign,
  expectRefused,
  expectUnseen,
} from './packages/expect-refused.ts'
import { guarded, type Guarded, longestTestMs } from './packages/guarded.ts'
import { whyNot } from './packages/installed.ts'
import type { SeenRequest } from './packages/origin.ts'
import { anthropicSite } from './support/anthropic-site.ts'
import { modulesMount, nodeModule } from './support/modules.ts'

const api = 'https://api.anthropic.com'
const open = 'https://notes.good.test'
const elsewhere = 'https://collector.good.test'
const why = whyNot('node', '--version')

const first = `sk-ant-api03-${'first'.repeat(10)}`
const second = `sk-ant-api03-${'second'.repeat(9)}`
const theirs = `sk-ant-api03-${'theirs'.repeat(9)}`

/** Does what the first argument says, with the key and the address that the variables hold. */
const client = `
import Anthropic, { toFile } from '@anthropic-ai/sdk'
const [what, given] = process.argv.slice(1)
const ours = new Anthropic({ maxRetries: 0 })
const theirs = new Anthropic({ apiKey: given, maxRetries: 0 })
const say = (content) => ({ model: 'made-up', max_tokens: 9, messages: [{ role: 'user', content }] })
const textOf = ({ content }) => content[0].text
const acts = {
  message: async () => textOf(await ours.messages.create(say(given))),
  stream: async () => textOf(await ours.messages.stream(say(given)).finalMessage()),
  count: async () => {
    const { model, messages } = say(given)
    return (await ours.messages.countTokens({ model, messages })).input_tokens
  },
  models: async () => (await ours.models.list()).data.map(({ id }) => id).join(),
  file: async () => (await ours.beta.files.upload({ file: await toFile(Buffer.from('x'), 'x') })).id,
  theirs: async () => textOf(await theirs.messages.create(say('Hello'))),
}
try {
  console.log(await acts[what]())
} catch (error) {
  console.error(error.status, error.message, String(error.cause?.cause ?? error.cause))
  process.exit(1)
}
`
const act = (...args: readonly string[]): readonly string[] => nodeModule(client, ...args)
const keyOf = ({ headers }: SeenRequest): unknown => headers['x-api-key']

interface World extends Guarded<typeof api | typeof open | typeof elsewhere> {
  /** Has the service take another key, and the host application hand that one out. */
  change(key: string): void
}

async function outside(): Promise<World> {
  let valid = first
  const site = anthropicSite((key) => key === valid)
  const takesAll = anthropicSite(() => true)
  const allow = [
    ...services.anthropic({ credential: 'claude' }),
    { host: 'notes.good.test', methods: ['GET', 'POST'] },
  ]
  const source = { provider: 'vault' }
  const carrier = { header: 'x-api-key' }
  const world = await guarded({
    network: { allow },
    sites: { [api]: site, [open]: takesAll, [elsewhere]: takesAll },
    policy: {
      filesystem: { mounts: [modulesMount] },
      credentials: { claude: { source, carrier, expose: 'ANTHROPIC_API_KEY' } },
    },
    providers: { vault: () => ({ value: valid }) },
  })
  return { ...world, change: (key) => (valid = key) }
}

describe(`the Anthropic SDK in a sandbox${why}`, function () {
  this.timeout(longestTestMs)
  before(function () {
    if (why !== '') this.skip()
  })

  it('sends messages, streams, counts tokens and lists models under a key that it never sees', async () => {
    await using world = await outside()
    const results: ExecResult[] = []
    for (const [args, printed] of [
      [['message', 'Hello'], 'you said Hello\n'],
      [['stream', 'a rather long text'], 'you said a rather long text\n'],
      [['count', 'Hello'], '3\n'],
      [['models'], 'made-up\n'],
    ] as const) {
      const result = await world.run(act(...args))
      expectDone(result)
      expect(result.stdout).to.equal(printed)
      results.push(result)
    }
    expect(world.origins[api].seen).to.deep.equal([
      'POST /v1/messages',
      'POST /v1/messages',
      'POST /v1/messages/count_tokens',
      'GET /v1/models',
    ])
    expect(new Set(world.origins[api].requests.map(keyOf))).to.deep.equal(new Set([first]))
    await expectUnseen(world.sandbox, first, results)
    expect(world.alarms).to.deep.equal([])
  })

  it('does not upload a file, and does not speak in the name of another key', async () => {
    await using world = await outside()
    expectRefused(await world.run(act('file')), 'POST api.anthropic.com/v1/files')
    const foreign = await world.run(act('theirs', theirs))
    expectForeign(world, foreign, 'POST api.anthropic.com/v1/messages')
    expect(foreign.stderr).to.match(/^403 .*the proxy adds the credential \\"claude\\" by itself/)
    expect(world.origins[api].requests).to.deep.equal([])
  })

  it('takes its dummy to no other address', async () => {
    await using world = await outside()
    const led = (to: string): Promise<ExecResult> =>
      world.run(act('message', 'Hello'), { ANTHROPIC_BASE_URL: to })
    const toOpen = await led(open)
    expectRefused(toOpen, 'POST notes.good.test/v1/messages')
    expect(toOpen.stderr).to.match(/^403 .*a dummy of this sandbox stands in the header/)
    expect(world.alarms).to.have.length(1)
    expect(world.alarms[0]).to.include({
      kind: 'dummy_misused',
      host: 'notes.good.test',
      about: 'claude',
    })
    expectRefused(await led(elsewhere), 'collector.good.test')
    for (const url of [open, elsewhere] as const)
      expect(world.origins[url].requests, url).to.deep.equal([])
  })

  it('goes on with a new key when the service no longer takes the old one', async () => {
    await using world = await outside()
    expectDone(await world.run(act('message', 'Hello')))
    world.change(second)
    const result = await world.run(act('message', 'Hello'))
    expectDone(result)
    expect(result.stdout).to.equal('you said Hello\n')
    expect(world.origins[api].requests.map(keyOf)).to.deep.equal([first, first, second])
    await expectUnseen(world.sandbox, second, [result])
  })

  for (const how of ['message', 'stream']) {
    it(`cannot read the key in a ${how} that repeats it`, async () => {
      await using world = await outside()
      const result = await world.run(act(how, 'whoami'))
      expectDone(result)
      expect(result.stdout).to.match(/^you are /)
      await expectUnseen(world.sandbox, first, [result])
      expect(keyOf(world.origins[api].requests[0] as SeenRequest)).to.equal(first)
    })
  }
})
