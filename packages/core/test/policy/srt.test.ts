import { fromSrtSettings, type FromSrtSettings } from '@caisson/core'
import { expect } from 'chai'
import { refusal } from './error-message.ts'

const host = { home: '/home/ada', workingDirectory: '/home/ada/p' }
const from = (settings: unknown): FromSrtSettings => fromSrtSettings(settings, host)
const files = (filesystem: unknown) => from({ filesystem }).policy.filesystem
const left = (settings: unknown): readonly string[] =>
  from(settings).notCarriedOver.map((one) => one.path)

describe('fromSrtSettings', () => {
  it('allows nothing for empty settings, and says how reading differs', () => {
    const { policy, notCarriedOver } = from({})
    expect(policy.filesystem?.mounts).to.deep.equal([])
    expect(policy.network?.allow).to.deep.equal([])
    expect(notCarriedOver.map((one) => one.path)).to.deep.equal([
      'filesystem.denyRead',
      'environment',
    ])
    expect(notCarriedOver.every((one) => one.why !== '' && one.instead !== '')).to.equal(true)
  })

  const table: readonly (readonly [string, object, object])[] = [
    [
      'writable folders, with what stays hidden and read-only in them',
      { allowWrite: ['.'], denyRead: ['./.env'], denyWrite: ['ci/**', '~/p/x', '/etc/x'] },
      {
        mounts: [{ source: '/home/ada/p', access: 'write' }],
        deny: ['.env'],
        protect: ['ci', 'x'],
      },
    ],
    [
      'readable folders',
      { denyRead: ['~'], allowRead: ['~/p', '/opt/node'] },
      {
        mounts: [
          { source: '/home/ada/p', access: 'read' },
          { source: '/opt/node', access: 'read' },
        ],
        deny: [],
        protect: [],
      },
    ],
    [
      'a writable folder in a hidden one that is read again',
      { denyRead: ['~'], allowRead: ['~/p'], allowWrite: ['~/p'] },
      { mounts: [{ source: '/home/ada/p', access: 'write' }], deny: [], protect: [] },
    ],
    [
      'a writable folder in a hidden one as nothing',
      { denyRead: ['~'], allowWrite: ['~/p'] },
      { mounts: [], deny: [], protect: [] },
    ],
    [
      'a writable folder below one that may not be written as readable',
      { allowWrite: ['.'], denyWrite: ['~'] },
      { mounts: [{ source: '/home/ada/p', access: 'read' }], deny: [], protect: [] },
    ],
    [
      'a pattern that reaches into a mount from above',
      { allowWrite: ['.'], denyRead: ['/home/ada/**/.env'], denyWrite: ['/home/*/p/*.lock'] },
      {
        mounts: [{ source: '/home/ada/p', access: 'write' }],
        deny: ['**/.env'],
        protect: ['*.lock'],
      },
    ],
    [
      'a writable folder with a pattern that has no equal as readable',
      { allowWrite: ['.'], denyWrite: ['./[ab].ts'] },
      { mounts: [{ source: '/home/ada/p', access: 'read' }], deny: [], protect: [] },
    ],
    [
      'a hidden pattern that has no equal as nothing',
      { allowWrite: ['.'], denyRead: ['./[ab].ts'] },
      { mounts: [], deny: [], protect: [] },
    ],
    [
      'no pattern, no /tmp, and nothing that the system view has',
      { allowWrite: ['/tmp', '/srv/*', '/dev/null'], allowRead: ['/usr', '/', '/etc'] },
      { mounts: [], deny: [], protect: [] },
    ],
  ]
  for (const [title, filesystem, expected] of table) {
    it(`carries over ${title}`, () => {
      expect(files(filesystem)).to.deep.equal(expected)
    })
  }

  it('names each path that it leaves behind', () => {
    expect(
      left({ filesystem: { allowWrite: ['/tmp', '/srv/*'], allowRead: ['/usr/lib'] } }),
    ).to.include.members([
      'filesystem.allowWrite[0]',
      'filesystem.allowWrite[1]',
      'filesystem.allowRead[0]',
    ])
    expect(left({ filesystem: { allowWrite: ['.'], denyWrite: ['.'] } })).to.include(
      'filesystem.allowWrite[0]',
    )
  })

  it('carries hosts over, each narrower than it was', () => {
    const { policy, notCarriedOver } = from({
      network: {
        allowedDomains: ['Example.com', '*.example.org:8443', 'localhost', '10.0.0.1'],
        deniedDomains: ['bad.example.com'],
        deniedDomainReasons: { 'bad.example.com': 'not that one' },
        deniedResolvedAddresses: ['10.0.0.0/8', '169.254.169.254', 'fd00::1'],
      },
    })
    expect(policy.network).to.deep.equal({
      allow: ['example.com', { host: '*.example.org', ports: [8443] }],
      deny: [{ host: 'bad.example.com', reason: 'not that one' }],
      addresses: { deny: ['10.0.0.0/8', '169.254.169.254/32', 'fd00::1/128'] },
    })
    const hosts = notCarriedOver.filter((one) => one.path === 'network.allowedDomains')
    expect(hosts.map((one) => one.value)).to.deep.include.members(['localhost', '10.0.0.1'])
  })

  it('leaves out hosts on ports that no rule opens', () => {
    const network = { allowedDomains: ['a.example:22'], deniedDomains: ['b.example:22'] }
    const { policy, notCarriedOver } = from({ network })
    expect(policy.network?.allow).to.deep.equal([])
    expect(policy.network?.deny).to.deep.equal([{ host: 'b.example', ports: [22] }])
    expect(notCarriedOver.map((one) => one.value)).to.deep.include('a.example:22')
  })

  it('allows no host when a denial has no equal', () => {
    for (const deniedDomains of [['*'], ['*:443'], ['localhost']]) {
      const { policy } = from({ network: { allowedDomains: ['a.example'], deniedDomains } })
      expect(policy.network?.allow).to.deep.equal([])
    }
    const network = { allowedDomains: ['a.example'], deniedResolvedAddresses: ['nonsense'] }
    expect(from({ network }).policy.network?.allow).to.deep.equal([])
  })

  it('hides files of credentials, and says that masks are not known', () => {
    const settings = {
      filesystem: { allowWrite: ['.'] },
      credentials: { files: [{ path: './token', mode: 'mask' }], envVars: [{ name: 'A' }] },
    }
    expect(from(settings).policy.filesystem?.deny).to.deep.equal(['token'])
    expect(left(settings)).to.include.members(['credentials.files[0].mode', 'credentials.envVars'])
  })

  it('names every other setting, also one that nobody knows', () => {
    const settings = {
      network: { allowUnixSockets: ['/x'], httpProxyPort: 1, allowLocalBinding: true, new: 1 },
      filesystem: { allowGitConfig: true, disabled: true },
      ignoreViolations: {},
      enableWeakerNestedSandbox: true,
      somethingNew: 1,
    }
    expect(left(settings)).to.include.members([
      'network.allowUnixSockets',
      'network.httpProxyPort',
      'network.allowLocalBinding',
      'network.new',
      'filesystem.allowGitConfig',
      'filesystem.disabled',
      'ignoreViolations',
      'enableWeakerNestedSandbox',
      'somethingNew',
    ])
  })

  it('refuses what are no settings', () => {
    expect(refusal(() => from(null))).to.match(/^POLICY_INVALID not settings of srt/)
    expect(refusal(() => from({ filesystem: { allowWrite: 'x' } }))).to.match(/allowWrite/)
    expect(() => fromSrtSettings({}, { ...host, home: 'x' })).to.throw(TypeError)
  })
})
