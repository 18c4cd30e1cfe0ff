import { diffPolicy, type Policy, parsePolicy } from '@caisson/core'
import { expect } from 'chai'

const fs = (filesystem: NonNullable<Policy['filesystem']>): Policy => ({ filesystem })
const net = (network: NonNullable<Policy['network']>): Policy => ({ network })
const a = { source: '/a', access: 'read' } as const

describe('diffPolicy', () => {
  const table: readonly (readonly [string, Policy, Policy, readonly string[]])[] = [
    ['a mount added', {}, fs({ mounts: [a] }), ['widens filesystem.mounts']],
    ['a mount removed', fs({ mounts: [a] }), {}, ['narrows filesystem.mounts']],
    [
      'a mount made writable',
      fs({ mounts: [a] }),
      fs({ mounts: [{ ...a, access: 'write' }] }),
      ['widens filesystem.mounts'],
    ],
    [
      'a writable mount made an overlay',
      fs({ mounts: [{ ...a, access: 'write' }] }),
      fs({ mounts: [{ ...a, access: 'overlay' }] }),
      ['narrows filesystem.mounts'],
    ],
    [
      'a mount removed that covered part of another',
      fs({
        mounts: [
          { source: '/r', access: 'write' },
          { source: '/r/ci', access: 'read' },
        ],
      }),
      fs({ mounts: [{ source: '/r', access: 'write' }] }),
      ['narrows filesystem.mounts', 'widens filesystem.mounts'],
    ],
    ['a deny removed', fs({ deny: ['x'] }), fs({}), ['widens filesystem.deny']],
    ['a deny added', fs({}), fs({ deny: ['x'] }), ['narrows filesystem.deny']],
    ['a protect removed', fs({ protect: ['x'] }), {}, ['widens filesystem.protect']],
    [
      'the built-in list off',
      {},
      fs({ protectDefaults: false }),
      ['widens filesystem.protectDefaults'],
    ],
    ['the system view gone', {}, fs({ system: 'none' }), ['narrows filesystem.system']],
    [
      'an image in place of the host',
      {},
      fs({ system: { image: 'x' } }),
      ['widens filesystem.system', 'narrows filesystem.system'],
    ],
    ['a host allowed', {}, net({ allow: ['a.example'] }), ['widens network.allow']],
    [
      'a rule widened',
      net({ allow: [{ host: 'a.example', methods: ['GET'] }] }),
      net({ allow: ['a.example'] }),
      ['widens network.allow', 'narrows network.allow'],
    ],
    ['a host that can be granted', {}, net({ ask: ['a.example'] }), ['widens network.ask']],
    [
      'a rule of ask made one of allow',
      net({ ask: ['a.example'] }),
      net({ allow: ['a.example'] }),
      ['widens network.allow', 'narrows network.ask'],
    ],
    [
      'a way out for programs that ignore proxy variables',
      net({ transparent: false }),
      net({}),
      ['widens network.transparent'],
    ],
    [
      'fewer bytes in URLs',
      net({ budgets: { urlBytesPerWindow: 2 } }),
      net({ budgets: { urlBytesPerWindow: 1 } }),
      ['narrows network.budgets.urlBytesPerWindow'],
    ],
    [
      'a name of its own on a request',
      net({ allow: ['a.example'] }),
      net({ allow: [{ host: 'a.example', identity: 'guest' }] }),
      ['widens network.allow', 'narrows network.allow'],
    ],
    [
      'a body no longer judged',
      net({ allow: [{ host: 'a.example', body: { json: {} } }] }),
      net({ allow: ['a.example'] }),
      ['widens network.allow', 'narrows network.allow'],
    ],
    [
      'a tenant no longer set',
      net({ allow: [{ host: 'a.example', tenant: { 'x-org': 'a' } }] }),
      net({ allow: ['a.example'] }),
      ['widens network.allow', 'narrows network.allow'],
    ],
    [
      'a canary planted',
      {},
      net({ canaries: { bait: { expose: 'X' } } }),
      ['narrows network.canaries'],
    ],
    [
      'a canary taken away',
      net({ canaries: { bait: { expose: 'X' } } }),
      {},
      ['widens network.canaries'],
    ],
    [
      'another canary by the same name',
      net({ canaries: { bait: { value: 's3cret-canary' } } }),
      net({ canaries: { bait: { value: 's3cret-kanary' } } }),
      ['widens network.canaries'],
    ],
    ['a host no longer denied', net({ deny: ['a.example'] }), {}, ['widens network.deny']],
    ['observing', {}, net({ mode: 'observe' }), ['widens network.mode']],
    [
      'a budget lifted',
      net({ budgets: { bytesTotal: 1 } }),
      {},
      ['widens network.budgets.bytesTotal'],
    ],
    [
      'a range allowed',
      {},
      net({ addresses: { allow: ['10.0.0.0/8'] } }),
      ['widens network.addresses.allow'],
    ],
    ['a variable added', {}, { environment: { A: '1' } }, ['widens environment']],
    [
      'a variable changed',
      { environment: { A: '1' } },
      { environment: { A: '2' } },
      ['widens environment'],
    ],
    ['a limit raised', {}, { resources: { pids: 1000 } }, ['widens resources.pids']],
    ['a limit lowered', {}, { resources: { memoryMiB: 64 } }, ['narrows resources.memoryMiB']],
    ['a bound set', {}, { resources: { wallTimeMs: 5 } }, ['narrows resources.wallTimeMs']],
    ['a bound lifted', { resources: { wallTimeMs: 5 } }, {}, ['widens resources.wallTimeMs']],
    [
      'Unix sockets refused',
      {},
      { process: { unixSockets: false } },
      ['narrows process.unixSockets'],
    ],
    ['another user', {}, { process: { user: 0 } }, ['widens process.user', 'narrows process.user']],
  ]
  for (const [title, before, after, expected] of table) {
    it(`tells ${title}`, () => {
      const told = diffPolicy(parsePolicy(before), parsePolicy(after))
      expect(told.map((one) => `${one.effect} ${one.clause}`)).to.deep.equal(expected)
    })
  }

  it('tells nothing for the same policy, its defaults written out or not, in any order', () => {
    const one = parsePolicy({
      filesystem: { mounts: [a, { source: '/b', access: 'write' }], deny: ['x', 'y'] },
      network: { allow: ['a.example'] },
    })
    const two = parsePolicy({
      filesystem: {
        system: 'host',
        mounts: [{ access: 'write', source: '/b' }, a],
        deny: ['y', 'x'],
        protectDefaults: true,
        tmpMiB: 512,
      },
      network: {
        allow: [
          {
            host: 'a.example',
            reason: 'docs',
            protocol: 'https',
            ports: [443],
            methods: ['GET', 'HEAD', 'OPTIONS'],
            identity: 'anonymous',
            tunnel: false,
            websocket: false,
          },
        ],
        mode: 'enforce',
        transparent: true,
      },
      resources: { memoryMiB: 2048 },
      process: { user: 'caller' },
    })
    expect(diffPolicy(one, two)).to.deep.equal([])
  })

  it('says that a rule of ask takes a grant', () => {
    const [told] = diffPolicy({}, parsePolicy(net({ ask: ['a.example'] })))
    expect(told?.text).to.equal('adds {"host":"a.example"}, which a grant can open')
  })

  it('names variables and credentials without their values', () => {
    const carrier = { header: 'x-key' }
    const made = (secret: string): Policy =>
      parsePolicy({
        environment: { TOKEN: secret },
        credentials: { key: { source: { static: secret }, carrier } },
        network: { canaries: { bait: { value: `${secret}-canary` } } },
      })
    const [one, other] = [made('s3cret-a'), made('s3cret-b')]
    for (const [from, to] of [
      [{}, one],
      [one, other],
      [other, {}],
    ] as const) {
      const told = JSON.stringify(diffPolicy(from, to))
      expect(told).to.contain('TOKEN').and.contain('key').and.contain('bait')
      expect(told).not.to.contain('s3cret')
    }
  })
})
