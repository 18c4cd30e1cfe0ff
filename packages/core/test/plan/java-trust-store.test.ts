import { expect } from 'chai'
import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { probeTrust } from '../../dist/plan/probe-trust.js'
import { certificatesOf } from '../../dist/plan/trust-pem.js'
import { planTrust } from '../../dist/plan/trust.js'
import { authorityPem } from './authority-pem.ts'

const program = `
import java.security.*; import javax.net.ssl.*;
public class Count { public static void main(String[] a) throws Exception {
  TrustManagerFactory f = TrustManagerFactory.getInstance("PKIX"); f.init((KeyStore) null);
  System.out.println(((X509TrustManager) f.getTrustManagers()[0]).getAcceptedIssuers().length);
} }`

const why = spawnSync('java', ['-version']).status === 0 ? '' : ' (skipped: no Java here)'

describe(`java trust store${why}`, function () {
  this.timeout(60_000)
  let folder = ''
  let store = ''
  let expected = 0

  before(async function () {
    if (why !== '') this.skip()
    const { bundle } = await probeTrust()
    expected = certificatesOf(bundle ?? '').length + 1
    const facts = { bundle, javaStores: ['/etc/ssl/certs/java/cacerts'] }
    const entry = planTrust(facts, authorityPem, Date.UTC(2026, 0, 1)).entries.find(
      ({ path }) => path === '/etc/ssl/certs/java/cacerts',
    )
    if (entry?.kind !== 'file') throw new Error('the plan has no store')
    folder = mkdtempSync(join(tmpdir(), 'caisson-java-'))
    store = join(folder, 'cacerts')
    writeFileSync(store, Buffer.from(entry.content, entry.encoding ?? 'utf8'))
  })

  after(() => {
    if (folder !== '') rmSync(folder, { recursive: true })
  })

  it('is listed by keytool, with the authority under its name', () => {
    const list = ['-list', '-keystore', store, '-storepass', 'changeit']
    const listed = execFileSync('keytool', list, { encoding: 'utf8', stdio: 'pipe' })
    expect(listed).to.include('caisson-authority, Jan 1, 2026, trustedCertEntry')
    expect(listed).to.include(`contains ${expected} entries`)
  })

  it('is protected by the password that every Java uses', () => {
    const list = ['-list', '-keystore', store, '-storepass', 'changed']
    expect(() => execFileSync('keytool', list, { stdio: 'pipe' })).to.throw()
  })

  it('is what a Java program trusts', () => {
    const source = join(folder, 'Count.java')
    writeFileSync(source, program)
    const told = execFileSync('java', [`-Djavax.net.ssl.trustStore=${store}`, source], {
      encoding: 'utf8',
      stdio: 'pipe',
    })
    expect(Number(told)).to.equal(expected)
  })
})
