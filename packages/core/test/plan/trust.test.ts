import { expect } from 'chai'
import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parsePolicy, planSandbox, type SandboxPlan, type SystemEntry } from '@caisson/core'
import { subjectHash } from '../../dist/plan/trust-subject-hash.js'
import { certificatesOf, pemOf } from '../../dist/plan/trust-pem.js'
import { trustVariables } from '../../dist/plan/trust-variables.js'
import { planTrust, withTrust } from '../../dist/plan/trust.js'
import { probeTrust } from '../../dist/plan/probe-trust.js'
import { authorityPem } from './authority-pem.ts'
import { factsFor } from './facts.ts'
import { SeededRandom } from './seeded-random.ts'

const hostBundle = '/etc/ssl/certs/ca-certificates.crt'
const [authority = Buffer.alloc(0)] = certificatesOf(authorityPem)

/** What a path shows inside, links followed. */
function shown(entries: readonly SystemEntry[], path: string): string | undefined {
  const entry = entries.find((one) => one.path === path)
  if (entry?.kind === 'link') return shown(entries, entry.to)
  return entry?.kind === 'file' ? entry.content : undefined
}

function planned(environment: Readonly<Record<string, string>> = {}): SandboxPlan {
  const policy = parsePolicy({ network: { allow: ['example.test'] }, environment })
  const facts = factsFor(policy)
  const system: SystemEntry[] = [
    ...facts.system,
    { kind: 'bind', path: '/etc/ssl/certs' },
    { kind: 'bind', path: '/etc/ssl/openssl.cnf' },
    { kind: 'link', path: '/etc/pki/tls/cert.pem', to: '../../ca-trust/x.pem' },
  ]
  const trust = { bundle: null, javaStores: [] }
  const egress = { doors: [], certificate: authorityPem }
  return planSandbox(policy, { ...facts, system, trust }, { id: 'test', egress })
}

describe('trust', () => {
  const host = { bundle: existsSync(hostBundle) ? readFileSync(hostBundle, 'latin1') : '' }
  const trust = planTrust({ ...host, javaStores: [] }, authorityPem)

  it('puts the authority before those of the host', () => {
    const bundle = shown(trust.entries, '/etc/ssl/certs/ca-certificates.crt') ?? ''
    const certificates = certificatesOf(bundle)
    expect(certificates.length).to.equal(certificatesOf(host.bundle).length + 1)
    expect(certificates[0]?.equals(authority)).to.equal(true)
  })

  const places: [string, string][] = [
    ['/etc/ssl/cert.pem', 'Alpine'],
    ['/etc/ssl/ca-bundle.pem', 'SUSE'],
    ['/etc/pki/tls/certs/ca-bundle.crt', 'older Fedora'],
    ['/etc/pki/tls/cert.pem', "Fedora's OpenSSL"],
    ['/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem', 'Fedora'],
    ['/etc/ca-certificates/extracted/tls-ca-bundle.pem', 'Arch'],
  ]
  for (const [path, who] of places) {
    it(`shows the same bundle at ${path}, for ${who}`, () => {
      expect(shown(trust.entries, path)).to.equal(
        shown(trust.entries, '/etc/ssl/certs/ca-certificates.crt'),
      )
    })
  }

  it('gives every variable a file that is there', () => {
    expect(Object.keys(trust.environment)).to.have.length(trustVariables.length)
    for (const { name, file } of trustVariables) {
      const content = shown(trust.entries, trust.environment[name] ?? '') ?? ''
      expect(content.startsWith(pemOf(authority)), name).to.equal(true)
      if (file === 'authority') expect(content, name).to.equal(pemOf(authority))
    }
  })

  it('trusts the authority alone where the host has no bundle', () => {
    const { entries } = planTrust({ bundle: null, javaStores: [] }, authorityPem)
    expect(shown(entries, '/etc/ssl/cert.pem')).to.equal(pemOf(authority))
  })

  it('takes nothing but certificates from the bundle of the host', () => {
    const odd = `# a comment\n${authorityPem}-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n`
    const { entries } = planTrust({ bundle: odd, javaStores: [] }, authorityPem)
    expect(shown(entries, '/etc/ssl/cert.pem')).to.equal(pemOf(authority).repeat(2))
  })

  it('refuses what is no certificate', () => {
    expect(() => planTrust({ bundle: null, javaStores: [] }, 'no certificate')).to.throw(TypeError)
    expect(() => planTrust({ bundle: null, javaStores: [] }, pemOf(Buffer.from('x')))).to.throw(
      TypeError,
    )
  })

  it('makes the places of trust give way, and nothing beside them', () => {
    const system: SystemEntry[] = [
      { kind: 'bind', path: '/etc/ssl/certs' },
      { kind: 'bind', path: '/etc/ssl/certs-of-others' },
      { kind: 'bind', path: '/etc/pki/ca-trust/extracted' },
      { kind: 'bind', path: '/etc/ssl/openssl.cnf' },
    ]
    const kept = withTrust(system, trust).filter(({ kind }) => kind === 'bind')
    expect(kept.map(({ path }) => path)).to.deep.equal([
      '/etc/ssl/certs-of-others',
      '/etc/ssl/openssl.cnf',
    ])
  })
})

describe('trust in a plan', () => {
  it('replaces the certificates of the host when there is a way out', () => {
    const paths = planned().system.map(({ kind, path }) => `${kind} ${path}`)
    expect(paths).to.include('file /etc/ssl/certs/ca-certificates.crt')
    expect(paths).to.include('bind /etc/ssl/openssl.cnf')
    expect(paths).not.to.include('bind /etc/ssl/certs')
    expect(paths.filter((path) => path.endsWith('/etc/pki/tls/cert.pem'))).to.have.length(1)
  })

  it('leaves them alone when there is none', () => {
    const policy = parsePolicy({})
    const { system, environment } = planSandbox(policy, factsFor(policy), 'test')
    expect(system.some(({ path }) => path.startsWith('/etc/ssl'))).to.equal(false)
    expect(environment).not.to.have.property('SSL_CERT_FILE')
  })

  it('sets the variables, and lets the policy have its own', () => {
    const { environment } = planned({ PIP_CERT: '/mine.pem' })
    expect(environment['SSL_CERT_FILE']).to.equal('/etc/ssl/certs/ca-certificates.crt')
    expect(environment['PIP_CERT']).to.equal('/mine.pem')
  })

  it('tells a Java with a store of its own of ours, and no other', () => {
    const own = planTrust({ bundle: null, javaStores: ['/usr/lib/jvm/a/cacerts'] }, authorityPem)
    expect(own.environment['JAVA_TOOL_OPTIONS']).to.include('/etc/ssl/certs/java/cacerts')
    const linked = planTrust(
      { bundle: null, javaStores: ['/etc/ssl/certs/java/cacerts'] },
      authorityPem,
    )
    expect(linked.environment).not.to.have.property('JAVA_TOOL_OPTIONS')
  })
})

describe('subject hash', () => {
  it('is what openssl says, for the authority and every root of this host', async () => {
    const { bundle } = await probeTrust()
    const all = certificatesOf(authorityPem + (bundle ?? ''))
    const folder = mkdtempSync(join(tmpdir(), 'caisson-hash-'))
    try {
      for (const [index, der] of all.entries())
        writeFileSync(join(folder, `${index}.pem`), pemOf(der))
      execFileSync('openssl', ['rehash', folder], { stdio: 'ignore' })
      const found = all.filter((der) => existsSync(join(folder, `${subjectHash(der)}.0`)))
      expect(found).to.have.length(all.length)
    } finally {
      rmSync(folder, { recursive: true })
    }
  })

  it('lets openssl find the authority by its link alone', () => {
    const folder = mkdtempSync(join(tmpdir(), 'caisson-hash-'))
    try {
      const file = join(folder, 'authority.pem')
      writeFileSync(file, authorityPem)
      const verify = ['verify', '-no-CAfile', '-no_check_time', '-CApath', folder, file]
      expect(() => execFileSync('openssl', verify, { stdio: 'ignore' })).to.throw()
      symlinkSync(file, join(folder, `${subjectHash(authority)}.0`))
      expect(execFileSync('openssl', verify, { encoding: 'utf8' })).to.include('OK')
    } finally {
      rmSync(folder, { recursive: true })
    }
  })

  it('refuses every certificate that was cut short, and any other garbage, in one way', () => {
    const random = new SeededRandom(47)
    for (let length = 0; length < 160; length++) {
      expect(() => subjectHash(authority.subarray(0, length)), String(length)).to.throw(TypeError)
    }
    for (let round = 0; round < 3000; round++) {
      const changed = Buffer.from(authority)
      changed[random.below(200)] = random.below(256)
      try {
        expect(subjectHash(changed)).to.match(/^[0-9a-f]{8}$/)
      } catch (error) {
        expect(error).to.be.instanceOf(TypeError)
      }
    }
  })
})
