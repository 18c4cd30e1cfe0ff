import type { Policy, SecretReference } from '@caisson/core'
import { expect } from 'chai'
import { HostSecrets } from '../../dist/isolated/host-secrets.js'
import { secretAnswerSchema } from '../../dist/isolated/message-schemas.js'
import { remoteRead } from '../../dist/isolated/remote-secrets.js'
import { SourceFault } from '../../dist/credentials/secret.js'

const { signal } = new AbortController()
const carrier = { header: 'x-api-key' }
const policy: Policy = {
  credentials: {
    key: { source: { static: 'hunter2' }, carrier },
    aws: {
      source: {
        aws: { accessKeyId: { static: 'AKIA-one' }, secretAccessKey: { provider: 'mine' } },
      },
      carrier,
    },
  },
}

function ask(host: HostSecrets, credential: string, reference: SecretReference) {
  return host.read({ name: 'secret', credential, reference }, signal)
}

describe('secrets that the host reads for a proxy’s process', () => {
  it('are those that the policy names, for the credential that it names them for', async () => {
    const host = new HostSecrets(policy, { mine: () => ({ value: 'from-function' }) })
    const value = (text: string) => ({
      had: true,
      value: Buffer.from(text).toString('base64'),
      expiresAt: null,
    })
    expect(await ask(host, 'key', { static: 'hunter2' })).to.deep.equal(value('hunter2'))
    expect(await ask(host, 'aws', { static: 'AKIA-one' })).to.deep.equal(value('AKIA-one'))
    expect(await ask(host, 'aws', { provider: 'mine' })).to.deep.equal(value('from-function'))
  })

  const strange: readonly [id: string, reference: SecretReference, why: string][] = [
    ['key', { file: '/etc/shadow' }, 'a file of the host'],
    ['key', { command: ['/bin/sh', '-c', 'id'] }, 'a program of the host'],
    ['key', { env: 'PATH' }, 'a variable of the host'],
    ['key', { provider: 'mine' }, 'another credential’s source'],
    ['key', { static: 'hunter2', ttlMs: 5 }, 'another life than policy says'],
    ['other', { static: 'hunter2' }, 'a credential that there is not'],
    ['__proto__', { static: 'hunter2' }, 'what every object has'],
  ]
  for (const [id, reference, why] of strange) {
    it(`are no others: ${why}`, async () => {
      const host = new HostSecrets(policy, { mine: () => ({ value: 'from-function' }) })
      expect(await ask(host, id, reference)).to.deep.equal({
        had: false,
        message: 'the policy names no such source',
        passing: false,
      })
    })
  }

  it('are those of the newest policy, and while it changes of both', async () => {
    const host = new HostSecrets(policy, undefined)
    const next: Policy = { credentials: { key: { source: { static: 'newer' }, carrier } } }
    const had = async (text: string) => (await ask(host, 'key', { static: text })).had
    await host
      .during(next, async () => {
        expect([await had('hunter2'), await had('newer')]).to.deep.equal([true, true])
        throw new Error('no')
      })
      .catch(() => undefined)
    expect([await had('hunter2'), await had('newer')]).to.deep.equal([true, false])
    await host.during(next, () => Promise.resolve())
    expect([await had('hunter2'), await had('newer')]).to.deep.equal([false, true])
  })

  it('are not read by the hundred at a time', async () => {
    let end = (): void => undefined
    const ended = new Promise<void>((resolve) => {
      end = resolve
    })
    const host = new HostSecrets(policy, { mine: () => ended.then(() => ({ value: 'abc' })) })
    const all = Array.from({ length: 100 }, () => ask(host, 'aws', { provider: 'mine' }))
    end()
    const had = (await Promise.all(all)).filter((answer) => answer.had)
    expect(had).to.have.length(32)
    expect((await ask(host, 'aws', { provider: 'mine' })).had).to.equal(true)
  })

  it('fail in words for the log', async () => {
    const host = new HostSecrets(policy, {
      mine: () => {
        throw new Error('hunter2')
      },
    })
    expect(await ask(host, 'aws', { provider: 'mine' })).to.deep.equal({
      had: false,
      message: 'provider mine: it failed',
      passing: true,
    })
  })
})

describe('secrets as the proxy’s process has them', () => {
  const reference = { env: 'KEY' }

  it('come with what they are for', async () => {
    const calls: unknown[] = []
    const read = remoteRead((call) => {
      calls.push(call)
      return Promise.resolve({ had: true, value: 'YWJj', expiresAt: 5 })
    })
    const { bytes, expiresAt } = await read(reference, signal, 'key')
    expect([bytes.toString(), expiresAt]).to.deep.equal(['abc', 5])
    expect(calls).to.deep.equal([{ name: 'secret', credential: 'key', reference }])
  })

  const odd: readonly unknown[] = [
    null,
    'abc',
    { had: true },
    { had: true, value: 'no base 64', expiresAt: null },
    { had: true, value: '', expiresAt: null },
    { had: true, value: 'YWJj', expiresAt: 'x' },
    { had: true, value: 'YWJj', expiresAt: null, more: 1 },
    { had: true, value: 'A'.repeat(1_398_108), expiresAt: null },
    { had: false, message: 'x'.repeat(1025), passing: true },
  ]
  for (const answer of odd) {
    it(`are none with ${JSON.stringify(answer).slice(0, 60)}`, async () => {
      expect(secretAnswerSchema.safeParse(answer).success).to.equal(false)
      const read = remoteRead(() => Promise.resolve(answer))
      const error = await read(reference, signal, 'key').catch((thrown: unknown) => thrown)
      expect(error)
        .to.be.instanceOf(SourceFault)
        .with.property('message')
        .match(/^the host did not/)
    })
  }

  it('may be as long as any', async () => {
    const value = Buffer.alloc(1_048_576, 0x61).toString('base64')
    const read = remoteRead(() => Promise.resolve({ had: true, value, expiresAt: null }))
    expect((await read(reference, signal, 'key')).bytes).to.have.length(1_048_576)
  })

  it('fail as the host says', async () => {
    const answer = { had: false, message: 'file: it is empty', passing: true }
    const read = remoteRead(() => Promise.resolve(answer))
    const error = await read(reference, signal).catch((thrown: unknown) => thrown)
    expect(error).to.include({ message: 'file: it is empty', passing: true })
  })
})
