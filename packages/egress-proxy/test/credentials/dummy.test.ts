import type { Credential } from '@caisson/core'
import { expect } from 'chai'
import { makeCanaries } from '../../dist/credentials/canaries.js'
import { makeDummy } from '../../dist/credentials/dummy.js'
import { checkExposed } from '../../dist/credentials/exposed-variables.js'

const source = { env: 'KEY' }
const carrier = { header: 'authorization', scheme: 'Bearer' }

describe('a dummy', () => {
  const shapes: readonly [credential: Partial<Credential>, shape: RegExp][] = [
    [{ expose: 'ANTHROPIC_API_KEY' }, /^sk-ant-api03-[\w-]{93}AA$/],
    [{ expose: 'OPENAI_API_KEY' }, /^sk-proj-[\w-]{74}T3BlbkFJ[\w-]{74}$/],
    [{ expose: 'GITHUB_TOKEN' }, /^ghp_[A-Za-z0-9]{36}$/],
    [{ expose: 'GH_TOKEN' }, /^ghp_[A-Za-z0-9]{36}$/],
    [
      {
        expose: 'GH_TOKEN',
        source: { githubApp: { appId: '1', installationId: 2, privateKey: source } },
      },
      /^ghs_[A-Za-z0-9]{36}$/,
    ],
    [{ dummyPrefix: 'sk-ant-api03-', expose: 'OTHER' }, /^sk-ant-api03-[\w-]{93}AA$/],
    [{ dummyPrefix: 'xyz_' }, /^xyz_[A-Za-z0-9]{32}$/],
    [{ dummyPrefix: 'eyJ' }, /^eyJ[\w-]+\.eyJ[\w-]+\.[\w-]{43}$/],
    [{ dummyPrefix: 'eyJhbGciOiJub25lIn0.' }, /^eyJhbGciOiJub25lIn0\.\w{32}\.\w{32}$/],
    [{ expose: 'MY_SERVICE' }, /^caisson-dummy-[A-Za-z0-9]{32}$/],
    [{}, /^caisson-dummy-[A-Za-z0-9]{32}$/],
  ]
  for (const [credential, shape] of shapes) {
    it(`looks like ${shape.source} for ${JSON.stringify(credential)}`, () => {
      const whole = { source, carrier, ...credential }
      const { value, environment } = makeDummy(whole)
      expect(value).to.match(shape)
      expect(environment).to.deep.equal(whole.expose === undefined ? {} : { [whole.expose]: value })
      expect(makeDummy(whole).value).not.to.equal(value)
    })
  }

  it('is a pair for what is signed', () => {
    const sigv4 = { service: 's3', region: 'eu-west-1' }
    const { value, environment } = makeDummy({
      source,
      carrier: { sigv4 },
      expose: 'AWS_ACCESS_KEY_ID',
    })
    expect(value).to.match(/^AKIA[A-Z2-7]{16}$/)
    expect(environment['AWS_ACCESS_KEY_ID']).to.equal(value)
    expect(environment['AWS_SECRET_ACCESS_KEY']).to.match(/^[A-Za-z0-9+/]{40}$/)
  })

  it('is a JWT that says nothing', () => {
    const { value } = makeDummy({ source, carrier, dummyPrefix: 'eyJ' })
    const [head = '', claims = ''] = value.split('.')
    expect(JSON.parse(Buffer.from(head, 'base64url').toString())).to.deep.equal({
      alg: 'HS256',
      typ: 'JWT',
    })
    expect(JSON.parse(Buffer.from(claims, 'base64url').toString())).to.include({
      sub: 'caisson-dummy',
    })
  })
})

describe('a canary', () => {
  it('is what policy says, or looks like what it says', () => {
    const { patterns, environment } = makeCanaries({
      planted: { value: 'planted-by-hand-1' },
      aws: { like: 'aws-access-key', expose: 'OLD_AWS_KEY' },
      github: { like: 'github-token', expose: 'OLD_TOKEN' },
      anthropic: { like: 'anthropic-key' },
      plain: { expose: 'OLD_PASSWORD' },
    })
    const values = Object.fromEntries(
      patterns.map(({ about, bytes }) => [about, Buffer.from(bytes).toString()]),
    )
    expect(patterns.every(({ kind }) => kind === 'canary')).to.equal(true)
    expect(values['planted']).to.equal('planted-by-hand-1')
    expect(values['aws']).to.match(/^AKIA[A-Z2-7]{16}$/)
    expect(values['github']).to.match(/^ghp_\w{36}$/)
    expect(values['anthropic']).to.match(/^sk-ant-api03-/)
    expect(values['plain']).to.match(/^[A-Za-z0-9]{40}$/)
    expect(environment).to.deep.equal({
      OLD_AWS_KEY: values['aws'],
      OLD_TOKEN: values['github'],
      OLD_PASSWORD: values['plain'],
    })
  })

  it('is another one in each sandbox', () => {
    const [one, other] = [makeCanaries({ a: {} }), makeCanaries({ a: {} })]
    expect(one.patterns).not.to.deep.equal(other.patterns)
  })

  it('is none where policy has none', () => {
    expect(makeCanaries(undefined)).to.deep.equal({ patterns: [], environment: {} })
  })
})

describe('variables inside', () => {
  const a: Credential = { source, carrier, expose: 'TOKEN' }
  const aws: Credential = {
    source,
    carrier: { sigv4: { service: 's3', region: 'r' } },
    expose: 'AWS_ACCESS_KEY_ID',
  }

  it('may be as many as there are names', () => {
    const network = { canaries: { c: { expose: 'OLD' }, d: {} } }
    expect(() =>
      checkExposed({ credentials: { a, aws }, network, environment: { X: '1' } }),
    ).not.to.throw()
  })

  it('have one meaning each', () => {
    expect(() => checkExposed({ credentials: { a, b: a } })).to.throw(
      'credentials.b.expose: TOKEN is set by credentials.a too',
    )
    expect(() => checkExposed({ credentials: { a }, environment: { TOKEN: 'x' } })).to.throw(
      'credentials.a.expose: TOKEN is set by environment too',
    )
    expect(() =>
      checkExposed({ credentials: { a }, network: { canaries: { c: { expose: 'TOKEN' } } } }),
    ).to.throw('network.canaries.c.expose: TOKEN is set by credentials.a too')
    const secret = { ...a, expose: 'AWS_SECRET_ACCESS_KEY' }
    expect(() => checkExposed({ credentials: { aws, secret } })).to.throw(/AWS_SECRET_ACCESS_KEY/)
  })
})
