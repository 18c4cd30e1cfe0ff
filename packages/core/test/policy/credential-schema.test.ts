import { parsePolicy } from '@caisson/core'
import { expect } from 'chai'
import { refusal } from './error-message.ts'

const key = { env: 'KEY' }
const header = { header: 'x-api-key' }
const signed = { sigv4: { service: 's3', region: 'eu-west-1' } }
const keys = { accessKeyId: key, secretAccessKey: key }
const oauth2 = { tokenUrl: 'https://auth.example/token', clientId: 'me' }
const githubApp = { appId: '1', installationId: 2, privateKey: { file: '/k.pem' } }
const gcp = { serviceAccount: 'a@p.iam.gserviceaccount.com', scopes: ['s'], token: key }
const vault = { address: 'http://127.0.0.1:8200', path: 'secret/data/a', field: 'f', token: key }
const awsRole = {
  roleArn: 'arn:aws:iam::123456789012:role/path/reader',
  keys,
  region: 'eu-west-1',
}

const of = (credential: object): object => ({ credentials: { a: credential } })
const from = (source: unknown): object => of({ source, carrier: header })
const by = (carrier: unknown): object => of({ source: key, carrier })

describe('the schema of credentials', () => {
  const sources: readonly object[] = [
    { env: 'KEY', ttlMs: 1000 },
    { file: '/run/secret' },
    { command: ['pass', 'show', 'x'], ttlMs: 60_000 },
    { static: 'text' },
    { provider: 'mine' },
    { oauth2 },
    {
      oauth2: {
        ...oauth2,
        tokenUrl: 'http://localhost:8080/token?tenant=a',
        clientSecret: { file: '/s' },
        clientAuth: 'form',
        scope: 'read write',
        audience: 'https://api.example',
        resource: 'https://api.example',
        subject: { token: key, type: 'urn:a', requestedType: 'urn:b' },
        revokeUrl: 'https://auth.example/revoke',
      },
    },
    {
      githubApp: {
        ...githubApp,
        repositories: ['docs'],
        permissions: { contents: 'read' },
        apiUrl: 'https://github.acme.example/api/v3',
      },
    },
    { gcp: { ...gcp, lifetimeSeconds: 600, delegates: ['b@p.iam.gserviceaccount.com'] } },
    { vault: { ...vault, namespace: 'team/a' } },
  ]
  for (const source of sources) {
    it(`takes the source ${JSON.stringify(source).slice(0, 60)}, as it is`, () => {
      const parsed = parsePolicy(from(source))
      expect(parsed.credentials?.['a']?.source).to.deep.equal(source)
      expect(Object.isFrozen(parsed.credentials?.['a']?.source)).to.equal(true)
    })
  }

  const carriers: readonly object[] = [
    { header: 'authorization', scheme: 'Bearer' },
    { basic: 'x-access-token' },
    { query: 'api_key' },
    { cookie: '__Host-session' },
    { mtls: true },
    { path: { segment: 0, prefix: 'bot' } },
    { json: '/auth/a~1b' },
  ]
  for (const carrier of carriers) {
    it(`takes the carrier ${JSON.stringify(carrier)}, as it is`, () => {
      expect(parsePolicy(by(carrier)).credentials?.['a']?.carrier).to.deep.equal(carrier)
    })
  }

  it('takes keys that sign, from every source that may hold some', () => {
    const sessionPolicy = {
      Version: '2012-10-17',
      Statement: [{ Effect: 'Allow', Action: ['s3:Get*'] }],
    }
    const full = { ...awsRole, sessionPolicy, sessionName: 'x-1', durationSeconds: 900 }
    const given = [{ aws: keys }, { awsRole }, { awsRole: full }, key, { command: ['p'] }]
    for (const source of given)
      expect(
        parsePolicy(of({ source, carrier: signed, expose: 'AWS_ACCESS_KEY_ID' })).credentials?.[
          'a'
        ],
      ).to.deep.equal({ source, carrier: signed, expose: 'AWS_ACCESS_KEY_ID' })
  })

  const refused: readonly (readonly [object, RegExp])[] = [
    // A typing error names what was meant.
    [from({ envv: 'X' }), /^credentials\.a\.source: unknown key `envv`; did you mean `env`\?$/],
    [from({ oauth: {} }), /unknown key `oauth`; did you mean `oauth2`\?/],
    [from({ zzzzzzzzz: 1 }), /known keys: env, file, command, static, provider, oauth2/],
    [from({}), /source: must hold one of: env, file/],
    [from('KEY'), /source: must be an object with one of: env, file/],
    [from([key]), /source: must be an object/],
    [from(null), /source: must be an object/],
    [of({ carrier: header }), /source: /],
    [from({ env: 'X', file: 'y' }), /source: can hold only one of `env` and `file`/],
    [from({ env: 'X', ttlms: 1 }), /source: unknown key `ttlms`; did you mean `ttlMs`\?/],
    [from({ env: 'A-B' }), /source\.env: is no name/],
    [from({ env: 'X', ttlMs: 0 }), /source\.ttlMs: must be a whole number/],
    [from({ file: '' }), /source\.file: must not be empty/],
    [from({ command: [] }), /source\.command: must name a program/],
    [from({ command: 'pass show x' }), /source\.command: /],
    [from({ static: '' }), /source\.static: must not be empty/],
    // A member inside a member.
    [
      from({ oauth2: { ...oauth2, clientSecret: { fil: '/x' } } }),
      /oauth2\.clientSecret: unknown key `fil`; did you mean `file`/,
    ],
    [from({ oauth2: { clientId: 'x' } }), /source\.oauth2\.tokenUrl: is missing/],
    // Where secrets are sent to.
    [
      from({ oauth2: { ...oauth2, tokenUrl: 'http://auth.example/t' } }),
      /tokenUrl: must begin with `https:\/\/`/,
    ],
    [
      from({ oauth2: { ...oauth2, tokenUrl: 'http://127.0.0.1.evil.example/t' } }),
      /must begin with/,
    ],
    [from({ oauth2: { ...oauth2, tokenUrl: 'file:///etc/passwd' } }), /must begin with/],
    [from({ oauth2: { ...oauth2, tokenUrl: 'https://u:p@auth.example/t' } }), /user or a password/],
    [from({ oauth2: { ...oauth2, tokenUrl: 'https://auth.example/t#' } }), /fragment/],
    [
      from({ oauth2: { ...oauth2, tokenUrl: 'https://auth.example\\@evil.example/' } }),
      /must be a URL/,
    ],
    [from({ oauth2: { ...oauth2, revokeUrl: 'auth' } }), /revokeUrl: must be a URL/],
    [
      from({ vault: { ...vault, address: 'https://v.example/?a' } }),
      /address: may not hold a query/,
    ],
    [from({ vault: { ...vault, path: '../sys/seal' } }), /path: must be a path below/],
    [from({ vault: { ...vault, path: '/secret/a' } }), /path: must be a path below/],
    [from({ githubApp: { ...githubApp, repositories: ['acme/docs'] } }), /without its owner/],
    [from({ githubApp: { ...githubApp, repositories: [] } }), /must name a repository/],
    [from({ githubApp: { ...githubApp, permissions: {} } }), /must name a permission/],
    [
      from({ githubApp: { ...githubApp, permissions: { contents: 'all' } } }),
      /permissions\.contents/,
    ],
    [from({ gcp: { ...gcp, scopes: [] } }), /must name a scope/],
    [
      of({ source: { awsRole: { ...awsRole, roleArn: 'reader' } }, carrier: signed }),
      /roleArn: must be the ARN/,
    ],
    [
      of({ source: { awsRole: { ...awsRole, durationSeconds: 60 } }, carrier: signed }),
      /durationSeconds/,
    ],
    [
      of({
        source: { awsRole: { ...awsRole, sessionPolicy: { a: 'x'.repeat(2048) } } },
        carrier: signed,
      }),
      /sessionPolicy: must not be longer/,
    ],
    // Carriers.
    [by({ heder: 'x' }), /carrier: unknown key `heder`; did you mean `header`\?/],
    [by({ header: 'X-Key' }), /carrier\.header: must be the name of a header, in lower case/],
    [by({ header: 'host' }), /carrier\.header: may not be one of the headers that say how/],
    [by({ header: 'transfer-encoding' }), /may not be one/],
    [by({ header: 'x', sheme: 'Bearer' }), /carrier: unknown key `sheme`; did you mean `scheme`/],
    [by({ header: 'x', scheme: 'a b' }), /carrier\.scheme/],
    [by({ basic: 'a:b' }), /colon/],
    [by({ query: 'a=b' }), /carrier\.query/],
    [by({ mtls: false }), /carrier\.mtls/],
    [by({ json: 'auth' }), /must be a JSON pointer/],
    [by({ json: '/a~2' }), /must be a JSON pointer/],
    [by({ path: { segment: -1 } }), /carrier\.path\.segment/],
    [
      by({ sigv4: { service: 's3', region: 'x', bucketOwner: '12' } }),
      /bucketOwner: must be the id/,
    ],
    [
      by({ sigv4: { service: 'sqs', region: 'x', bucketOwner: '123456789012' } }),
      /carrier\.sigv4: can hold `bucketOwner` for the service `s3` only/,
    ],
    // Secrets and places that do not fit.
    [
      of({ source: { oauth2 }, carrier: signed }),
      /^credentials\.a\.carrier: cannot be `sigv4`: .*use `aws` or `awsRole`$/,
    ],
    [of({ source: { vault }, carrier: signed }), /cannot be `sigv4`/],
    [of({ source: { aws: keys }, carrier: header }), /carrier: must be `sigv4`/],
    [of({ source: { awsRole }, carrier: { basic: 'x' } }), /carrier: must be `sigv4`/],
    [of({ source: { githubApp }, carrier: { mtls: true } }), /cannot be `mtls`/],
    [
      of({ source: key, carrier: signed, expose: 'MY_KEY' }),
      /^credentials\.a\.expose: must be `AWS_ACCESS_KEY_ID`/,
    ],
    [of({ source: key, carrier: { mtls: true }, expose: 'CERT' }), /expose: has no use/],
    [of({ source: key, carrier: header, dummyPrefix: 'sk-' }), /dummyPrefix: has no dummy/],
    [
      of({ source: key, carrier: header, expose: 'A', dummyPrefix: 'a b' }),
      /dummyPrefix: must be printable/,
    ],
  ]
  for (const [policy, message] of refused) {
    it(`refuses ${JSON.stringify(policy).slice(20, 100)} ${String(message)}`, () => {
      const said = refusal(() => parsePolicy(policy)).replace('POLICY_INVALID ', '')
      expect(said).to.match(message)
      expect(said).to.match(/^credentials\.a\./)
    })
  }

  it('never repeats a value that may be a secret, wherever it stands', () => {
    const secret = 's3cret-value'
    const cases = [
      from({ static: `${secret}\0` }),
      from({ static: [secret] }),
      from({ oauth2: { ...oauth2, tokenUrl: `https://u:${secret}@h.example/` } }),
      from({ oauth2: { ...oauth2, clientSecret: secret } }),
      from({ vault: { ...vault, token: { static: secret, ttlMs: -1 } } }),
      { network: { canaries: { a: { value: `${secret}\u0007` } } } },
    ]
    for (const policy of cases) expect(refusal(() => parsePolicy(policy))).not.to.contain(secret)
  })
})

describe('the schema of canaries and exposed variables', () => {
  const header2 = { source: key, carrier: header }
  const canary = (one: unknown): object => ({ network: { canaries: { bait: one } } })

  it('takes a value, a variable, and both', () => {
    const canaries = {
      planted: { value: 'abcdefghijkl' },
      made: { expose: 'BAIT', like: 'github-token' },
      both: { value: 'a b c d e f g', expose: 'BAIT_2' },
    }
    expect(parsePolicy({ network: { canaries } }).network?.canaries).to.deep.equal(canaries)
  })

  const refused: readonly (readonly [object, RegExp])[] = [
    [canary({}), /canaries\.bait: must hold `value`.* or `expose`/],
    [canary({ like: 'token' }), /must hold `value`/],
    [canary({ value: 'abcdefghijkl', like: 'token' }), /only one of `value` and `like`/],
    [canary({ value: 'short' }), /bait\.value: must be 12 to 4096/],
    [canary({ value: 'abcdefghijklé' }), /must be 12 to 4096/],
    [canary({ expos: 'X' }), /did you mean `expose`/],
    [canary({ expose: 'PATH' }), /bait\.expose: `PATH` means something to programs/],
    [canary({ expose: 'LD_PRELOAD' }), /means something/],
    [canary({ expose: 'https_proxy' }), /means something/],
    [canary({ expose: 'NODE_EXTRA_CA_CERTS' }), /means something/],
    [canary({ expose: 'NODE_OPTIONS' }), /means something/],
    [of({ ...header2, expose: 'HOME' }), /credentials\.a\.expose: `HOME` means something/],
    [
      { ...of({ ...header2, expose: 'KEY' }), environment: { KEY: 'x' } },
      /credentials\.a\.expose: `KEY` is set in `environment` as well/,
    ],
    [
      { ...of({ ...header2, expose: 'KEY' }), ...canary({ expose: 'KEY' }) },
      /bait\.expose: `KEY` is exposed by another clause/,
    ],
    [
      {
        ...of({ source: key, carrier: signed, expose: 'AWS_ACCESS_KEY_ID' }),
        environment: { AWS_SECRET_ACCESS_KEY: 'x' },
      },
      /`AWS_SECRET_ACCESS_KEY` is set in `environment`/,
    ],
  ]
  for (const [policy, message] of refused) {
    it(`refuses ${JSON.stringify(policy).slice(0, 90)}`, () => {
      expect(refusal(() => parsePolicy(policy)))
        .to.match(message)
        .and.match(/^POLICY_INVALID /)
    })
  }
})

describe('the schema of rules in somebody’s name', () => {
  const credentials = { key: { source: key, carrier: header } }
  const parse = (rule: object): string =>
    refusal(() => parsePolicy({ credentials, network: { ask: [{ host: 'a.example', ...rule }] } }))

  it('takes services, tenants and bodies', () => {
    const rule = {
      host: 'a.example',
      profile: 'anthropic',
      tenant: { 'anthropic-allowed-org-ids': 'org 1' },
      body: { json: { where: [{ at: '/model', oneOf: ['x'] }] } },
      identity: 'key',
    }
    const parsed = parsePolicy({ credentials, network: { allow: [rule] } })
    expect(parsed.network?.allow).to.deep.equal([rule])
  })

  it('names the credentials there are, and refuses one where nothing can be added', () => {
    expect(parse({ identity: 'kee' })).to.match(
      /ask\[0\]\.identity: .*known: anonymous, guest, key/,
    )
    expect(parse({ identity: 'key', tunnel: true })).to.match(
      /identity: cannot be a credential where/,
    )
    expect(parse({ identity: 'key', protocol: 'http-plain' })).to.match(/cannot be a credential/)
    expect(parse({ identity: 'toString' })).to.match(/names no credential/)
  })

  it('refuses what would be put into messages that nobody reads, or break them', () => {
    expect(parse({ tunnel: true, tenant: { 'x-org': 'a' } })).to.match(/cannot hold `tenant`/)
    expect(parse({ protocol: 'tcp', profile: 'x' })).to.match(/cannot hold `profile`/)
    expect(parse({ tenant: { 'X-Org': 'a' } })).to.match(/in lower case/)
    expect(parse({ tenant: { host: 'a' } })).to.match(/say how a message is sent/)
    expect(parse({ tenant: { 'x-org': 'a\r\nb' } })).to.match(
      /tenant\["x-org"\]: must be printable/,
    )
    expect(parse({ profile: 'a b' })).to.match(/profile: must be a name/)
  })
})
