import { expect } from 'chai'
import { createPrivateKey, generateKeyPairSync } from 'node:crypto'
import { mtlsCarrier } from '../../dist/carriers/mtls-carrier.js'
import { buildAuthority, toPem } from '../../dist/tls/certificate.js'
import { faultOf, leaving, put, texts } from './fixture.ts'

interface Pem {
  readonly certificate: string
  readonly key: string
}

function pem(): Pem {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const commonName = 'client'
  const der = buildAuthority(
    {
      commonName,
      publicKey,
      pathLength: 0,
      constraints: null,
      notBefore: Date.now() - 1000,
      notAfter: Date.now() + 60_000,
    },
    { commonName, publicKey, privateKey },
  )
  const key = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
  return { certificate: toPem(der), key }
}

describe('a credential in the handshake', () => {
  it('leaves requests alone', () => {
    const judged = leaving('/', [['accept', '*/*']])
    expect(put(mtlsCarrier(), judged)).to.equal(judged)
  })

  const { certificate, key } = pem()
  const { certificate: issuer, key: strange } = pem()

  for (const [order, secret] of [
    ['key last', `${certificate}${issuer}${key}`],
    ['key first', `Bag Attributes\n${key.replaceAll('\n', '\r\n')}${certificate}\n${issuer}`],
  ] as const) {
    it(`is a chain and its key: ${order}`, () => {
      const shown = mtlsCarrier().certificate?.(Buffer.from(secret))
      expect(shown?.certificate).to.equal(`${certificate.trim()}\n${issuer.trim()}\n`)
      expect(() => createPrivateKey(shown?.key ?? '')).not.to.throw()
    })
  }

  it('hides the key, in lines, without them, and as bytes', () => {
    const hidden = mtlsCarrier().hidden(Buffer.from(`${certificate}${key}`))
    const der = createPrivateKey(key).export({ type: 'pkcs8', format: 'der' })
    const lines = key.trim().split('\n').slice(1, -1)
    expect(hidden.map((bytes) => bytes.toString('latin1'))).to.deep.equal([
      lines.join('\n'),
      lines.join('').replace(/=+$/, ''),
      der.toString('latin1'),
    ])
  })

  const wrong: readonly [secret: string, told: RegExp][] = [
    ['nothing of the kind', /PEM/],
    [certificate, /one private key/],
    [key, /certificates/],
    [`${certificate}${key}${key}`, /one private key/],
    [`${certificate}${strange}`, /not that of the first certificate/],
    [key.slice(0, 60), /cut/],
    [`-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n${key}`, /cannot be read/],
    [`${certificate}-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----`, /key cannot/],
    ['-----BEGIN '.repeat(1000), /PEM/],
    [certificate.repeat(40), /too much/],
  ]
  for (const [secret, told] of wrong) {
    it(`is refused when it is ${told.source}`, () => {
      expect(faultOf(() => mtlsCarrier().certificate?.(Buffer.from(secret)), key)).to.match(told)
      expect(faultOf(() => texts(mtlsCarrier().hidden(Buffer.from(secret))), key)).to.match(told)
    })
  }
})
