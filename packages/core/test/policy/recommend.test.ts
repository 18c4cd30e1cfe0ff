import { recommendIsolation, type ThreatModel } from '@caisson/core'
import { expect } from 'chai'

describe('recommendIsolation', () => {
  const table: readonly (readonly [string, ThreatModel, string])[] = [
    ['nothing known', {}, 'vm'],
    [
      'tenants, whatever was accepted',
      { sharedKernelAcceptable: true, secretsOnHost: false },
      'vm',
    ],
    ['one tenant, secrets, an attacker', { multiTenant: false }, 'vm'],
    ['one tenant, no attacker', { multiTenant: false, targeted: false }, 'kernel'],
    [
      'an accepted kernel with secrets and an attacker',
      { multiTenant: false, sharedKernelAcceptable: true },
      'kernel',
    ],
    [
      'an accepted kernel without secrets',
      { multiTenant: false, sharedKernelAcceptable: true, secretsOnHost: false },
      'process',
    ],
    [
      'a machine that is thrown away',
      { multiTenant: false, secretsOnHost: false, disposableHost: true },
      'process',
    ],
    ['trusted code', { untrustedCode: false }, 'process'],
  ]
  for (const [title, model, isolation] of table) {
    it(`says ${isolation} for ${title}, and why`, () => {
      const said = recommendIsolation(model)
      expect(said.isolation).to.equal(isolation)
      expect(said.reasons).not.to.have.length(0)
    })
  }

  it('never says less for a more dangerous answer', () => {
    const strength = ['process', 'kernel', 'vm']
    const keys = ['untrustedCode', 'targeted', 'multiTenant', 'secretsOnHost'] as const
    for (let bits = 0; bits < 64; bits += 1) {
      const bit = (index: number): boolean => Math.floor(bits / 2 ** index) % 2 === 1
      const model = {
        untrustedCode: bit(0),
        targeted: bit(1),
        multiTenant: bit(2),
        secretsOnHost: bit(3),
        sharedKernelAcceptable: bit(4),
        disposableHost: bit(5),
      }
      const level = (of: ThreatModel): number => strength.indexOf(recommendIsolation(of).isolation)
      for (const key of keys) {
        const [safe, dangerous] = [
          { ...model, [key]: false },
          { ...model, [key]: true },
        ]
        expect(level(dangerous), JSON.stringify(dangerous)).to.be.at.least(level(safe))
      }
    }
  })

  it('refuses a key that it does not know', () => {
    const model = { multitenant: false }
    expect(() => recommendIsolation(model as ThreatModel)).to.throw(TypeError, 'multitenant')
  })
})
