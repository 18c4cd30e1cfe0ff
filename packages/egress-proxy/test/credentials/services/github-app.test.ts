import type { GitHubAppSource } from '@caisson/core'
import { expect } from 'chai'
import { generateKeyPairSync } from 'node:crypto'
import { githubAppSource } from '../../../dist/credentials/services/github-app.js'
import { type FakeGitHub, fakeGitHub } from './fake-github.ts'
import { type FakeHandler, json } from './fake-service.ts'
import { faultOf, never, startMs, toolsOver } from './service-tools.ts'

describe('an installation token of a GitHub App', () => {
  let fake: FakeGitHub
  before(() => {
    fake = fakeGitHub({ now: () => startMs })
  })

  function sourceWith(more: Partial<GitHubAppSource> = {}, handler: FakeHandler = fake.handle) {
    const tools = toolsOver(handler)
    const { appId, installationId } = fake
    const privateKey = { static: fake.privateKey }
    const options = { appId, installationId, privateKey, ...more }
    return { source: githubAppSource(options, tools), tools }
  }

  it('is had by a signed word of the app, for what is named', async () => {
    const asked = { repositories: ['Site'], permissions: { contents: 'read' } as const }
    const { source, tools } = sourceWith(asked)
    const secret = await source.get(never)
    expect(secret.expiresAt).to.equal(startMs + 3_600_000)
    expect(fake.tokens.get(secret.bytes.toString())).to.deep.equal(asked)
    expect(tools.secrets[0]?.every((byte) => byte === 0)).to.equal(true)
    expect(tools.answers[0]?.every((byte) => byte === 0)).to.equal(true)
  })

  it('is had at an address of GitHub Enterprise Server', async () => {
    const handler: FakeHandler = (request) =>
      fake.handle({ ...request, path: request.path.replace('/api/v3', '') })
    const { source, tools } = sourceWith({ apiUrl: 'https://ghe.test/api/v3/' }, handler)
    await source.get(never)
    expect(tools.requests[0]?.url).to.equal(
      'https://ghe.test/api/v3/app/installations/987/access_tokens',
    )
  })

  it('is revoked when it is given back, though it is overwritten at once', async () => {
    const { source } = sourceWith()
    const secret = await source.get(never)
    const token = secret.bytes.toString()
    const given = secret.revoke?.(never)
    secret.bytes.fill(0)
    await given
    expect(fake.revoked).to.include(token)
    expect(fake.tokens.has(token)).to.equal(false)
  })

  it('is given back without a fault when it has ended already', async () => {
    const secret = await sourceWith().source.get(never)
    await secret.revoke?.(never)
    await secret.revoke?.(never)
  })

  it('is not had with the clock an hour ahead', async () => {
    const tools = toolsOver(fake.handle, () => startMs + 3_600_000)
    const { appId, installationId } = fake
    const privateKey = { static: fake.privateKey }
    const source = githubAppSource({ appId, installationId, privateKey }, tools)
    expect((await faultOf(source.get(never))).message).to.match(/401.*clock/)
  })

  const refused: [string, Partial<GitHubAppSource>, RegExp][] = [
    ['another app', { appId: '1' }, /401.*appId/],
    ['another installation', { installationId: 1 }, /404.*installationId/],
    ['a repository that it has not', { repositories: ['other'] }, /422.*repositories/],
    ['a right that it has not', { permissions: { administration: 'write' } }, /422/],
    ['no repository', { repositories: [] }, /1 to 500/],
    ['an installation that is no number', { installationId: 1.5 }, /whole number/],
    ['a key that is none', { privateKey: { static: 'sesame' } }, /no PEM/],
    ['a key of a curve', { privateKey: { static: pem('ec') } }, /no RSA key/],
    ['a short key', { privateKey: { static: pem('rsa') } }, /2048/],
    ['a key that cannot be read', { privateKey: { file: '/nowhere' } }, /cannot be read/],
  ]
  for (const [title, more, message] of refused) {
    it(`is not had with ${title}`, async () => {
      const fault = await faultOf(sourceWith(more).source.get(never))
      expect(fault.message).to.match(message).and.not.include('sesame')
    })
  }

  const expires_at = '2026-11-24T13:00:00Z'
  const usual = { token: 'ghs_1', expires_at, permissions: { contents: 'read', metadata: 'read' } }
  const site = { repository_selection: 'selected', repositories: [{ name: 'site' }] }
  const grants: [title: string, answer: object, message: RegExp | null][] = [
    ['what was asked for', { ...usual, ...site }, null],
    ['fewer rights', { ...usual, ...site, permissions: {} }, null],
    [
      'more of a right',
      { ...usual, ...site, permissions: { contents: 'write' } },
      /more permissions/,
    ],
    ['another right', { ...usual, ...site, permissions: { issues: 'read' } }, /more permissions/],
    [
      'an unknown level',
      { ...usual, ...site, permissions: { contents: 'all' } },
      /more permissions/,
    ],
    [
      'more of metadata',
      { ...usual, ...site, permissions: { metadata: 'write' } },
      /more permissions/,
    ],
    ['no rights', { ...usual, ...site, permissions: undefined }, /more permissions/],
    ['all repositories', { ...usual, ...site, repository_selection: 'all' }, /more repositories/],
    [
      'another repository',
      { ...usual, ...site, repositories: [{ name: 'api' }] },
      /more repositories/,
    ],
    [
      'no list of repositories',
      { ...usual, ...site, repositories: undefined },
      /more repositories/,
    ],
  ]
  for (const [title, answer, message] of grants) {
    it(`is ${message === null ? 'used' : 'not used'} when GitHub gives ${title}`, async () => {
      const asked = { repositories: ['site'], permissions: { contents: 'read' } as const }
      const { source } = sourceWith(asked, () => json(201, answer))
      if (message === null) expect(String((await source.get(never)).bytes)).to.equal('ghs_1')
      else expect((await faultOf(source.get(never))).message).to.match(message)
    })
  }

  it('is asked for again later when GitHub says to wait', async () => {
    const wait: FakeHandler = () => ({ status: 403, headers: { 'retry-after': '60' }, body: '' })
    expect((await faultOf(sourceWith({}, wait).source.get(never))).passing).to.equal(true)
    const forbidden: FakeHandler = () => ({ status: 403, body: '' })
    expect((await faultOf(sourceWith({}, forbidden).source.get(never))).passing).to.equal(false)
  })
})

function pem(kind: 'ec' | 'rsa'): string {
  const { privateKey } =
    kind === 'ec'
      ? generateKeyPairSync('ec', { namedCurve: 'P-256' })
      : generateKeyPairSync('rsa', { modulusLength: 1024 })
  return privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
}
