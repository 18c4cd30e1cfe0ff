import assert from 'node:assert/strict'
import type { SandboxProcess } from '@caisson/core'
import type { Behaviour, ConformanceContext } from '../behaviour.ts'
import { printed, rejectsWith } from '../inside.ts'
import { answersIn, ask, client, refusalCode } from '../inside-client.ts'
import { answerOf, type Origin } from '../origin-listen.ts'
import { names, wayOut } from '../way-out.ts'

const area = 'egress'

/** One request, and after a line of input another on the same connection. */
const twice = `${client}
s = tls(sys.argv[1])
first = say(s, {'host': sys.argv[1], 'path': '/1'})
sys.stdin.readline()
print(json.dumps([first, say(s, {'host': sys.argv[1], 'path': '/2'})]))
`

/** Keeps a connection open that has served a request. */
const lingers = `${client}
s = tls(sys.argv[1])
say(s, {'host': sys.argv[1]})
time.sleep(60)
`

/** Waits for the first request of a command that goes on afterwards. */
async function served(
  context: ConformanceContext,
  origin: Origin,
  command: SandboxProcess,
): Promise<void> {
  const isThere = async (): Promise<boolean> => origin.seen().length === 1 || command.exited
  await context.host.until(isThere, 'the request does not arrive')
  assert.ok(!command.exited, 'the command ended too early')
}

/** The policy and the sandbox can end while connections are open. */
export const egressLiveBehaviours: readonly Behaviour[] = [
  {
    id: 'egress.update-removes',
    area,
    tools: ['python3'],
    title: 'refuses a name that was removed, from the next request on an open connection on',
    async run(context) {
      const { origin, create } = await wayOut(context)
      const sandbox = await create({ allow: [names.served, names.other] })
      const command = await sandbox.spawn(['python3', '-c', twice, names.served], { stdin: 'pipe' })
      await served(context, origin, command)
      await sandbox.network.update({ allow: [names.other] })
      const writer = command.stdin?.getWriter()
      await writer?.write('on\n')
      await writer?.close()
      const answers = answersIn(printed(await command.wait()))
      assert.deepEqual(answers[0], [200, answerOf('GET', names.served, '/1')])
      assert.equal(refusalCode(answers[1]), 'host_not_allowed')
      assert.equal(origin.begun(), 1)
    },
  },
  {
    id: 'egress.update-adds',
    area,
    tools: ['python3'],
    title: 'lets an added name be reached that its authority may vouch for, and takes no other',
    async run(context) {
      const { origin, create } = await wayOut(context)
      const policy = { allow: [names.served], ask: [names.other] }
      const sandbox = await create(policy)
      const added = { host: names.other }
      const before = await ask(sandbox, added, { ...added, direct: true })
      for (const [status] of before.answers) assert.notEqual(status, 200)
      await rejectsWith(sandbox.network.update({ allow: [names.served, names.third] }), [
        'POLICY_INVALID',
      ])
      await sandbox.network.update({ allow: [names.served, names.other] })
      const after = await ask(sandbox, added, { ...added, direct: true })
      const good = [200, answerOf('GET', names.other, '/')]
      assert.deepEqual(after.answers, [good, good])
      assert.equal(origin.seen().length, 2)
    },
  },
  {
    id: 'egress.destroy',
    area,
    tools: ['python3'],
    title: 'ends every connection and listener of the way out with the sandbox',
    async run(context) {
      const { origin, opened, create } = await wayOut(context)
      const sandbox = await create({ allow: [names.served] })
      const command = await sandbox.spawn(['python3', '-c', lingers, names.served])
      await served(context, origin, command)
      assert.ok(origin.openConnections() > 0)
      const [only] = opened
      assert.ok(only !== undefined)
      const ends: string[] = []
      void only.session.ended.then(({ reason }) => ends.push(reason))
      await sandbox.destroy()
      const isLeft = async (): Promise<boolean> => origin.openConnections() === 0
      await context.host.until(isLeft, 'connections to the origin stay open')
      assert.deepEqual(ends, ['closed'])
      assert.equal(only.listening(), 0)
      assert.equal(only.session.usage().openConnections, 0)
    },
  },
]
