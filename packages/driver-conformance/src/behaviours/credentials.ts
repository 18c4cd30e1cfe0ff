import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { EgressAlarm, Policy, Sandbox } from '@caisson/core'
import type { Behaviour, ConformanceContext } from '../behaviour.ts'
import { printed, shell } from '../inside.ts'
import { ask, python, refusalCode, toldBy } from '../inside-client.ts'
import { listen } from '../observation.ts'
import { answerOf, echoPath } from '../origin-listen.ts'
import { names, wayOut } from '../way-out.ts'

const area = 'credentials'
const header = 'x-service-key'
const variable = 'SERVICE_KEY'
const served = names.served

/** A secret as services give them, and the file of the host that holds it. */
interface Kept {
  readonly secret: string
  readonly policy: Policy
  /** Puts another one in its place. */
  readonly renew: () => Promise<string>
}

function freshSecret(): string {
  return `svc-${randomBytes(24).toString('hex')}`
}

/** A policy by which one host gets a secret, and another is read without any. */
async function keptSecret(context: ConformanceContext): Promise<Kept> {
  const path = join(await context.folder('kept'), 'secret')
  const secret = freshSecret()
  await writeFile(path, secret, { mode: 0o600 })
  const source = { file: path }
  return {
    secret,
    policy: {
      network: {
        allow: [{ host: served, identity: 'service' }, names.other],
        canaries: { bait: { expose: 'BAIT_TOKEN' } },
      },
      credentials: { service: { source, carrier: { header }, expose: variable } },
    },
    renew: async () => {
      const next = freshSecret()
      await writeFile(path, next, { mode: 0o600 })
      return next
    },
  }
}

/** Looks for bytes in what every process shows of itself, and in every file outside the system. */
const search = `
needle = bytes.fromhex(sys.argv[1])
def has(path):
    try:
        with open(path, 'rb') as file: return needle in file.read(4194304)
    except OSError: return False
places = ['/proc/%s/%s' % (pid, what) for pid in os.listdir('/proc') if pid.isdigit() for what in ('environ', 'cmdline')]
for root in ('/tmp', '/home', '/etc', '/run', '/dev/shm'):
    for folder, _, files in os.walk(root):
        paths = [os.path.join(folder, name) for name in files]
        places += [path for path in paths if os.path.isfile(path) and not os.path.islink(path)]
print(json.dumps([path for path in places if has(path)]))
`

/** The needle is given in another form, lest the search find itself. */
async function placesOf(sandbox: Sandbox, text: string): Promise<readonly string[]> {
  const needle = Buffer.from(text).toString('hex')
  const found: readonly string[] = JSON.parse(printed(await python(sandbox, search, [needle])))
  return found
}

async function variableInside(sandbox: Sandbox, name: string): Promise<string> {
  return printed(await shell(sandbox, `printf %s "$${name}"`))
}

/** Waits for an alarm of a kind, which may come a moment after the answer, and returns it. */
async function alarmOf(
  context: ConformanceContext,
  told: readonly { readonly alarm: EgressAlarm }[],
  kind: EgressAlarm['kind'],
): Promise<EgressAlarm> {
  const find = (): EgressAlarm | undefined =>
    told.map(({ alarm }) => alarm).find((alarm) => alarm.kind === kind)
  await context.host.until(async () => find() !== undefined, `no alarm ${kind}`)
  const alarm = find()
  assert.ok(alarm !== undefined)
  return alarm
}

const kept: readonly Behaviour[] = [
  {
    id: 'credentials.dummy-inside',
    area,
    tools: ['python3'],
    title: 'shows commands a dummy of their own sandbox, and the secret in no place',
    async run(context) {
      const { createFor } = await wayOut(context)
      const { secret, policy } = await keptSecret(context)
      const sandboxes = [await createFor(policy), await createFor(policy)]
      const dummies = new Set<string>()
      for (const sandbox of sandboxes) {
        const dummy = await variableInside(sandbox, variable)
        dummies.add(dummy)
        assert.ok(dummy.length >= 12, 'there is no dummy')
        await ask(sandbox, { host: served })
        assert.notEqual((await placesOf(sandbox, dummy)).length, 0, 'the search finds nothing')
        assert.deepEqual(await placesOf(sandbox, secret), [])
        assert.ok(!sandbox.describe().includes(secret))
      }
      assert.equal(dummies.size, 2)
      assert.ok(!dummies.has(secret))
    },
  },
  {
    id: 'credentials.added',
    area,
    tools: ['python3'],
    title: 'adds the secret on the way out, whether the program sends the dummy or nothing',
    async run(context) {
      const { origin, createFor } = await wayOut(context)
      const { secret, policy } = await keptSecret(context)
      const sandbox = await createFor(policy)
      const dummy = await variableInside(sandbox, variable)
      const { result, answers } = await ask(
        sandbox,
        { host: served },
        { host: served, headers: { [header]: dummy } },
        { host: served, direct: true },
      )
      const good = [200, answerOf('GET', served, '/')]
      assert.deepEqual(answers, [good, good, good])
      const got = origin.heads().map((head) => head[header])
      assert.deepEqual(got, [secret, secret, secret])
      assert.deepEqual(result.denials, [])
      assert.ok(!JSON.stringify(result).includes(secret))
      await ask(sandbox, { host: names.other })
      assert.equal(origin.heads()[3]?.[header], undefined)
    },
  },
  {
    id: 'credentials.echo-redacted',
    area,
    tools: ['python3'],
    title: 'hides the secret in an answer that repeats it, and raises an alarm',
    async run(context) {
      const { origin, createFor } = await wayOut(context)
      const { secret, policy } = await keptSecret(context)
      const sandbox = await createFor(policy)
      const alarms = listen(sandbox, 'alarm')
      const { answers } = await ask(sandbox, { host: served, path: echoPath })
      assert.equal(origin.heads()[0]?.[header], secret)
      assert.equal(answers[0]?.[0], 200)
      assert.ok(answers[0][1].includes(header), 'the answer repeats nothing')
      assert.ok(!answers[0][1].includes(secret), 'the answer holds the secret')
      const alarm = await alarmOf(context, alarms, 'secret_reflected')
      assert.equal(alarm.about, 'service')
      assert.ok(!JSON.stringify(alarm).includes(secret))
    },
  },
]

const refused: readonly Behaviour[] = [
  {
    id: 'credentials.foreign-refused',
    area,
    tools: ['python3'],
    title: 'refuses a request in another name, before the origin sees it, and raises an alarm',
    async run(context) {
      const { origin, createFor } = await wayOut(context)
      const { policy } = await keptSecret(context)
      const sandbox = await createFor(policy)
      const alarms = listen(sandbox, 'alarm')
      const foreign = freshSecret()
      const { result, answers } = await ask(
        sandbox,
        { host: served, headers: { [header]: foreign } },
        { host: served, headers: { authorization: `Bearer ${foreign}` }, direct: true },
        { host: names.other, headers: { authorization: `Bearer ${foreign}` } },
        { host: names.other, headers: { cookie: `session=${foreign}` }, direct: true },
      )
      const codes = answers.map((answer) => refusalCode(answer))
      assert.deepEqual(
        codes,
        Array.from({ length: 4 }, () => 'foreign_credential'),
      )
      assert.equal(origin.begun(), 0)
      assert.ok(toldBy(result, served).some(({ kind }) => kind === 'net.credential'))
      const alarm = await alarmOf(context, alarms, 'foreign_credential')
      assert.ok(!JSON.stringify(alarm).includes(foreign))
    },
  },
  {
    id: 'credentials.dummy-misused',
    area,
    tools: ['python3'],
    title: 'refuses a dummy that goes where its credential does not belong, and raises an alarm',
    async run(context) {
      const { origin, createFor } = await wayOut(context)
      const { policy } = await keptSecret(context)
      const sandbox = await createFor(policy)
      const alarms = listen(sandbox, 'alarm')
      const dummy = await variableInside(sandbox, variable)
      const { answers } = await ask(
        sandbox,
        { host: names.other, headers: { [header]: dummy } },
        { host: names.other, path: `/?q=${dummy}`, direct: true },
      )
      const codes = answers.map((answer) => refusalCode(answer))
      assert.deepEqual(codes, ['dummy_misused', 'dummy_misused'])
      assert.equal(origin.begun(), 0)
      assert.equal((await alarmOf(context, alarms, 'dummy_misused')).about, 'service')
    },
  },
  {
    id: 'credentials.canary',
    area,
    tools: ['python3'],
    title: 'refuses a request that holds a canary, in clear or coded, and raises an alarm',
    async run(context) {
      const { origin, createFor } = await wayOut(context)
      const { policy } = await keptSecret(context)
      const sandbox = await createFor(policy)
      const alarms = listen(sandbox, 'alarm')
      const canary = await variableInside(sandbox, 'BAIT_TOKEN')
      assert.ok(canary.length >= 12, 'there is no canary')
      const coded = Buffer.from(canary).toString('base64url')
      const { answers } = await ask(
        sandbox,
        { host: names.other, path: `/?q=${canary}` },
        { host: names.other, path: `/${coded}`, direct: true },
      )
      const codes = answers.map((answer) => refusalCode(answer))
      assert.deepEqual(codes, ['canary_found', 'canary_found'])
      assert.equal(origin.begun(), 0)
      assert.equal((await alarmOf(context, alarms, 'canary_found')).about, 'bait')
      assert.ok(!sandbox.describe().includes('BAIT_TOKEN'))
    },
  },
]

const turned: readonly Behaviour[] = [
  {
    id: 'credentials.rotate',
    area,
    tools: ['python3'],
    title: 'takes a new secret when it is told to, and not the one before',
    async run(context) {
      const { origin, createFor } = await wayOut(context)
      const { secret, policy, renew } = await keptSecret(context)
      const sandbox = await createFor(policy)
      const sent = async (): Promise<unknown> => {
        const { answers } = await ask(sandbox, { host: served })
        assert.equal(answers[0]?.[0], 200)
        return origin.heads().at(-1)?.[header]
      }
      assert.equal(await sent(), secret)
      const next = await renew()
      await sandbox.credentials.rotate('service')
      assert.equal(await sent(), next)
      await assert.rejects(sandbox.credentials.rotate('other'), TypeError)
    },
  },
  {
    id: 'credentials.revoke',
    area,
    tools: ['python3'],
    title: 'sends nothing in a name that was revoked, whatever the policy says afterwards',
    async run(context) {
      const { origin, createFor } = await wayOut(context)
      const { policy } = await keptSecret(context)
      const sandbox = await createFor(policy)
      assert.equal((await ask(sandbox, { host: served })).answers[0]?.[0], 200)
      await sandbox.credentials.revoke('service')
      const { answers } = await ask(sandbox, { host: served }, { host: served, direct: true })
      const codes = answers.map((answer) => refusalCode(answer))
      assert.deepEqual(codes, ['credential_revoked', 'credential_revoked'])
      await sandbox.network.update(policy.network ?? {})
      const again = await ask(sandbox, { host: served }, { host: names.other })
      assert.equal(refusalCode(again.answers[0]), 'credential_revoked')
      assert.equal(again.answers[1]?.[0], 200)
      assert.equal(origin.seen().length, 2)
    },
  },
]

/** Secrets stay outside and are added there; nobody else's get through. */
export const credentialBehaviours: readonly Behaviour[] = [...kept, ...refused, ...turned]
