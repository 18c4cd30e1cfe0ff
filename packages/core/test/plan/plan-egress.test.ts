import { parsePolicy, planSandbox } from '@caisson/core'
import type { EgressDoor, PlanEgress, Policy, SandboxPlan } from '@caisson/core'
import { expect } from 'chai'
import { refusal } from '../policy/error-message.ts'
import { allDoors, certificate } from '../sandbox/fake-gateway.ts'
import { factsFor, plan } from './facts.ts'

const someHost: Policy = { network: { allow: ['api.example'] } }
const proxyVariables = [
  'HTTP_PROXY',
  'HTTPS_PROXY',
  'ALL_PROXY',
  'NO_PROXY',
  'http_proxy',
  'https_proxy',
  'all_proxy',
  'no_proxy',
  'NODE_USE_ENV_PROXY',
]

function planReaching(input: Policy = someHost, egress: Partial<PlanEgress> = {}): SandboxPlan {
  const policy = parsePolicy(input)
  const facts = { ...factsFor(policy), trust: { bundle: certificate, javaStores: [] } }
  return planSandbox(policy, facts, {
    id: 'test',
    egress: { doors: allDoors, certificate, ...egress },
  })
}

function contentOf(made: SandboxPlan, path: string): string {
  const entry = made.system.find((one) => one.path === path)
  return entry?.kind === 'file' ? entry.content : ''
}

describe('the plan of a sandbox with a way out', () => {
  it('has the doors, copied and frozen, and needs them for something to reach', () => {
    const doors = allDoors.map((door) => ({ ...door }))
    const made = planReaching(someHost, { doors })
    expect(made.network).to.deep.equal({ kind: 'egress', doors })
    expect(Object.isFrozen(made.network)).to.equal(true)
    expect(Object.isFrozen(doors[0])).to.equal(false)
    for (const egress of [undefined, null]) {
      const policy = parsePolicy(someHost)
      expect(refusal(() => planSandbox(policy, factsFor(policy), { id: 'test', egress }))).to.match(
        /^POLICY_UNSUPPORTED network\.allow: there is no way out/,
      )
    }
  })

  it('leads programs to the HTTP proxy, in both spellings, and keeps what is inside there', () => {
    const { environment } = planReaching()
    for (const name of ['HTTP_PROXY', 'HTTPS_PROXY', 'ALL_PROXY'])
      for (const spelling of [name, name.toLowerCase()])
        expect(environment[spelling], spelling).to.equal('http://127.0.0.1:3128')
    expect(environment).to.include({
      NO_PROXY: 'localhost,127.0.0.1,::1',
      no_proxy: 'localhost,127.0.0.1,::1',
      NODE_USE_ENV_PROXY: '1',
    })
    expect(plan({}).environment).not.to.have.any.keys(...proxyVariables)
  })

  it('lets the policy decide about every variable', () => {
    const environment = Object.fromEntries(
      [...proxyVariables, 'NODE_EXTRA_CA_CERTS'].map((name) => [name, 'mine']),
    )
    expect(planReaching({ ...someHost, environment }).environment).to.include(environment)
  })

  const placed: readonly (readonly [string, readonly EgressDoor[], string | undefined])[] = [
    ['any address', [door('0.0.0.0', 8080)], 'http://127.0.0.1:8080'],
    ['another loopback address', [door('127.9.9.9', 1)], 'http://127.9.9.9:1'],
    ['the first of two', [door('127.0.0.1', 1), door('127.0.0.1', 2)], 'http://127.0.0.1:1'],
    ['no proxy at all', allDoors.slice(1), undefined],
  ]
  for (const [what, doors, expected] of placed) {
    it(`names the proxy at ${what}`, () => {
      expect(planReaching(someHost, { doors }).environment['HTTP_PROXY']).to.equal(expected)
    })
  }

  it('has questions for names wait for a decision, and fail at once where nobody answers', () => {
    const path = '/etc/resolv.conf'
    expect(contentOf(planReaching(), path)).to.equal(
      'nameserver 127.0.0.1\noptions timeout:5 attempts:1\n',
    )
    const blind = planReaching(someHost, { doors: allDoors.slice(0, 1) })
    expect(contentOf(blind, path)).to.equal('nameserver 127.0.0.1\noptions timeout:1 attempts:1\n')
    expect(contentOf(plan({}), path)).to.equal(contentOf(blind, path))
    expect(contentOf(planReaching(), '/etc/nsswitch.conf')).to.include('hosts: files dns')
  })

  it('shows the authority in the place of the host’s certificates, whatever the system view', () => {
    const views = ['host', 'none', { image: 'debian:12' }] as const
    for (const system of views) {
      const policy = parsePolicy({ ...someHost, filesystem: { system } })
      const host = factsFor(policy)
      const shown =
        system === 'host' ? [...host.system, { kind: 'bind', path: '/etc/ssl/certs' } as const] : []
      const facts = { ...host, system: shown, trust: { bundle: null, javaStores: [] } }
      const made = planSandbox(policy, facts, {
        id: 'test',
        egress: { doors: allDoors, certificate },
      })
      const paths = made.system.map(({ path }) => path)
      expect(paths).not.to.include('/etc/ssl/certs')
      expect(new Set(paths).size).to.equal(paths.length)
      const named = made.environment['SSL_CERT_FILE'] ?? ''
      expect(contentOf(made, named).replaceAll(/\s/g, '')).to.equal(
        certificate.replaceAll(/\s/g, ''),
      )
      const before = plan({ filesystem: { system } })
      expect(before.environment).not.to.have.property('SSL_CERT_FILE')
      expect(contentOf(before, named)).to.equal('')
    }
  })

  it('lets no mount of the policy cover what must be trusted', () => {
    const mounts = [{ source: '/srv/a', target: '/etc/ssl/certs', access: 'read' as const }]
    const filesystem = { system: 'none' as const, mounts }
    expect(plan({ filesystem }).mounts).to.have.length(1)
    expect(refusal(() => planReaching({ ...someHost, filesystem }))).to.match(/would cover/)
  })

  const credentials = { a: { source: { env: 'A' }, carrier: { header: 'x-a' }, expose: 'A_KEY' } }

  it('sets the variables of the way out, and shows nothing of where secrets come from', () => {
    const planted = { A_KEY: 'dummy-123', CANARY: 'tok-456' }
    const made = planReaching({ ...someHost, credentials }, { environment: planted })
    expect(made.environment).to.include(planted)
    expect(JSON.stringify(made)).not.to.contain('x-a')
    expect(JSON.stringify(made)).not.to.contain('credentials')
  })

  it('refuses variables of the way out that would hide others', () => {
    for (const name of ['PATH', 'LD_PRELOAD', 'https_proxy', 'SSL_CERT_FILE', 'A B'])
      expect(
        refusal(() => planReaching(someHost, { environment: { [name]: 'x' } })),
        name,
      ).to.match(/^POLICY_INVALID credentials: the way out sets a variable /)
    const environment = { A_KEY: 'mine' }
    expect(refusal(() => planReaching({ ...someHost, environment }, { environment }))).to.match(
      /^POLICY_INVALID environment\.A_KEY: .* set it once/,
    )
  })

  it('refuses what makes variables where nothing can be reached, as nobody would make them', () => {
    expect(refusal(() => plan({ credentials }))).to.match(
      /^POLICY_UNSUPPORTED credentials: this policy names nothing to reach.*network\.allow/,
    )
    const canaries = { bait: { expose: 'BAIT' } }
    expect(refusal(() => plan({ network: { canaries } }))).to.match(
      /^POLICY_UNSUPPORTED network\.canaries: /,
    )
    expect(plan({ network: { canaries: { bait: { value: 'x'.repeat(12) } } } }).id).to.equal('test')
    expect(refusal(() => plan({ ...someHost, credentials }))).to.match(
      /^POLICY_UNSUPPORTED network\.allow: there is no way out/,
    )
  })
})

function door(address: string, port: number): EgressDoor {
  return { kind: 'proxy', protocol: 'tcp', address, port }
}
