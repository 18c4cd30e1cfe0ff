import assert from 'node:assert/strict'
import type { Behaviour } from '../behaviour.ts'
import { printed, refused, shell } from '../inside.ts'
import { ask, askedBy, asking, python, refusalCode } from '../inside-client.ts'
import { listen } from '../observation.ts'
import { answerOf } from '../origin-listen.ts'
import { names, wayOut } from '../way-out.ts'

const area = 'egress'
const allowed = { allow: [names.served] }

/** Nothing of what the sandbox says to programs, but where programs are. */
const bare = ['env', '-i', 'PATH=/usr/local/bin:/usr/bin:/bin']

const reached: readonly Behaviour[] = [
  {
    id: 'egress.none',
    area,
    tools: ['python3'],
    title: 'has no way out, and tells programs of none, when the policy names nothing to reach',
    async run(context) {
      const { origin, opened, create } = await wayOut(context)
      for (const network of [undefined, {}, { allow: [] }]) {
        const sandbox = await create(network)
        const told = printed(await shell(sandbox, 'env | grep -i proxy || true'))
        assert.equal(told, '')
        const connect = `socket.create_connection(('127.0.0.1', int(sys.argv[1])), 5)`
        for (const port of ['3128', '443', '80', '53', String(origin.port)])
          refused(await python(sandbox, connect, [port]), `reaching port ${port}`)
      }
      assert.equal(opened.length, 0)
      assert.equal(origin.arrivals(), 0)
    },
  },
  {
    id: 'egress.proxy-variables',
    area,
    tools: ['curl'],
    title: 'lets a program that heeds the proxy variables reach an allowed name',
    async run(context) {
      const { origin, create } = await wayOut(context)
      const sandbox = await create(allowed)
      const requests = listen(sandbox, 'request')
      const result = await sandbox.exec(['curl', '-sS', `https://${names.served}/a?b=c`])
      assert.equal(printed(result), answerOf('GET', names.served, '/a?b=c'))
      assert.deepEqual(origin.seen(), [
        { method: 'GET', host: names.served, path: '/a?b=c', bytes: 0 },
      ])
      assert.deepEqual(result.denials, [])
      assert.ok(requests.some(({ decision }) => decision.door === 'connect'))
    },
  },
  {
    id: 'egress.no-variables',
    area,
    tools: ['python3'],
    title: 'lets a program that knows of no proxy reach an allowed name by the name',
    async run(context) {
      const { origin, create } = await wayOut(context)
      const sandbox = await create(allowed)
      const requests = listen(sandbox, 'request')
      const plain = [...bare, ...asking({ host: names.served, path: '/a', direct: true })]
      const { result, answers } = await askedBy(sandbox, plain)
      assert.deepEqual(answers, [[200, answerOf('GET', names.served, '/a')]])
      assert.deepEqual(origin.seen(), [{ method: 'GET', host: names.served, path: '/a', bytes: 0 }])
      assert.deepEqual(result.denials, [])
      assert.ok(requests.some(({ decision }) => decision.door === 'tls'))
    },
  },
  {
    id: 'egress.system-bundle',
    area,
    tools: ['curl', 'python3'],
    title: 'has the way out trusted through the bundle of the system, without a variable',
    async run(context) {
      const { origin, create } = await wayOut(context)
      const sandbox = await create(allowed)
      const url = `https://${names.served}/`
      assert.equal(
        printed(await sandbox.exec([...bare, 'curl', '-sS', url])),
        answerOf('GET', names.served, '/'),
      )
      const distrusting = `
context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
context.wrap_socket(connect(sys.argv[1] + ':443'), server_hostname=sys.argv[1])
`
      const result = await python(sandbox, distrusting, [names.served])
      assert.match(result.stderr, /CERTIFICATE_VERIFY_FAILED/)
      assert.equal(origin.seen().length, 1)
    },
  },
]

const judged: readonly Behaviour[] = [
  {
    id: 'egress.methods-and-paths',
    area,
    tools: ['python3'],
    title: 'refuses a method and a path that the rule does not name, before the origin sees them',
    async run(context) {
      const { origin, create } = await wayOut(context)
      const sandbox = await create({
        allow: [{ host: names.served, methods: ['GET'], paths: ['/open/**'] }],
      })
      const host = names.served
      const { answers } = await ask(
        sandbox,
        { host, method: 'POST', path: '/open/a', bytes: 10 },
        { host, method: 'DELETE', path: '/open/a', direct: true },
        { host, path: '/closed' },
        { host, path: '/open/../closed', direct: true },
      )
      const codes = answers.map((answer) => refusalCode(answer))
      assert.deepEqual(codes.slice(0, 3), [
        'method_not_allowed',
        'method_not_allowed',
        'path_not_allowed',
      ])
      assert.ok(['path_not_allowed', 'bad_path'].includes(codes[3] ?? ''), codes[3])
      assert.equal(origin.begun(), 0)
      const open = await ask(sandbox, { host, path: '/open/a' })
      assert.deepEqual(open.answers, [[200, answerOf('GET', host, '/open/a')]])
    },
  },
  {
    id: 'egress.other-host-header',
    area,
    tools: ['python3'],
    title: 'refuses a request for another name than the connection is for, an allowed one too',
    async run(context) {
      const { origin, create } = await wayOut(context)
      const sandbox = await create({ allow: [names.served, names.other] })
      const { answers } = await ask(
        sandbox,
        { host: names.served, says: names.other },
        { host: names.served, says: names.third, direct: true },
      )
      assert.deepEqual(
        answers.map((answer) => refusalCode(answer)),
        ['authority_mismatch', 'authority_mismatch'],
      )
      assert.equal(origin.begun(), 0)
    },
  },
  {
    id: 'egress.budget',
    area,
    tools: ['python3'],
    title: 'cuts an upload beyond the budget, so that the origin never sees it whole',
    async run(context) {
      const { origin, create } = await wayOut(context)
      const sandbox = await create({
        allow: [{ host: names.served, methods: ['POST'] }],
        budgets: { bytesPerRequest: 65_536 },
      })
      const requests = listen(sandbox, 'request')
      const upload = { host: names.served, method: 'POST', bytes: 1_048_576 }
      const { answers } = await ask(sandbox, upload, { ...upload, chunked: true })
      for (const [status] of answers) assert.notEqual(status, 200)
      assert.equal(origin.seen().length, 0)
      const codes = requests.map(({ decision }) => decision.code).filter((code) => code !== null)
      assert.deepEqual(codes, ['budget_request', 'budget_request'])
      const small = await ask(sandbox, { ...upload, bytes: 1000, chunked: true })
      assert.deepEqual(small.answers, [[200, answerOf('POST', names.served, '/')]])
      assert.deepEqual(
        origin.seen().map(({ bytes }) => bytes),
        [1000],
      )
    },
  },
]

/** What the policy allows is reached, and no more of it. */
export const egressReachBehaviours: readonly Behaviour[] = [...reached, ...judged]
