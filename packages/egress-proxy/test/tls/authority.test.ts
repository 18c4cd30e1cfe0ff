import { expect } from 'chai'
import { X509Certificate } from 'node:crypto'
import { inspect } from 'node:util'
import { createAuthority } from '../../dist/tls/authority.js'
import { VouchedNames } from '../../dist/tls/vouched-names.js'
import { RefusalError } from '../../dist/refusal.js'
import { peerOf } from './peer.ts'

const one = [{ pattern: 'a.test', wildcard: false }]
const day = 86_400_000

function codeOf(run: () => unknown): string {
  try {
    run()
    return 'none'
  } catch (error) {
    return error instanceof RefusalError ? error.refusal.code : String(error)
  }
}

describe('authority', () => {
  const names = [
    { pattern: 'a.test', wildcard: false },
    { pattern: '*.w.test', wildcard: true },
  ]
  const asked: [string, string, string][] = [
    ['a.test', 'none', 'is listed'],
    [
      'b.a.test',
      'sni_mismatch',
      'is below a listed name, which name constraints alone would allow',
    ],
    ['x.w.test', 'none', 'is below a wildcard'],
    ['y.x.w.test', 'none', 'is further below'],
    ['w.test', 'sni_mismatch', 'is where the wildcard starts'],
    ['xw.test', 'sni_mismatch', 'only ends alike'],
    ['b.test', 'sni_mismatch', 'is not listed'],
    ['A.test', 'sni_mismatch', 'is not canonical'],
    ['a.test.', 'sni_mismatch', 'is not canonical'],
    ['127.0.0.1', 'sni_mismatch', 'is an address'],
    ['::1', 'sni_mismatch', 'is an address'],
    ['', 'sni_mismatch', 'is no name'],
    ['a.test\0.b.test', 'sni_mismatch', 'has a byte that no name has'],
  ]
  for (const [host, code, reason] of asked) {
    it(`${code === 'none' ? 'vouches for' : 'refuses'} ${inspect(host)}, which ${reason}`, () => {
      const authority = createAuthority({ sandboxId: 's', names })
      expect(codeOf(() => authority.contextFor(host))).to.equal(code)
    })
  }

  it('vouches for any name, and no address, where policy can grow', () => {
    const authority = createAuthority({ sandboxId: 's', names: 'any' })
    expect(codeOf(() => authority.contextFor('whatever.test'))).to.equal('none')
    expect(codeOf(() => authority.contextFor('10.0.0.1'))).to.equal('sni_mismatch')
  })

  it('vouches for nothing without names', () => {
    const authority = createAuthority({ sandboxId: 's', names: [] })
    expect(codeOf(() => authority.contextFor('a.test'))).to.equal('sni_mismatch')
  })

  it('refuses to be made for what is no canonical name', () => {
    for (const pattern of ['A.test', '1.2.3.4', '', '*', 'a..test']) {
      const make = () => createAuthority({ sandboxId: 's', names: [{ pattern, wildcard: true }] })
      expect(make, pattern).to.throw(TypeError)
    }
  })

  it('passes over an address that a rule names', () => {
    const mixed = ['a.test', '10.0.0.1', '::1'].map((pattern) => ({ pattern, wildcard: false }))
    expect(new VouchedNames(mixed).subtrees()).to.deep.equal(['a.test'])
    const authority = createAuthority({ sandboxId: 's', names: mixed })
    expect(codeOf(() => authority.contextFor('10.0.0.1'))).to.equal('sni_mismatch')
  })

  it('constrains to the fewest subtrees', () => {
    const vouched = new VouchedNames([
      ...names,
      { pattern: 'b.a.test', wildcard: false },
      { pattern: 'w.test', wildcard: false },
    ])
    expect(vouched.subtrees()).to.deep.equal(['a.test', 'w.test'])
  })

  it('makes a leaf once, and drops the one that was used longest ago', () => {
    const limits = { leaves: 2 }
    const authority = createAuthority({ sandboxId: 's', names: 'any', limits })
    const [first, second] = [authority.contextFor('a.test'), authority.contextFor('b.test')]
    expect(authority.contextFor('a.test')).to.equal(first)
    authority.contextFor('c.test')
    expect(authority.contextFor('a.test')).to.equal(first)
    expect(authority.contextFor('b.test')).not.to.equal(second)
  })

  it('renews a leaf before it expires', async () => {
    let now = Date.now() - 42 * day
    const authority = createAuthority({ sandboxId: 's', names: one, now: () => now })
    const first = authority.contextFor('a.test')
    now += 39 * day
    expect(authority.contextFor('a.test')).to.equal(first)
    now += 3 * day
    expect(authority.contextFor('a.test')).not.to.equal(first)
    const { certificate } = await peerOf(authority, 'a.test')
    expect(Date.parse(certificate.validTo)).to.be.greaterThan(Date.now() + 40 * day)
  })

  it('shows no key, whatever looks at it', () => {
    const authority = createAuthority({ sandboxId: 's', names: one })
    authority.contextFor('a.test')
    const seen = inspect(authority, { depth: 9, showHidden: true }) + JSON.stringify(authority)
    expect(seen).not.to.match(/PRIVATE|KeyObject/)
    expect(Object.keys(authority)).to.deep.equal(['certificatePem', 'certificateDer'])
  })

  it('has a subject of its own for each sandbox, however the sandbox is called', () => {
    const ids = ['s', 's', 'x'.repeat(300), 'ä\n=,\0']
    const subjects = ids.map((sandboxId) => {
      const { certificatePem } = createAuthority({ sandboxId, names: one })
      return new X509Certificate(certificatePem).subject
    })
    expect(new Set(subjects).size).to.equal(ids.length)
    for (const subject of subjects) expect(subject).to.match(/^CN=Caisson [\w-]{1,32} [0-9a-f]{8}$/)
  })

  it('makes leaves for one name, valid for 47 days at most, backdated an hour', async () => {
    const authority = createAuthority({ sandboxId: 's', names: one })
    const { certificate } = await peerOf(authority, 'a.test')
    expect(certificate.subjectAltName).to.equal('DNS:a.test')
    expect(certificate.subject).to.equal('CN=a.test')
    expect(certificate.ca).to.equal(false)
    expect(certificate.keyUsage).to.deep.equal(['1.3.6.1.5.5.7.3.1'])
    expect(certificate.serialNumber).to.match(/^[4-7][0-9A-F]{31}$/)
    const from = Date.parse(certificate.validFrom)
    expect(Date.now() - from).to.be.within(3_590_000, 3_700_000)
    expect(Date.parse(certificate.validTo) - from).to.be.at.most(47 * day)
  })

  it('leaves out a common name that is longer than one may be', async () => {
    const host = `${'l'.repeat(63)}.a.test`
    const authority = createAuthority({ sandboxId: 's', names: 'any' })
    const { certificate } = await peerOf(authority, host)
    expect(certificate.subject ?? '').to.equal('')
    expect(certificate.subjectAltName).to.equal(`DNS:${host}`)
  })
})
