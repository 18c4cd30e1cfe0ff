import { expect } from 'chai'
import { existsSync } from 'node:fs'
import { parsePolicy, probeHost } from '@caisson/core'
import { probeTrust } from '../../dist/plan/probe-trust.js'
import { certificatesOf } from '../../dist/plan/trust-pem.js'

describe('probeTrust', () => {
  it('finds the bundle of this host', async function () {
    if (!existsSync('/etc/ssl/certs/ca-certificates.crt')) this.skip()
    const { bundle } = await probeTrust()
    expect(certificatesOf(bundle ?? '').length).to.be.greaterThan(50)
  })

  it('finds each store of a JVM once, without links', async function () {
    if (!existsSync('/usr/lib/jvm')) this.skip()
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
