import { expect } from 'chai'
import { fillOptions } from '../dist/options.js'
import { probe } from '../dist/probe.js'
import { hostProbeSource, type ProbeSource } from '../dist/probe-source.js'
import { fakeBwrap, helpText, temporaryFolder } from './fake-bwrap.ts'

const userNamespaces = '/proc/sys/user/max_user_namespaces'
const unprivileged = '/proc/sys/kernel/unprivileged_userns_clone'
const appArmor = '/proc/sys/kernel/apparmor_restrict_unprivileged_userns'

/** This machine, seen as an ordinary user's with the files that a test gives. */
function source(files: Record<string, string>, change: Partial<ProbeSource> = {}): ProbeSource {
  return {
    ...hostProbeSource(),
    uid: 1000,
    gid: 1000,
    release: '6.8.0-31-generic',
    shippedInit: () => '/bin/true',
    read: (path) => files[path] ?? null,
    ...change,
  }
}

interface Case {
  readonly title: string
  readonly error: string
  readonly files: Record<string, string>
  readonly change?: Partial<ProbeSource>
  readonly code: string
  readonly remedy: RegExp
}

const noPermissions =
  'bwrap: No permissions to create new namespace, likely because the kernel does not allow non-privileged user namespaces.'

const failures: Case[] = [
  {
    title: 'user namespaces that Debian has switched off',
    error: noPermissions,
    files: { [unprivileged]: '0\n' },
    code: 'user-namespaces-off',
    remedy: /sysctl -w kernel\.unprivileged_userns_clone=1/,
  },
  {
    title: 'a kernel that allows no user namespaces',
    error:
      'bwrap: Creating new namespace failed, likely because of limits: No space left on device',
    files: { [userNamespaces]: '0\n' },
    code: 'user-namespaces-off',
    remedy: /user\.max_user_namespaces/,
  },
  {
    title: "Ubuntu's AppArmor restriction when the uid map is refused",
    error: 'bwrap: setting up uid map: Permission denied',
    files: { [appArmor]: '1\n', [unprivileged]: '1\n' },
    code: 'apparmor-restricts-user-namespaces',
    remedy: /apparmor_restrict_unprivileged_userns=0/,
  },
  {
    title: "Ubuntu's AppArmor restriction when the namespace comes without capabilities",
    error: 'bwrap: loopback: Failed RTM_NEWADDR: Operation not permitted',
    files: { [appArmor]: '1\n' },
    code: 'apparmor-restricts-user-namespaces',
    remedy: /sysctl/,
  },
  {
    title: 'a container whose seccomp profile refuses namespaces',
    error: noPermissions,
    files: { '/.dockerenv': '' },
    code: 'container-blocks-namespaces',
    remedy: /seccomp=unconfined/,
  },
  {
    title: 'a container that covers parts of /proc',
    error: "bwrap: Can't mount proc on /newroot/proc: Operation not permitted",
    files: { '/.dockerenv': '' },
    code: 'proc-masked',
    remedy: /systempaths=unconfined/,
  },
  {
    title: 'root without CAP_SETFCAP',
    error: 'bwrap: setting up uid map: Operation not permitted',
    files: { '/proc/self/status': 'Name:\tnode\nCapEff:\t00000000000425fb\n', '/.dockerenv': '' },
    change: { uid: 0, gid: 0 },
    code: 'setfcap-missing',
    remedy: /--cap-add SETFCAP/,
  },
  {
    title: 'a refusal without a known reason',
    error: noPermissions,
    files: {},
    code: 'namespaces-refused',
    remedy: /unshare --user/,
  },
  {
    title: 'an option that bwrap does not know after all',
    error: 'bwrap: Unknown option --json-status-fd',
    files: {},
    code: 'bwrap-too-old',
    remedy: /install bubblewrap/,
  },
  {
    title: 'anything else, with what bwrap said',
    error: 'bwrap: the moon is full',
    files: {},
    code: 'start-failed',
    remedy: /bwrap --unshare-all/,
  },
]

describe('probe', () => {
  for (const { title, error, files, change, code, remedy } of failures)
    it(`explains ${title}`, async () => {
      using folder = temporaryFolder()
      const bwrapPath = fakeBwrap(folder.path, { error })
      const options = fillOptions({ bwrapPath })
      const { probe: found } = await probe(options, source(files, change))
      const finding = found.findings.find((one) => one.severity === 'blocking')
      expect(found.available).to.equal(false)
      expect(finding?.code).to.equal(code)
      expect(finding?.remedy).to.match(remedy)
    })

  it('passes on what bwrap said', async () => {
    using folder = temporaryFolder()
    const bwrapPath = fakeBwrap(folder.path, { error: 'bwrap: the moon is full' })
    const { probe: found } = await probe(fillOptions({ bwrapPath }), source({}))
    expect(found.findings.map((finding) => finding.message).join()).to.contain('the moon is full')
  })

  it('names what an old bwrap lacks', async () => {
    using folder = temporaryFolder()
    const help = helpText.replace('--size', '')
    const bwrapPath = fakeBwrap(folder.path, { help, version: 'bubblewrap 0.4.1' })
    const { probe: found } = await probe(fillOptions({ bwrapPath }), source({}))
    const [finding] = found.findings.filter((one) => one.severity === 'blocking')
    expect(finding).to.include({ code: 'bwrap-too-old' })
    expect(finding?.message).to.contain('0.4.1').and.contain('--size')
  })

  it('tells that bwrap is missing, and how to install it', async () => {
    const { probe: found } = await probe(fillOptions(), source({}, { searchPath: '/nowhere:.' }))
    expect(found.findings.map((finding) => finding.code)).to.include('bwrap-missing')
    expect(found.available).to.equal(false)
  })

  it('passes over folders of PATH that are not absolute', async () => {
    const asked: string[] = []
    const isExecutable = (path: string) => {
      asked.push(path)
      return false
    }
    await probe(fillOptions(), source({}, { searchPath: 'bin:.:/a', isExecutable }))
    expect(asked).to.deep.equal(['/a/bwrap', '/bin/true'])
  })

  it('tells that the init binary is missing', async () => {
    const { probe: found } = await probe(fillOptions(), source({}, { shippedInit: () => null }))
    expect(found.findings.map((finding) => finding.code)).to.include('init-missing')
  })

  it('refuses other platforms', async () => {
    const { probe: found } = await probe(fillOptions(), source({}, { platform: 'darwin' }))
    expect(found.findings.map((finding) => finding.code)).to.include('platform-unsupported')
  })

  it('warns of kernels without overlays and of hosts without cgroups', async () => {
    const { probe: found } = await probe(fillOptions(), source({}, { release: '6.5.0' }))
    const warnings = found.findings.filter((finding) => finding.severity === 'warning')
    expect(warnings.map((finding) => finding.code)).to.deep.equal([
      'overlay-incomplete',
      'no-cgroup',
    ])
  })

  it('has a remedy for every finding', async () => {
    const { probe: found } = await probe(
      fillOptions(),
      source({}, { searchPath: '', platform: 'x', release: '5.4', shippedInit: () => null }),
    )
    expect(found.findings).to.have.length.greaterThan(3)
    for (const finding of found.findings) expect(finding.remedy).to.match(/\S/)
  })

  it('starts a real sandbox before it says that the driver is available', async () => {
    const { probe: found } = await probe(fillOptions(), hostProbeSource())
    expect(found.available, JSON.stringify(found.findings)).to.equal(true)
    expect(found.facts).to.include.keys('kernel', 'bwrap', 'cgroup')
  })
})
