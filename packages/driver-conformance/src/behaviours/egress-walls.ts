import assert from 'node:assert/strict'
import { createPrivateKey, X509Certificate } from 'node:crypto'
import type { Behaviour } from '../behaviour.ts'
import { printed, refused } from '../inside.ts'
import { ask, python, refusalCode, toldBy } from '../inside-client.ts'
import { listen } from '../observation.ts'
import { answerOf } from '../origin-listen.ts'
import { names, wayOut } from '../way-out.ts'

const area = 'egress'
const allowed = { allow: [names.served] }

const connect = `socket.create_connection((sys.argv[1], int(sys.argv[2])), 3)`

const datagram = `
family = socket.AF_INET6 if ':' in sys.argv[1] else socket.AF_INET
socket.socket(family, socket.SOCK_DGRAM).sendto(b'x', (sys.argv[1], int(sys.argv[2])))
`

/** Tries to take each door from whoever has it; prints those that it got. */
const takeDoors = `
got = []
for protocol, address, port in json.loads(sys.argv[1]):
    kind = socket.SOCK_STREAM if protocol == 'tcp' else socket.SOCK_DGRAM
    for place in [address, '127.0.0.1', '127.0.0.2'] if address == '0.0.0.0' else [address]:
        s = socket.socket(socket.AF_INET, kind)
        s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        try:
            s.bind((place, port))
            got.append([protocol, place, port])
        except OSError: pass
print(json.dumps(got))
`

/** Prints every private key in PEM that files, environments and command lines show, and one that it makes. */
const findKeys = `
import glob, re
open('/tmp/planted', 'w').write('-----BEGIN PRIVATE KEY-----planted-----END PRIVATE KEY-----')
pattern = re.compile(rb'-----BEGIN ([A-Z ]*)PRIVATE KEY-----.+?-----END \\1PRIVATE KEY-----', re.S)
paths = glob.glob('/proc/[0-9]*/environ') + glob.glob('/proc/[0-9]*/cmdline')
for top in ['/etc', '/tmp', '/run', '/var', '/home', '/root', '/opt', '/srv', '/dev/shm', os.environ.get('HOME', '/')]:
    for folder, _, files in os.walk(top):
        paths += [os.path.join(folder, file) for file in files]
keys = set()
for path in paths:
    try:
        if path.startswith('/proc/') or (os.path.isfile(path) and os.path.getsize(path) < 4000000):
            keys.update(found.group(0).decode() for found in pattern.finditer(open(path, 'rb').read()))
    except OSError: pass
print(json.dumps(sorted(keys)))
`

/** Prints, for each authority given as the text of its PEM without line ends, whether the bundle has it. */
const bundleHas = `
path = ssl.get_default_verify_paths().cafile
bundle = open(path).read().replace('\\n', '')
print(json.dumps([authority in bundle for authority in json.loads(sys.argv[1])]))
`

const around: readonly Behaviour[] = [
  {
    id: 'egress.nothing-around',
    area,
    tools: ['python3'],
    title: 'lets nothing past the way out: no address of the host, of its networks or of a cloud',
    async run(context) {
      const { origin, create } = await wayOut(context)
      const sandbox = await create(allowed)
      refused(await python(sandbox, connect, ['127.0.0.1', String(origin.port)]), 'the origin')
      for (const address of context.hostListeners.ownAddresses()) {
        const listener = await context.hostListeners.tcp(address)
        refused(await python(sandbox, connect, [address, String(listener.port)]), address)
        assert.equal(listener.arrivals(), 0)
      }
      for (const address of ['169.254.169.254', 'fd00:ec2::254', '192.0.2.1', '2001:db8::1'])
        refused(await python(sandbox, connect, [address, '9']), address)
      assert.equal(origin.arrivals(), 0)
    },
  },
  {
    id: 'egress.no-datagrams',
    area,
    tools: ['python3'],
    title: 'sends no datagram to the host beside the way out',
    async run(context) {
      const { create } = await wayOut(context)
      const sandbox = await create(allowed)
      for (const address of ['127.0.0.1', ...context.hostListeners.ownAddresses()]) {
        const listener = await context.hostListeners.udp(address)
        await python(sandbox, datagram, [address, String(listener.port)])
        await python(sandbox, 'time.sleep(0.1)')
        assert.equal(listener.arrivals(), 0)
      }
    },
  },
  {
    id: 'egress.sandboxes-apart',
    area,
    tools: ['python3'],
    title: 'gives each sandbox a way out of its own that no other can use',
    async run(context) {
      const { origin, opened, create } = await wayOut(context)
      const first = await create({ allow: [names.served] })
      const second = await create({ allow: [names.other] })
      const cutOff = await create(undefined)
      const ofSecond = listen(second, 'request')
      const { answers, result } = await ask(first, { host: names.served }, { host: names.other })
      assert.deepEqual(answers[0], [200, answerOf('GET', names.served, '/')])
      assert.equal(refusalCode(answers[1]), 'host_not_allowed')
      assert.equal(toldBy(result, names.other).length, 1)
      for (const { address, port, protocol } of opened[1]?.session.doors ?? []) {
        const place = address === '0.0.0.0' ? '127.0.0.1' : address
        if (protocol === 'tcp')
          refused(await python(cutOff, connect, [place, String(port)]), `${place}:${port}`)
      }
      assert.deepEqual(ofSecond, [])
      assert.equal(origin.seen().length, 1)
    },
  },
]

const held: readonly Behaviour[] = [
  {
    id: 'egress.doors-held',
    area,
    tools: ['python3'],
    title: 'lets no program inside take the place of the way out',
    async run(context) {
      const { opened, create } = await wayOut(context)
      const sandbox = await create(allowed)
      const doors = opened[0]?.session.doors ?? []
      const places = doors.map(({ protocol, address, port }) => [protocol, address, port])
      assert.ok(places.length > 0)
      const got = printed(await python(sandbox, takeDoors, [JSON.stringify(places)]))
      assert.deepEqual(JSON.parse(got), [])
      const { answers } = await ask(sandbox, { host: names.served })
      assert.equal(answers[0]?.[0], 200)
    },
  },
  {
    id: 'egress.doors-survive',
    area,
    hazard: true,
    requires: ['resident'],
    tools: ['python3'],
    title: 'keeps the way out when a command kills everything it can',
    async run(context) {
      const { origin, create } = await wayOut(context)
      const sandbox = await create(allowed)
      await python(sandbox, 'os.kill(-1, 9)')
      const { answers } = await ask(sandbox, { host: names.served }, { connect: '127.0.0.1:1' })
      assert.deepEqual(answers[0], [200, answerOf('GET', names.served, '/')])
      assert.equal(refusalCode(answers[1]), 'address_literal')
      assert.equal(origin.seen().length, 1)
    },
  },
  {
    id: 'egress.key-unseen',
    area,
    tools: ['python3'],
    title: 'shows the key of the authority nowhere inside',
    async run(context) {
      const { opened, create } = await wayOut(context)
      const sandbox = await create(allowed)
      const { answers } = await ask(sandbox, { host: names.served })
      assert.equal(answers[0]?.[0], 200)
      const authority = new X509Certificate(opened[0]?.session.certificate ?? '')
      const keys: string[] = JSON.parse(printed(await python(sandbox, findKeys)))
      assert.ok(
        keys.some((key) => key.includes('-----planted-----')),
        'the search finds nothing at all',
      )
      for (const key of keys) assert.ok(!belongs(key, authority), 'a key inside is the authority’s')
    },
  },
  {
    id: 'egress.authorities-apart',
    area,
    tools: ['python3'],
    title: 'trusts the authority of its own way out, and that of no other sandbox',
    async run(context) {
      const { opened, create } = await wayOut(context)
      const sandboxes = [await create(allowed), await create(allowed)]
      const authorities = opened.map(({ session }) => session.certificate.replaceAll('\n', ''))
      assert.equal(new Set(authorities).size, 2)
      const seen: unknown[] = []
      for (const sandbox of sandboxes) {
        const has = await python(sandbox, bundleHas, [JSON.stringify(authorities)])
        seen.push(JSON.parse(printed(has)))
      }
      assert.deepEqual(seen, [
        [true, false],
        [false, true],
      ])
    },
  },
]

/** Whether a private key is that of a certificate; what cannot be read is none. */
function belongs(key: string, certificate: X509Certificate): boolean {
  try {
    return certificate.checkPrivateKey(createPrivateKey(key))
  } catch {
    return false
  }
}

/** Nothing goes around the way out, and nobody takes it over. */
export const egressWallBehaviours: readonly Behaviour[] = [...around, ...held]
