import type { CredentialSource } from '@caisson/core'
import { expect } from 'chai'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { EitherForm, type Form, get, good, outcome, type Wanted } from './either-form.ts'
import { proxiesOf } from './processes.ts'

const secret = 'Zk3-the-real-secret-9Qx'
const carrier = { header: 'x-api-key' }
const network = { allow: [{ host: good, identity: 'key' }] }

function opened(isolate: Form, source: CredentialSource, more: Wanted = {}): Promise<EitherForm> {
  const credentials = { key: { source, carrier, expose: 'ANTHROPIC_API_KEY' } }
  return EitherForm.open(isolate, { network, credentials, ...more })
}

/** What the client was answered, and in whose name the origin was asked. */
async function asked(form: EitherForm): Promise<readonly [string, unknown]> {
  const { length } = form.origin.seen
  const talk = await form.intercepted()
  const answer = outcome(await talk.send(get('/')).answer())
  talk.destroy()
  return [answer, form.origin.seen[length]?.headers['x-api-key']]
}

for (const form of ['none', 'process'] as const)
  describe(`credentials of a proxy in form ${form}`, function () {
    this.timeout(60_000)
    forms(form)
  })

function forms(isolate: Form): void {
  let folder = ''
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'caisson-kept-'))
    writeFileSync(join(folder, 'secret'), `${secret}\n`)
    process.env['CAISSON_TEST_SECRET'] = secret
  })
  afterEach(() => {
    rmSync(folder, { recursive: true })
    delete process.env['CAISSON_TEST_SECRET']
  })

  const sources: readonly [kind: string, source: () => CredentialSource][] = [
    ['a variable of the host', () => ({ env: 'CAISSON_TEST_SECRET' })],
    ['a file', () => ({ file: join(folder, 'secret') })],
    ['a command', () => ({ command: ['/bin/sh', '-c', 'echo $CAISSON_TEST_SECRET'] })],
    ['the policy', () => ({ static: secret })],
    ['a function', () => ({ provider: 'mine' })],
  ]
  for (const [kind, source] of sources) {
    it(`come from ${kind}`, async () => {
      const providers = { mine: () => ({ value: secret }) }
      await using proxied = await opened(isolate, source(), { providers })
      expect(await asked(proxied)).to.deep.equal(['200', secret])
    })
  }

  it('show inside as dummies, and nowhere as themselves', async () => {
    await using proxied = await opened(isolate, { env: 'CAISSON_TEST_SECRET' })
    await asked(proxied)
    const { environment } = proxied.proxy
    expect(environment['ANTHROPIC_API_KEY']).to.match(/^sk-ant-api03-/)
    expect(JSON.stringify([environment, proxied.decisions, proxied.logs])).not.to.include(secret)
    for (const pid of proxiesOf(process.pid))
      for (const file of ['cmdline', 'environ'])
        expect(readFileSync(`/proc/${pid}/${file}`, 'latin1')).not.to.include(secret)
  })

  it('are refused when they cannot be had, and the log says why', async () => {
    const providers = {
      mine: () => {
        throw new Error(`hunter2 ${secret}`)
      },
    }
    await using proxied = await opened(isolate, { provider: 'mine' }, { providers })
    const [answer, seen] = await asked(proxied)
    expect([answer, seen]).to.deep.equal(['503 credential_unavailable', undefined])
    await proxied.proxy.close()
    const told = proxied.logs.join('\n')
    expect(told).to.include('provider mine: it failed').and.not.include('hunter2')
  })

  it('are fetched anew when they are rotated', async () => {
    await using proxied = await opened(isolate, { file: join(folder, 'secret') })
    expect(await asked(proxied)).to.deep.equal(['200', secret])
    writeFileSync(join(folder, 'secret'), 'the-newer-secret-1\n')
    expect(await asked(proxied)).to.deep.equal(['200', secret])
    await proxied.proxy.rotateCredential('key')
    expect(await asked(proxied)).to.deep.equal(['200', 'the-newer-secret-1'])
  })

  it('are refused when they are revoked', async () => {
    await using proxied = await opened(isolate, { static: secret })
    expect(await asked(proxied)).to.deep.equal(['200', secret])
    await proxied.proxy.revokeCredential('key')
    const [answer, seen] = await asked(proxied)
    expect(answer).to.match(/credential_revoked$/)
    expect(seen).to.equal(undefined)
  })

  it('are told apart by their ids', async () => {
    await using proxied = await opened(isolate, { static: secret })
    const { proxy } = proxied
    for (const act of [
      () => proxy.rotateCredential('other'),
      () => proxy.revokeCredential('other'),
    ]) {
      const error = await act().catch((thrown: unknown) => thrown)
      expect(error)
        .to.be.instanceOf(TypeError)
        .with.property('message')
        .match(/the policy has key/)
    }
  })

  it('of others raise an alarm', async () => {
    const alarms: string[] = []
    const heard: string[] = []
    const onAlarm = ({ kind }: { kind: string }): void => void alarms.push(kind)
    await using proxied = await opened(isolate, { static: secret }, { onAlarm })
    proxied.proxy.on('alarm', ({ kind }) => void heard.push(kind))
    const talk = await proxied.intercepted()
    const answer = await talk.send(get('/', 'Authorization: Bearer of-somebody-else\r\n')).answer()
    talk.destroy()
    expect(outcome(answer)).to.equal('403 foreign_credential')
    await proxied.proxy.close()
    expect([alarms, heard]).to.deep.equal([['foreign_credential'], ['foreign_credential']])
  })
}
