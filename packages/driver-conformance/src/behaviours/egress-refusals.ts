import assert from 'node:assert/strict'
import type { Behaviour } from '../behaviour.ts'
import { printed, shell } from '../inside.ts'
import {
  answersIn,
  ask,
  asking,
  client,
  python,
  refusalCode,
  toldBy,
  type Ask,
} from '../inside-client.ts'
import { listen } from '../observation.ts'
import { forbidden, names, wayOut } from '../way-out.ts'

const area = 'egress'
const allowed = { allow: [names.served] }

/** Asks the resolver of the system for the address of a name, and prints the code of its answer (RFC 1035, 4.1.1). */
const question = `
lines = [line.split() for line in open('/etc/resolv.conf')]
server = [words[1] for words in lines if words[:1] == ['nameserver']][0]
name = b''.join(bytes([len(part)]) + part.encode() for part in sys.argv[1].split('.')) + b'\\0'
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.settimeout(5)
s.connect((server, 53))
s.send(b'\\x12\\x34\\x01\\0\\0\\x01\\0\\0\\0\\0\\0\\0' + name + b'\\0\\x01\\0\\x01')
print(s.recv(512)[3] & 15)
`

/** Waits for a file that another command makes, asks for a name, and makes a file in turn. */
const askLater = `${client}
while not os.path.exists('/tmp/go'): time.sleep(0.02)
perform({'connect': sys.argv[1] + ':443'})
open('/tmp/done', 'w').close()
`

const told: readonly Behaviour[] = [
  {
    id: 'egress.name-unresolved',
    area,
    tools: ['python3'],
    title: 'does not resolve a name that is not allowed, and tells the command so',
    async run(context) {
      const { origin, create } = await wayOut(context)
      const sandbox = await create(allowed)
      assert.equal(printed(await python(sandbox, question, [names.served])), '0')
      const result = await python(sandbox, question, [forbidden])
      assert.equal(printed(result), '3')
      assert.deepEqual(
        toldBy(result, forbidden).map(({ kind }) => kind),
        ['net.resolve'],
      )
      assert.equal(origin.arrivals(), 0)
    },
  },
  {
    id: 'egress.name-refused',
    area,
    tools: ['python3'],
    title: 'refuses a name that is not allowed with a reason that programs and people can read',
    async run(context) {
      const { create } = await wayOut(context)
      const sandbox = await create(allowed)
      const denials = listen(sandbox, 'denial')
      const requests = listen(sandbox, 'request')
      const command = await sandbox.spawn(asking({ connect: `${forbidden}:443` }))
      const result = await command.wait()
      const [answer] = answersIn(printed(result))
      assert.equal(answer?.[0], 403)
      assert.equal(refusalCode(answer), 'host_not_allowed')
      const [denial, ...more] = toldBy(result, forbidden)
      assert.ok(denial !== undefined && more.length === 0, JSON.stringify(result.denials))
      assert.equal(denial.kind, 'net.connect')
      assert.ok(denial.message.includes(forbidden) && denial.remedy.length > 10)
      assert.deepEqual(
        denials.map((event) => [event.processId, event.denial]),
        [[command.id, denial]],
      )
      assert.deepEqual(
        requests.map(({ processId, decision }) => [processId, decision.verdict, decision.code]),
        [[command.id, 'deny', 'host_not_allowed']],
      )
    },
  },
  {
    id: 'egress.denials-apart',
    area,
    tools: ['python3'],
    title: 'tells each of several commands at a time what was refused to it, and nothing else',
    async run(context) {
      const { create } = await wayOut(context)
      const sandbox = await create(allowed)
      const own = ['one', 'two', 'three'].map((word) => `${word}.bad.test`)
      const results = await Promise.all(
        own.map((name) => ask(sandbox, { connect: `${name}:443` }, { connect: `${name}:80` })),
      )
      results.forEach(({ result }, index) => {
        assert.equal(result.denials.length, 2)
        assert.equal(toldBy(result, own[index] ?? '').length, 2)
      })
    },
  },
  {
    id: 'egress.denials-background',
    area,
    requires: ['resident'],
    tools: ['python3'],
    title: 'tells what was refused to a background process as its own, not as a later command’s',
    async run(context) {
      const { create } = await wayOut(context)
      const sandbox = await create(allowed)
      const denials = listen(sandbox, 'denial')
      const script = '(setsid python3 -c "$0" "$1" </dev/null >/dev/null 2>&1 &)'
      const first = await sandbox.spawn(['/bin/sh', '-c', script, askLater, forbidden])
      printed(await first.wait())
      const second = await shell(
        sandbox,
        'touch /tmp/go; while ! test -e /tmp/done; do sleep 0.02; done',
      )
      printed(second)
      assert.deepEqual(second.denials, [])
      assert.deepEqual(
        denials.map(({ processId, denial }) => [processId, denial.target.includes(forbidden)]),
        [[first.id, true]],
      )
    },
  },
]

const literal: Behaviour = {
  id: 'egress.address-literals',
  area,
  tools: ['python3'],
  title: 'refuses addresses in place of names, in whatever spelling',
  async run(context) {
    const { origin, create } = await wayOut(context)
    const sandbox = await create(allowed)
    const { port } = origin
    const places = [
      '127.0.0.1',
      '127.1',
      '2130706433',
      '0x7f.1',
      '0',
      '[::1]',
      '[::ffff:127.0.0.1]',
    ]
    const own = context.hostListeners
      .ownAddresses()
      .map((address) => (address.includes(':') ? `[${address}]` : address))
    const all = [...places, ...own, '169.254.169.254', 'localhost']
    const asks = all.flatMap((place): Ask[] => [
      { connect: `${place}:${port}` },
      { absolute: `http://${place}:${port}/` },
    ])
    const { answers } = await ask(sandbox, ...asks)
    assert.equal(answers.length, asks.length)
    for (const answer of answers)
      assert.ok(
        ['address_literal', 'bad_name', 'host_not_allowed'].includes(refusalCode(answer)),
        answer[1],
      )
    assert.equal(origin.arrivals(), 0)
  },
}

/** Prints what the proxy answers to SOCKS 5 requests (RFC 1928, 4 and 6): 0 is yes. */
const socks = `
def greet(kind, where, port):
    s = door()
    s.sendall(b'\\x05\\x01\\0')
    if s.recv(2) != b'\\x05\\0': return -1
    s.sendall(b'\\x05\\x01\\0' + bytes([kind]) + where + port.to_bytes(2, 'big'))
    told = s.recv(2)
    return told[1] if len(told) == 2 else -1
def named(name): return bytes([len(name)]) + name.encode()
served, forbidden, port = sys.argv[1], sys.argv[2], int(sys.argv[3])
print(json.dumps([
    greet(3, named(served), 443),
    greet(3, named(forbidden), 443),
    greet(3, named('127.0.0.1'), port),
    greet(1, socket.inet_aton('127.0.0.1'), port),
    greet(4, socket.inet_pton(socket.AF_INET6, '::ffff:127.0.0.1'), port),
]))
`

const bySocks: Behaviour = {
  id: 'egress.socks',
  area,
  tools: ['python3'],
  title: 'judges what comes by SOCKS as it judges everything: by name alone',
  async run(context) {
    const { origin, create } = await wayOut(context)
    const sandbox = await create(allowed)
    const args = [names.served, forbidden, String(origin.port)]
    const result = await python(sandbox, socks, args)
    const [served, ...others]: number[] = JSON.parse(printed(result))
    assert.equal(served, 0)
    assert.equal(others.length, 4)
    for (const code of others) assert.ok(code > 0, `answered ${code}`)
    assert.equal(toldBy(result, forbidden).length, 1)
    assert.equal(origin.begun(), 0)
  },
}

/** What is refused, and who is told. */
export const egressRefusalBehaviours: readonly Behaviour[] = [...told, literal, bySocks]
