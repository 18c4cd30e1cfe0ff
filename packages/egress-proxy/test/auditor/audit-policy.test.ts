import { type NetworkPolicy, parsePolicy, type Policy } from '@caisson/core'
import { expect } from 'chai'
import { auditPolicy } from '../../dist/auditor/audit-policy.js'
import { anthropicRules } from '../../dist/services/anthropic.js'
import { githubRules } from '../../dist/services/github.js'
import { openaiRules } from '../../dist/services/openai.js'
import { above, faultsOfEdit, ids } from './closing.js'

const audit = (network: NetworkPolicy, rest: Omit<Policy, 'network'> = {}) =>
  auditPolicy(parsePolicy({ ...rest, network }))
const anthropicKey = {
  claude: {
    source: { env: 'ANTHROPIC_API_KEY' },
    carrier: { header: 'x-api-key' },
    expose: 'ANTHROPIC_API_KEY',
  },
} as const

describe('auditPolicy', () => {
  describe('on the host of a model vendor', () => {
    const bad: Readonly<Record<string, NetworkPolicy>> = {
      'a tunnel': { allow: [{ host: 'api.anthropic.com', tunnel: true }] },
      'keys from inside': {
        allow: [{ host: 'api.anthropic.com', identity: 'guest', methods: ['POST'] }],
      },
      'a wildcard above it with keys from inside': {
        allow: [{ host: '*.anthropic.com', identity: 'guest', methods: ['POST'] }],
      },
      'any bytes': { allow: [{ host: 'api.anthropic.com', protocol: 'tcp', ports: [443] }] },
    }
    for (const [what, network] of Object.entries(bad)) {
      it(`tells first that files go to the attacker’s own account: ${what}`, () => {
        const [first] = audit(network)
        expect(first).to.include({
          id: 'anthropic-files',
          severity: 'critical',
          clause: 'network.allow[0]',
        })
        expect(first?.how).to.include('POST /v1/files').and.to.include('his own key')
        expect(first?.tags).to.include.members(['AML.T0086', 'LLM02:2025'])
      })
    }

    it('finds nothing bad in reading it in nobody’s name', () => {
      expect(above(audit({ allow: ['api.anthropic.com'] }), 'info')).to.deep.equal([])
    })

    it('proposes to set one’s own key where the policy has one', () => {
      const policy = parsePolicy({
        credentials: anthropicKey,
        network: { allow: [{ host: 'api.anthropic.com', tunnel: true }] },
      })
      const [first] = auditPolicy(policy)
      expect(first?.edit?.value).to.include({ identity: 'claude' })
      expect(faultsOfEdit(policy, first ?? expect.fail())).to.deep.equal([])
    })

    it('tells of MCP servers and fetched URLs where one’s own key is held to no body', () => {
      const rule = {
        host: 'api.anthropic.com',
        identity: 'claude',
        methods: ['POST'],
        paths: ['/v1/messages'],
      }
      const found = audit({ allow: [rule] }, { credentials: anthropicKey })
      expect(above(found, 'low')).to.deep.equal(['anthropic-mcp', 'anthropic-fetch'])
    })

    it('grades foreign keys down where the vendor refuses other accounts by a header', () => {
      const rule = {
        host: 'api.anthropic.com',
        identity: 'guest',
        methods: ['POST'],
        paths: ['/v1/files'],
        tenant: { 'anthropic-allowed-org-ids': '11111111-2222-3333-4444-555555555555' },
      }
      const found = audit({ allow: [rule] })
      expect(found.find(({ id }) => id === 'anthropic-files')?.severity).to.equal('medium')
    })
  })

  describe('on whole policies', () => {
    it('finds seven things or more in the sample firewall of a coding agent, as tunnels', () => {
      const hosts = [
        'npm-registry.mirror.test',
        'api.anthropic.com',
        'sentry.io',
        'statsig.anthropic.com',
        'statsig.com',
        'marketplace.visualstudio.com',
        'vscode.blob.core.windows.net',
        'update.code.visualstudio.com',
        'github.com',
        'api.github.com',
      ]
      const policy = parsePolicy({
        network: { allow: hosts.map((host) => ({ host, tunnel: true })) },
      })
      const options = { registries: { 'npm-registry': ['npm-registry.mirror.test'] } }
      const found = auditPolicy(policy, options)
      const critical = ids(found.filter(({ severity }) => severity === 'critical'))
      expect(critical).to.include.members([
        'anthropic-files',
        'github-gists',
        'github-push',
        'npm-publish',
        'azure-storage',
        'sentry',
        'statsig',
        'application-insights',
      ])
      for (const one of found) expect(faultsOfEdit(policy, one, options)).to.deep.equal([])
    })

    it('finds nothing above low in a tidy one', () => {
      const found = auditPolicy(
        parsePolicy({
          credentials: anthropicKey,
          network: {
            allow: [
              {
                host: 'api.anthropic.com',
                identity: 'claude',
                methods: ['POST'],
                paths: ['/v1/messages'],
                body: {
                  json: { keys: ['model', 'max_tokens', 'system', 'stream'] },
                },
              },
              { host: 'npm-registry.mirror.test', paths: ['/left-pad', '/left-pad/-/*'] },
              { host: 'go-module-proxy.mirror.test', paths: ['/github.com/acme/**'], query: {} },
              { host: 'github.com', paths: ['/acme/app.git/info/refs'] },
              { host: 'docs.acme.test' },
            ],
            budgets: { bytesPerRequest: 1_000_000, requestsPerSecond: 10 },
          },
        }),
        {
          registries: {
            'npm-registry': ['npm-registry.mirror.test'],
            'go-module-proxy': ['go-module-proxy.mirror.test'],
          },
        },
      )
      expect(above(found, 'low')).to.deep.equal([])
    })

    it('finds nothing above low in the ready-made rules of services', () => {
      const bearer = { header: 'authorization', scheme: 'Bearer' }
      const source = { env: 'TOKEN' }
      const found = audit(
        {
          allow: [
            ...anthropicRules({ credential: 'claude' }),
            ...openaiRules({ credential: 'openai' }),
            ...githubRules({
              repositories: ['acme/shop'],
              access: 'write',
              credential: 'github',
              gitCredential: 'git',
              downloads: true,
            }),
          ],
        },
        {
          credentials: {
            ...anthropicKey,
            openai: { source, carrier: bearer },
            github: { source, carrier: bearer },
            git: { source, carrier: { basic: 'x-access-token' } },
          },
        },
      )
      expect(above(found, 'low')).to.deep.equal([])
    })

    it('finds nothing in a policy that allows nothing', () => {
      expect(auditPolicy(parsePolicy({}))).to.deep.equal([])
      expect(audit({ allow: [] })).to.deep.equal([])
    })

    it('has one finding for a policy that the proxy does not take, which says where', () => {
      const found = audit({ allow: [{ host: 'a.test', ports: [22] }] })
      expect(ids(found)).to.deep.equal(['policy-refused'])
      expect(found[0]).to.include({ severity: 'high', clause: 'network.allow[0].ports[0]' })
    })
  })

  describe('on the shape of rules', () => {
    const cases: readonly (readonly [string, NetworkPolicy, readonly string[]])[] = [
      ['a tunnel', { allow: [{ host: 'a.test', tunnel: true }] }, ['tunnel']],
      ['any bytes', { allow: [{ host: 'a.test', protocol: 'tcp', ports: [99] }] }, ['opaque-tcp']],
      ['keys from inside', { allow: [{ host: 'a.test', identity: 'guest' }] }, ['guest-identity']],
      ['observing', { mode: 'observe', allow: ['a.test'] }, ['observe-mode']],
      ['a wildcard on a shared suffix', { allow: ['*.workers.dev'] }, ['shared-suffix']],
      [
        'a wildcard on a region of a cloud',
        { allow: ['*.eu-west-1.amazonaws.com'] },
        ['shared-suffix'],
      ],
      ['one customer of a shared suffix', { allow: ['acme.workers.dev'] }, []],
      ['a wildcard below one customer', { allow: ['*.acme.workers.dev'] }, []],
      ['a wildcard on a public suffix', { allow: ['*.co.uk'] }, ['public-suffix']],
      ['a wildcard on a company', { allow: ['*.acme.co.uk'] }, []],
      ['a wide private range', { addresses: { allow: ['10.0.0.0/8'] } }, ['private-addresses']],
      ['a narrow private range', { addresses: { allow: ['10.1.2.0/28'] } }, []],
      ['all of link-local', { addresses: { allow: ['169.254.0.0/16'] } }, ['private-addresses']],
      ['a metadata service', { addresses: { allow: ['fd00:ec2::254/128'] } }, ['cloud-metadata']],
      [
        'a metadata service that is denied, too',
        { addresses: { allow: ['169.254.169.254/32'], deny: ['169.254.169.254/32'] } },
        [],
      ],
      ['a public range', { addresses: { allow: ['9.0.0.0/8'] } }, []],
      ['a name server over HTTPS, only read', { allow: ['dns.google'] }, ['name-servers']],
      ['a collector, only read', { allow: ['x.trycloudflare.com'] }, ['collectors']],
      ['a fetcher of URLs, only read', { allow: ['r.jina.ai'] }, ['url-fetchers']],
      ['writing anywhere', { allow: [{ host: 'a.test', methods: ['POST'] }] }, ['unbound-writes']],
      ['writing on a path', { allow: [{ host: 'a.test', methods: ['POST'], paths: ['/x'] }] }, []],
    ]
    for (const [what, network, expected] of cases) {
      it(`tells above low of ${what}: ${expected.join(', ') || 'nothing'}`, () => {
        expect(above(audit(network), 'low')).to.deep.equal(expected)
      })
    }

    it('tells of a credential that is echoed, signs below a wildcard, is unused, or in the policy', () => {
      const signed = {
        source: {
          aws: { accessKeyId: { env: 'ID' }, secretAccessKey: { static: 'some-secret-text' } },
        },
        carrier: { sigv4: { service: 's3', region: 'us-east-1' } },
      } as const
      const credentials = {
        echo: { source: { static: 'other-secret-text' }, carrier: { header: 'x-a' } },
        wide: signed,
        idle: { source: { command: ['print-it'] }, carrier: { header: 'x-c' } },
      }
      const allow = [
        { host: 'postman-echo.com', identity: 'echo' },
        { host: '*.acme.test', identity: 'wide' },
      ]
      const found = audit({ allow }, { credentials })
      expect(ids(found)).to.deep.equal([
        'credential-echo',
        'credential-on-wildcard',
        'static-secret',
        'static-secret',
        'residual-channels',
        'credential-unused',
        'command-source',
        'no-budgets',
      ])
      expect(JSON.stringify(found)).not.to.include('secret-text')
    })

    it('does not tell what a rule of deny takes away', () => {
      const allow = [{ host: 'pastebin.com', methods: ['POST'] }]
      expect(above(audit({ allow }), 'medium')).to.deep.equal(['paste-sites'])
      expect(above(audit({ allow, deny: ['pastebin.com'] }), 'medium')).to.deep.equal([])
      const wide = [{ host: '*.resend.com', identity: 'guest', methods: ['POST'] }]
      expect(ids(audit({ allow: wide, deny: ['api.resend.com'] }))).not.to.include('mail-services')
    })

    it('grades what somebody would have to grant no worse than medium', () => {
      const ask = [{ host: 'api.anthropic.com', tunnel: true }]
      const [first] = audit({ ask })
      expect(first).to.include({
        id: 'anthropic-files',
        severity: 'medium',
        clause: 'network.ask[0]',
      })
    })

    it('tells each rule that opens the same row', () => {
      const rule = { host: 'pastebin.com', methods: ['POST'] }
      const found = audit({ allow: [rule, 'a.test', rule] })
      const clauses = found.filter(({ id }) => id === 'paste-sites').map(({ clause }) => clause)
      expect(clauses).to.deep.equal(['network.allow[0]', 'network.allow[2]'])
    })
  })

  it('knows package registries only by the hosts that it is given', () => {
    const policy = parsePolicy({
      network: { allow: [{ host: 'npm.acme.test', identity: 'guest', methods: ['GET', 'PUT'] }] },
    })
    expect(ids(auditPolicy(policy))).not.to.include('npm-publish')
    const [first] = auditPolicy(policy, { registries: { 'npm-registry': ['npm.acme.test'] } })
    expect(first).to.include({ id: 'npm-publish', severity: 'critical' })
  })

  it('gives what cannot be changed, the same each time', () => {
    const policy = parsePolicy({ network: { allow: [{ host: '*.googleapis.com', tunnel: true }] } })
    const found = auditPolicy(policy)
    expect(found).to.deep.equal(auditPolicy(policy))
    expect(Object.isFrozen(found)).to.equal(true)
    for (const one of found) {
      expect([Object.isFrozen(one), Object.isFrozen(one.tags)]).to.deep.equal([true, true])
    }
  })
})
