import { type Policy, parsePolicy } from '@caisson/core'
import { expect } from 'chai'
import { refusal } from './error-message.ts'

const mount = { source: '/a', access: 'read' }
const key = { env: 'KEY' }
const signed = { sigv4: { service: 's3', region: 'eu-west-1' } }
const role = (also: object): object => ({
  awsRole: {
    roleArn: 'arn:aws:iam::123456789012:role/reader',
    keys: { accessKeyId: key, secretAccessKey: key },
    region: 'eu-west-1',
    ...also,
  },
})
const allow = (rule: unknown): unknown => ({ network: { allow: [rule] } })

describe('parsePolicy', () => {
  const full: Policy = {
    filesystem: {
      system: { image: 'debian:12' },
      mounts: [{ source: './repo', target: '/work', access: 'overlay' }],
      deny: ['**/.env', '/work/private'],
      protect: ['ci'],
      protectDefaults: true,
      tmpMiB: 64,
    },
    network: {
      allow: [
        'example.com',
        {
          host: '*.example.org',
          ports: [443],
          methods: ['GET'],
          paths: ['/v1/*'],
          identity: 'key',
        },
        { host: 'db.example.com', ports: [5432], protocol: 'tcp' },
      ],
      ask: [
        { host: 'ask.example.com', query: { page: '*', kind: ['a'] }, headers: { 'x-a': 'b' } },
      ],
      transparent: false,
      deny: ['evil.example.com', { host: 'a.example.com', reason: 'no' }],
      mode: 'enforce',
      budgets: { bytesTotal: 1_000_000, windowMs: 1000, urlBytesPerWindow: 1 },
      addresses: { allow: ['10.0.0.0/8', 'fd00::/8'], deny: ['192.168.0.0/16'] },
    },
    credentials: {
      key: { source: { env: 'KEY' }, carrier: { header: 'x-api-key' }, expose: 'KEY' },
    },
    environment: { CI: '1', EMPTY: '' },
    resources: { cpus: 0.5, memoryMiB: 512, pids: 64, wallTimeMs: 1000, outputBytes: 1 },
    process: { user: 'caller', hostname: 'box', unixSockets: false, allowNestedNamespaces: false },
  }

  it('returns what it was given, whole and deeply frozen', () => {
    const parsed = parsePolicy(structuredClone(full))
    expect(parsed).to.deep.equal(full)
    expect(Object.isFrozen(parsed)).to.equal(true)
    expect(Object.isFrozen(parsed.filesystem?.mounts?.[0])).to.equal(true)
    expect(Object.isFrozen(parsed.network?.allow?.[1])).to.equal(true)
  })

  it('copies, so that later changes to the input do not count', () => {
    const mounts = [{ source: '/a', access: 'read' }]
    const where = [{ at: '/model', oneOf: ['x'] }]
    const sessionPolicy = { Statement: [{ Effect: 'Allow' }] }
    const parsed = parsePolicy({
      filesystem: { mounts },
      network: { allow: [{ host: 'a.example', body: { json: { where } } }] },
      credentials: { role: { source: role({ sessionPolicy }), carrier: signed } },
    })
    mounts.push({ source: '/b', access: 'write' })
    where.push({ at: '/y', oneOf: ['y'] })
    sessionPolicy.Statement.push({ Effect: 'y' })
    expect(parsed.filesystem?.mounts).to.have.length(1)
    expect(JSON.stringify(parsed)).not.to.contain('"y"')
  })

  it('takes an empty policy', () => {
    expect(parsePolicy({})).to.deep.equal({})
  })

  it('takes names with `_`, which services have', () => {
    const names = ['_acme.a_b.example', '*.x_.example']
    expect(parsePolicy({ network: { allow: names } }).network?.allow).to.deep.equal(names)
  })

  it('stores a name in another script as its A-label', () => {
    expect(parsePolicy(allow('bücher.example')).network?.allow).to.deep.equal([
      'xn--bcher-kva.example',
    ])
  })

  const refused: readonly (readonly [unknown, RegExp])[] = [
    [null, /^POLICY_INVALID policy: .*expected object/],
    ['x', /expected object/],
    [[], /expected object/],
    [{ filesytem: {} }, /^POLICY_INVALID unknown key `filesytem`; did you mean `filesystem`\?/],
    [{ filesystem: { mount: [] } }, /filesystem: unknown key `mount`; did you mean `mounts`\?/],
    [{ filesystem: { zzzzzz: 1 } }, /known keys: system, mounts, deny/],
    [
      { filesystem: { mounts: [{ ...mount, acess: 'read' }] } },
      /filesystem\.mounts\[0\]: unknown key `acess`; did you mean `access`\?/,
    ],
    [{ filesystem: { mounts: [{ ...mount, access: 'rw' }] } }, /mounts\[0\]\.access: /],
    [{ filesystem: { mounts: [{ source: '/a' }] } }, /mounts\[0\]\.access: /],
    [{ filesystem: { mounts: [{ access: 'read' }] } }, /mounts\[0\]\.source: is missing/],
    [{ filesystem: { mounts: [{ ...mount, source: '' }] } }, /source: must not be empty/],
    [{ filesystem: { mounts: [{ ...mount, source: 'a\0b' }] } }, /source: may not contain NUL/],
    [{ filesystem: { mounts: [{ ...mount, source: '~/x' }] } }, /source: `~` is not expanded/],
    [{ filesystem: { mounts: [{ ...mount, target: 'x' }] } }, /target: must be an absolute path/],
    [{ filesystem: { mounts: [{ ...mount, target: '/' }] } }, /target: may not be `\/`/],
    [{ filesystem: { mounts: [{ ...mount, target: '/a/../b' }] } }, /target: must be written/],
    [{ filesystem: { mounts: [{ ...mount, target: '/a/' }] } }, /target: must be written/],
    [{ filesystem: { mounts: [{ ...mount, target: '//a' }] } }, /target: must be written/],
    [{ filesystem: { deny: ['a**'] } }, /filesystem\.deny\[0\]: `\*\*` must be a whole component/],
    [
      { filesystem: { protect: ['x', '{a,b}'] } },
      /filesystem\.protect\[1\]: `\{` is not supported/,
    ],
    [{ filesystem: { system: 'hots' } }, /filesystem\.system: /],
    [{ filesystem: { system: { imag: 'x' } } }, /filesystem\.system: .*did you mean `image`/s],
    [{ filesystem: { tmpMiB: 0 } }, /tmpMiB: must be a whole number/],
    [{ filesystem: { protectDefaults: 'no' } }, /protectDefaults: /],
    [{ environment: { 'A-B': 'x' } }, /environment\["A-B"\]: is no name for a variable/],
    [{ environment: { '1A': 'x' } }, /is no name/],
    [{ environment: { 'A=B': 'x' } }, /is no name/],
    [{ environment: { A: 'x\0y' } }, /environment\.A: may not contain NUL/],
    [{ environment: { A: 1 } }, /environment\.A: /],
    [{ resources: { cpus: Number.NaN } }, /resources\.cpus: must be a number/],
    [{ resources: { cpus: 0 } }, /resources\.cpus/],
    [{ resources: { cpus: Number.POSITIVE_INFINITY } }, /resources\.cpus/],
    [{ resources: { memoryMiB: -1 } }, /resources\.memoryMiB/],
    [{ resources: { pids: 12.5 } }, /resources\.pids: must be a whole number/],
    [{ resources: { pids: '64' } }, /resources\.pids/],
    [{ resources: { wallTimeMs: 2 ** 31 } }, /resources\.wallTimeMs/],
    [{ resources: { outputBytes: 2 ** 60 } }, /resources\.outputBytes/],
    [{ process: { allowNestedNamespaces: true } }, /can only be `false`/],
    [{ process: { user: -1 } }, /process\.user/],
    [{ process: { user: 'root' } }, /process\.user/],
    [{ process: { hostname: 'a_b' } }, /process\.hostname/],
    [{ process: { hostname: 'a\nb' } }, /process\.hostname/],
    [allow('*'), /allow\[0\]: may not be `\*`/],
    [allow('*.com'), /too wide/],
    [allow('a.*.example'), /only as a leading/],
    [allow('https://a.example'), /without scheme or path/],
    [allow('a.example:443'), /ports go into `ports`/],
    [allow('A.example'), /lower case/],
    [allow('a.example.'), /no host name/],
    [allow('a..example'), /no host name/],
    [allow('-a.example'), /no host name/],
    [allow(`${'a'.repeat(64)}.example`), /no host name/],
    [allow('a_-.example'), /no host name/],
    [allow('127.0.0.1'), /not an address/],
    [allow('1.0x7f'), /not an address/],
    [allow(3), /must be a host name or a rule/],
    [allow({ hots: 'a.example' }), /did you mean `host`/],
    [allow({ host: 'a.example', ports: [] }), /must name a port/],
    [allow({ host: 'a.example', ports: [70_000] }), /ports\[0\]/],
    [allow({ host: 'a.example', methods: ['get'] }), /upper case/],
    [allow({ host: 'a.example', paths: ['v1'] }), /must begin with `\/`/],
    [allow({ host: 'a.example', protocol: 'tcp', paths: ['/'] }), /inside a tunnel/],
    [allow({ host: 'a.example', tunnel: true, methods: ['GET'] }), /inside a tunnel/],
    [allow({ host: 'a.example', identity: 'nobody' }), /identity: names no credential/],
    [
      { network: { ask: [{ host: 'a.example', identity: 'nobody' }] } },
      /ask\[0\]\.identity: names/,
    ],
    [allow({ host: 'a.example', query: { a: [] } }), /must name a value/],
    [allow({ host: 'a.example', query: { a: 1 } }), /must be `"\*"`, a value, or a list/],
    [allow({ host: 'a.example', headers: { 'X-A': '*' } }), /in lower case/],
    [allow({ host: 'a.example', headers: { ':path': '*' } }), /name of a header/],
    [{ network: { transparent: 'yes' } }, /network\.transparent/],
    [{ network: { addresses: { allow: ['10.0.0.0/33'] } } }, /must be a range/],
    [{ network: { addresses: { allow: ['10.0.0.1'] } } }, /must be a range/],
    [{ network: { addresses: { allow: ['010.0.0.0/8'] } } }, /must be a range/],
    [{ credentials: { guest: full.credentials?.['key'] } }, /may not be `anonymous` or `guest`/],
    [{ credentials: { a: { source: { en: 'X' }, carrier: { header: 'x' } } } }, /`env`/],
    [
      { credentials: { a: { source: { env: 'X', file: 'y' }, carrier: { header: 'x' } } } },
      /source/,
    ],
  ]
  for (const [input, message] of refused) {
    it(`refuses ${JSON.stringify(input).slice(0, 70)}`, () => {
      const said = refusal(() => parsePolicy(input))
      expect(said).to.match(/^POLICY_INVALID /)
      expect(said).to.match(message)
    })
  }

  it('names every fault of a policy, up to five', () => {
    const deny = ['a**', 'b**', 'c**', 'd**', 'e**', 'f**', 'g**']
    const said = refusal(() => parsePolicy({ filesystem: { deny } }))
    expect(said).to.contain('deny[4]').and.to.contain('and 2 more').and.not.to.contain('deny[5]')
  })

  it('does not repeat a secret in its message', () => {
    const said = refusal(() =>
      parsePolicy({ credentials: { a: { source: { static: 's3cret\0' }, carrier: {} } } }),
    )
    expect(said).not.to.contain('s3cret')
  })

  it('refuses what is more than plain data', () => {
    const cycle: Record<string, unknown> = {}
    cycle['filesystem'] = cycle
    class Own {
      filesystem = {}
    }
    const getter = Object.defineProperty({}, 'filesystem', { get: () => ({}), enumerable: true })
    const polluting: unknown = JSON.parse('{"environment":{"__proto__":"x"}}')
    expect(refusal(() => parsePolicy(cycle))).to.match(/nested too deeply/)
    expect(refusal(() => parsePolicy(new Own()))).to.match(/must be plain data/)
    expect(refusal(() => parsePolicy(getter))).to.match(/may not be a getter/)
    expect(refusal(() => parsePolicy(polluting))).to.match(/environment: may not have a key/)
    expect(refusal(() => parsePolicy({ filesystem: new Map() }))).to.match(/must be plain data/)
  })
})
