import { expect } from 'chai'
import { generateKeyPairSync } from 'node:crypto'
import { inspect } from 'node:util'
import {
  SourceFault,
  type SecretSource,
  type SourceTools,
} from '../../../dist/credentials/secret.js'
import { awsRoleSource } from '../../../dist/credentials/services/aws-role.js'
import { gcpSource } from '../../../dist/credentials/services/gcp.js'
import { githubAppSource } from '../../../dist/credentials/services/github-app.js'
import { oauth2Source } from '../../../dist/credentials/services/oauth2.js'
import { vaultSource } from '../../../dist/credentials/services/vault.js'
import type { FakeAnswer } from './fake-service.ts'
import { assumed } from './fake-sts.ts'
import { faultOf, never, startMs, toolsOver } from './service-tools.ts'

const canary = 'sesame-0123456789'
const later = '2026-11-24T13:00:00Z'
const key = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey
const privateKey = { static: key.export({ type: 'pkcs8', format: 'pem' }).toString() }
const asIs = { static: 'A' }

interface Service {
  readonly name: string
  readonly make: (tools: SourceTools) => SecretSource
  readonly success: number
  /** A good answer; `token` and `end` are told apart so that a case can replace them. */
  readonly good: string
  readonly token: RegExp
  readonly end: RegExp
}

const jsonServices: readonly Service[] = [
  {
    name: 'OAuth 2.0',
    make: (tools) => oauth2Source({ tokenUrl: 'https://as.test/', clientId: 'c' }, tools),
    success: 200,
    good: JSON.stringify({ access_token: canary, token_type: 'bearer', expires_in: 60 }),
    token: /(?<="access_token":)"[^"]*"/,
    end: /(?<="expires_in":)60/,
  },
  {
    name: 'GitHub',
    make: (tools) => githubAppSource({ appId: '1', installationId: 1, privateKey }, tools),
    success: 201,
    good: JSON.stringify({ token: canary, expires_at: later }),
    token: /(?<="token":)"[^"]*"/,
    end: /(?<="expires_at":)"[^"]*"/,
  },
  {
    name: 'Google',
    make: (tools) => gcpSource({ serviceAccount: 'a@b.test', scopes: ['s'], token: asIs }, tools),
    success: 200,
    good: JSON.stringify({ accessToken: canary, expireTime: later }),
    token: /(?<="accessToken":)"[^"]*"/,
    end: /(?<="expireTime":)"[^"]*"/,
  },
  {
    name: 'Vault',
    make: (tools) =>
      vaultSource({ address: 'https://v.test', path: 'p', field: 'f', token: asIs }, tools),
    success: 200,
    good: JSON.stringify({ lease_id: 'l', lease_duration: 60, data: { f: canary } }),
    token: /(?<="f":)"[^"]*"/,
    end: /(?<="lease_duration":)60/,
  },
]

const sts: Service = {
  name: 'AWS STS',
  make: (tools) =>
    awsRoleSource(
      {
        roleArn: 'arn:aws:iam::123456789012:role/r',
        keys: { accessKeyId: asIs, secretAccessKey: asIs },
        region: 'eu-west-1',
      },
      tools,
    ),
  success: 200,
  good: assumed(Date.parse(later)).replace(/(?<=<SecretAccessKey>)[^<]*/, canary),
  token: /(?<=<SecretAccessKey>)[^<]*/,
  end: /(?<=<Expiration>)[^<]*/,
}

const services = [...jsonServices, sts]

/** One answer to everything, giving back a lease among it. */
function answering({ make }: Service, answer: FakeAnswer) {
  const tools = toolsOver(() => answer)
  return { result: make(tools).get(never), tools }
}

async function expectFault(service: Service, answer: FakeAnswer): Promise<SourceFault> {
  const { result, tools } = answering(service, answer)
  const fault = await faultOf(result)
  expect(fault.message).not.to.include('sesame')
  expect(fault.message).not.to.match(/<|\{/)
  expect(fault.cause).to.equal(undefined)
  expect(fault.stack).not.to.include('sesame')
  for (const bytes of [...tools.secrets, ...tools.answers]) {
    expect(bytes.every((byte) => byte === 0)).to.equal(true)
  }
  return fault
}

describe('a service that means harm or is broken', () => {
  for (const service of services) {
    it(`can hand out a secret, if it answers as documented: ${service.name}`, async () => {
      const { result } = answering(service, { status: service.success, body: service.good })
      const secret = await result
      expect(secret.bytes.toString()).to.include(canary)
      expect(inspect(secret, { showHidden: true, depth: 9 }) + JSON.stringify(secret))
        .to.not.include('sesame')
        .and.not.include(Buffer.from('sesame').toString('hex', 0, 3))
        .and.not.match(/Buffer|115/)
      expect(secret.expiresAt).to.be.greaterThan(startMs)
    })
  }

  const statuses: [status: number, passing: boolean, message: RegExp][] = [
    [200, false, /./],
    [202, false, /./],
    [204, false, /./],
    [301, false, /redirects are not followed/],
    [302, false, /redirects/],
    [307, false, /redirects/],
    [400, false, /400/],
    [401, false, /401/],
    [403, false, /403.*: /],
    [404, false, /404.*: /],
    [408, true, /408/],
    [418, false, /418/],
    [429, true, /too often/],
    [500, true, /fault of its own/],
    [503, true, /503.*: /],
  ]
  for (const [status, passing, message] of statuses) {
    it(`is told by its status ${status} alone`, async () => {
      for (const service of services.filter(({ success }) => success !== status)) {
        const headers = { location: 'https://evil.test/' }
        const fault = await expectFault(service, { status, headers, body: service.good })
        expect(fault.passing, service.name).to.equal(passing)
        expect(fault.message, service.name).to.match(message)
      }
    })
  }

  const bodies: [title: string, body: (service: Service) => string | Buffer][] = [
    ['nothing', () => ''],
    ['HTML', () => `<!DOCTYPE html><html><body>${canary}</body></html>`],
    ['an error', () => `{"error":"invalid_grant","error_description":"${canary}"}`],
    ['null', () => 'null'],
    ['a list', ({ good }) => `[${good}]`],
    ['a text', () => `"${canary}"`],
    ['half of it', ({ good }) => good.slice(0, good.length / 2)],
    ['something behind it', ({ good }) => `${good}${good}`],
    ['a byte order mark', ({ good }) => `\ufeff${good}`],
    ['no UTF-8', ({ good }) => Buffer.from(good.replace('sesame', 'sesam\u00e9'), 'latin1')],
    ['two bytes a character', ({ good }) => Buffer.from(good, 'utf16le')],
    ['2 MiB', ({ good }) => good + ' '.repeat(2 ** 21)],
    ['nested levels', () => `${'{"a":'.repeat(100_000)}1${'}'.repeat(100_000)}`],
    ['nested elements', () => '<a>'.repeat(20_000)],
    ['many elements', () => `<a>${'<b/>'.repeat(10_000)}</a>`],
    ['a NUL in the token', ({ good }) => good.replace('sesame', 'sesame\0')],
  ]
  for (const [title, body] of bodies) {
    it(`gets nowhere with ${title}`, async () => {
      for (const service of services) {
        await expectFault(service, { status: service.success, body: body(service) })
      }
    })
  }

  const tokens: [title: string, value: string][] = [
    ['empty', '""'],
    ['missing', 'null'],
    ['a number', '7'],
    ['a list', `["${canary}"]`],
    ['an object', `{"toString":"${canary}"}`],
    ['two lines', String.raw`"sesame\r\nx-other: 1"`],
    ['with a blank', '"sesame street"'],
    ['with a letter beyond ASCII', '"sesamé"'],
    ['with a NUL', String.raw`"sesame\u0000"`],
    ['half a character', String.raw`"sesame\ud800"`],
    ['endless', `"${'sesame'.repeat(20_000)}"`],
  ]
  /** What Vault keeps may be any text: a certificate has lines, a password may have blanks. */
  const textsOfVault = new Set([
    'two lines',
    'with a blank',
    'with a letter beyond ASCII',
    'with a NUL',
  ])
  for (const [title, value] of tokens) {
    it(`gets nowhere with a token that is ${title}`, async () => {
      for (const service of jsonServices) {
        if (service.name === 'Vault' && textsOfVault.has(title)) continue
        const body = service.good.replace(service.token, () => value)
        expect(body).not.to.equal(service.good)
        await expectFault(service, { status: service.success, body })
      }
      const text = value.replaceAll('"', '').replaceAll(/\\u0000|\\ud800|\\r\\n/g, '&#0;')
      const body = sts.good.replace(sts.token, () => (/null|7/.test(text) ? '' : text))
      await expectFault(sts, { status: 200, body })
    })
  }

  const ends: [title: string, seconds: string, moment: string][] = [
    ['now', '0', '2026-11-24T12:00:00Z'],
    ['in the past', '-60', '2026-11-24T11:00:00Z'],
    ['at the epoch', '-1e308', '1970-01-01T00:00:00Z'],
    ['of another type', '"60"', '7'],
    ['a list', '[60]', '["2026-11-24T13:00:00Z"]'],
    ['no moment', 'true', 'tomorrow'],
    ['without a zone', 'null', '2026-11-24T13:00:00'],
    ['on a day that is not', '{}', '2026-11-31T13:00:00Z'],
    ['a moment without end', '"Infinity"', `2026-11-24T13:00:00.${'0'.repeat(1000)}Z`],
    ['beyond numbers', '1e999', '99999-11-24T13:00:00Z'],
  ]
  for (const [title, seconds, moment] of ends) {
    it(`gets nowhere with an end that is ${title}`, async () => {
      for (const service of services) {
        const inSeconds = service.good.search(service.end) >= 0 && service.end.source.endsWith('60')
        const isJson = service !== sts
        const quoted = isJson && !/^[7[]/.test(moment) ? `"${moment}"` : moment
        const body = service.good.replace(service.end, () => (inSeconds ? seconds : quoted))
        expect(body, service.name).not.to.equal(service.good)
        await expectFault(service, { status: service.success, body })
      }
    })
  }

  it('is not believed for longer than a day', async () => {
    for (const service of services) {
      const inSeconds = service.end.source.endsWith('60')
      const far = service === sts ? '9999-12-31T23:59:59Z' : '"9999-12-31T23:59:59Z"'
      const body = service.good.replace(service.end, () => (inSeconds ? '1e300' : far))
      const secret = await answering(service, { status: service.success, body }).result
      expect(secret.expiresAt, service.name).to.equal(startMs + 86_400_000)
    }
  })

  it('gets nowhere with a name twice, written differently', async () => {
    for (const service of jsonServices) {
      const name =
        /"(\w+)":$/.exec(service.good.slice(0, service.good.search(service.token)))?.[1] ?? ''
      const escaped = `\\u${name.charCodeAt(0).toString(16).padStart(4, '0')}${name.slice(1)}`
      for (const other of [name, escaped]) {
        const body = service.good.replace(`"${name}":`, `"${other}":"other","${name}":`)
        const fault = await expectFault(service, { status: service.success, body })
        expect(fault.message, service.name).to.match(/name twice/)
      }
    }
  })

  const documents: [title: string, change: (good: string) => string][] = [
    ['a DOCTYPE', (good) => `<!DOCTYPE a [<!ENTITY b "${canary}">]>${good}`],
    ['an entity of its own', (good) => good.replace(canary, '&b;')],
    ['an entity without end', (good) => good.replace(canary, '&amp')],
    ['a comment in the key', (good) => good.replace(canary, `a<!-- -->${canary}`)],
    ['a CDATA section', (good) => good.replace(canary, `<![CDATA[${canary}]]>`)],
    ['a processing instruction', (good) => good.replace('<Credentials>', '<?a b?><Credentials>')],
    ['an attribute', (good) => good.replace('<AccessKeyId>', '<AccessKeyId xsi:nil="true">')],
    ['tags that cross', (good) => good.replace('</AccessKeyId>', '</SecretAccessKey>')],
    ['text between elements', (good) => good.replace('<Credentials>', `<Credentials>${canary}`)],
    ['keys twice', (good) => good.replace(/<Credentials>[^]*<\/Credentials>/, '$&$&')],
    ['two roots', (good) => `${good}<a/>`],
    ['text behind the root', (good) => `${good}${canary}`],
    ['a prefix', (good) => good.replaceAll('AssumeRoleResponse', 'a:AssumeRoleResponse')],
  ]
  for (const [title, change] of documents) {
    it(`gets nowhere with ${title} in XML`, async () => {
      const body = change(sts.good)
      expect(body).not.to.equal(sts.good)
      await expectFault(sts, { status: 200, body })
    })
  }

  it('is told as passing when it does not answer in time', async () => {
    for (const { make, name } of services) {
      const slow = new SourceFault('timed out', { passing: true })
      const late = {
        ...toolsOver(() => ({ status: 200, body: '' })),
        fetch: () => Promise.reject(slow),
      }
      expect(await faultOf(make(late).get(never)), name).to.equal(slow)
      const broken = { ...late, fetch: () => Promise.reject(new Error(canary)) }
      const fault = await faultOf(make(broken).get(never))
      expect(fault.passing, name).to.equal(true)
      expect(fault.message, name).not.to.include(canary)
    }
  })
})
