import { expect } from 'chai'
import { existsSync } from 'node:fs'
import { parsePolicy, probeHost } from '@caisson/core'
import { probeTrust } from '../../dist/plan/probe-trust.js'
import { certificatesOf } from '../../dist/plan/trust-pem.js'

const bundlePath = '/etc/ssl/certs/ca-certificates.crt'
const noBundle = existsSync(bundlePath) ? '' : ' (skipped: no bundle here)'
const noJava = existsSync('/usr/lib/jvm') ? '' : ' (skipped: no Java here)'

describe('probeTrust', () => {
  it(`finds the bundle of this host${noBundle}`, async function () {
    if (noBundle !== '') this.skip()
    const { bundle } = await probeTrust()
    expect(certificatesOf(bundle ?? '').length).to.be.greaterThan(50)
  })

  it(`finds each store of a JVM once, without links${noJava}`, async function () {
    if (noJava !== '') this.skip()
    const { javaStores } = await probeTrust()
    expect(new Set(javaStores).size).to.equal(javaStores.length)
    for (const store of javaStores) expect(existsSync(store), store).to.equal(true)
  })

  it('is asked only where the policy reaches something', async () => {
    const [none, some] = await Promise.all(
      [{}, { network: { allow: ['example.test'] } }].map((input) => probeHost(parsePolicy(input))),
    )
    expect(none?.trust).to.equal(undefined)
    expect(some?.trust).to.have.keys('bundle', 'javaStores')
  })
})
