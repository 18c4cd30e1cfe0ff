import type { VaultSource } from '@caisson/core'
import { expect } from 'chai'
import { vaultSource } from '../../../dist/credentials/services/vault.js'
import { json } from './fake-service.ts'
import { fakeVault } from './fake-vault.ts'
import { faultOf, isLent, never, startMs, toolsOver } from './service-tools.ts'

function setUp(more: Partial<VaultSource> = {}) {
  const fake = fakeVault()
  const tools = toolsOver(fake.handle)
  const options = {
    address: 'https://vault.test:8200',
    path: 'database/creds/readonly',
    field: 'password',
    token: { static: fake.token },
    namespace: fake.namespace,
    ...more,
  }
  return { fake, tools, source: vaultSource(options, tools) }
}

describe('a secret of Vault', () => {
  it('is leased, and its lease revoked when it is given back', async () => {
    const { fake, source, tools } = setUp()
    const secret = await source.get(never)
    expect(secret.bytes.toString()).to.equal('pw-1 "ä"')
    expect(secret.expiresAt).to.equal(startMs + 3_600_000)
    expect(fake.leases.size).to.equal(1)
    await secret.revoke?.(never)
    expect(fake.revoked).to.deep.equal(['database/creds/readonly/0'])
    expect(fake.leases.size).to.equal(0)
    for (const bytes of [...tools.secrets, ...tools.answers]) {
      expect(bytes.every((byte) => byte === 0)).to.equal(true)
    }
  })

  it('is read from a key-value engine of version 1', async () => {
    const secret = await setUp({ path: 'kv/api', field: 'key' }).source.get(never)
    expect(secret.bytes.toString()).to.equal('kv-1')
    expect(secret.expiresAt).to.equal(startMs + 86_400_000)
    expect(isLent(secret)).to.equal(false)
  })

  it('is read from a key-value engine of version 2', async () => {
    const secret = await setUp({ path: 'secret/data/a b', field: 'key' }).source.get(never)
    expect(secret.bytes.toString()).to.equal('kv-2')
    expect(secret.expiresAt).to.equal(null)
    expect(isLent(secret)).to.equal(false)
  })

  it('is given back at once when it lacks what is needed', async () => {
    const { fake, source } = setUp({ field: 'token' })
    expect((await faultOf(source.get(never))).message).to.match(/no usable text in the field/)
    expect(fake.leases.size).to.equal(0)
    expect(fake.revoked).to.have.length(1)
  })

  const refused: [string, Partial<VaultSource>, RegExp][] = [
    ['a wrong token', { token: { static: 'hvs.other' } }, /403.*check token/],
    ['another namespace', { namespace: 'team/b' }, /403.*namespace/],
    ['no namespace', { namespace: undefined }, /403/],
    ['a path where nothing is', { path: 'kv/none' }, /404.*check path/],
    ['a path of dots', { path: 'kv/../sys/mounts' }, /empty segment, or one of dots/],
    ['a path that starts with a slash', { path: '/kv/api' }, /empty segment/],
    ['a path with half a character', { path: 'kv/\ud800' }, /half a character/],
    ['a path with a query', { path: 'kv/api?list=true' }, /404/],
    ['a field that is a number', { path: 'kv/api', field: 'port' }, /no usable text/],
    ['a field that every object has', { path: 'kv/api', field: 'toString' }, /no usable text/],
    ['a namespace with a line end', { namespace: 'a\r\nx: y' }, /namespace/],
  ]
  for (const [title, more, message] of refused) {
    it(`is not had with ${title}`, async () => {
      expect((await faultOf(setUp(more).source.get(never))).message).to.match(message)
    })
  }

  const answers: [title: string, answer: object, message: RegExp][] = [
    ['a lease that is over', { lease_id: 'a', lease_duration: 0 }, /lease_duration/],
    ['a lease without time', { lease_id: 'a' }, /lease_duration/],
    ['a negative time', { lease_duration: -1 }, /lease_duration/],
    ['a time that is a text', { lease_duration: '60' }, /lease_duration/],
    ['a lease that is no text', { lease_id: 7 }, /lease_id/],
    ['a lease with a line end', { lease_id: 'a\nb' }, /lease_id/],
    ['a lease without end', { lease_id: 'a'.repeat(2000) }, /lease_id/],
    ['no data', { data: null }, /no usable text/],
    ['half a character', { data: { password: '\ud800' } }, /no usable text/],
    ['an endless text', { data: { password: 'a'.repeat(70_000) } }, /no usable text/],
  ]
  for (const [title, answer, message] of answers) {
    it(`is not taken from an answer with ${title}`, async () => {
      const tools = toolsOver(() => json(200, { data: { password: 'p' }, ...answer }))
      const options = { address: 'https://v.test', path: 'a', field: 'password' }
      const source = vaultSource({ ...options, token: { static: 't' } }, tools)
      expect((await faultOf(source.get(never))).message).to.match(message)
    })
  }
})
