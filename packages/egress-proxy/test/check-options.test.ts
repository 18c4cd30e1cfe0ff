import type { CredentialSource } from '@caisson/core'
import { expect } from 'chai'
import { checkOptions, checkProviders } from '../dist/check-options.js'

const carrier = { header: 'x-api-key' }
const mine = () => ({ value: 'abc' })

describe('providers of secrets', () => {
  const sources: readonly CredentialSource[] = [
    { provider: 'mine' },
    { vault: { address: 'https://v.test', path: 'a', field: 'b', token: { provider: 'mine' } } },
    { aws: { accessKeyId: { env: 'A' }, secretAccessKey: { provider: 'mine' } } },
    {
      oauth2: {
        tokenUrl: 'https://t.test',
        clientId: 'c',
        subject: { token: { provider: 'mine' } },
      },
    },
  ]
  for (const source of sources) {
    it(`are all there for ${JSON.stringify(source)}`, () => {
      const sigv4 = { service: 's3', region: 'eu-west-1' }
      const by = 'aws' in source ? { sigv4 } : carrier
      const policy = { credentials: { key: { source, carrier: by } } }
      expect(() => checkProviders(policy, { mine })).not.to.throw()
      expect(() => checkProviders(policy, { other: mine, third: mine })).to.throw(
        'credentials.key.source: no provider "mine"; pass it in the option `providers`; known are other, third',
      )
      expect(() => checkOptions({ policy })).to.throw(/known are none/)
    })
  }

  it('are own ones', () => {
    const policy = { credentials: { key: { source: { provider: 'toString' }, carrier } } }
    expect(() => checkProviders(policy, {})).to.throw(/no provider "toString"/)
  })

  it('are functions', () => {
    const providers = { mine: 'a secret that is none' as never }
    expect(() => checkOptions({ policy: {}, providers })).to.throw(
      TypeError,
      'egress: providers.mine: must be a function that returns { value, expiresAt? }',
    )
  })
})
