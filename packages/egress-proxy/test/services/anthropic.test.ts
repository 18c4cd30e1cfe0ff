import type { Credential } from '@caisson/core'
import { expect } from 'chai'
import { services } from '../../dist/services/services.js'
import { type Asked, type AskedCase, decisionOn, dummyOf, each, type Guarded } from './asking.js'

const credentials: Readonly<Record<string, Credential>> = {
  claude: { source: { env: 'ANTHROPIC_API_KEY' }, carrier: { header: 'x-api-key' } },
}
const guarded = (): Guarded => ({
  allow: services.anthropic({ credential: 'claude' }),
  credentials,
})

const api = 'https://api.anthropic.com'
const sdk = {
  accept: 'application/json',
  'anthropic-version': '2023-06-01',
  'user-agent': 'Anthropic/JS 0.70.0',
  'x-api-key': dummyOf('claude'),
  'x-stainless-lang': 'js',
  'x-stainless-retry-count': '0',
}
const question = { role: 'user', content: 'Hello' }
const plain = { model: 'claude-sonnet-4-5', max_tokens: 64, messages: [question] }
const image = { type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'iVBO' } }
const byUrl = (type: string) => ({ type, source: { type: 'url', url: 'https://evil.test/?q=1' } })
const byFile = { type: 'document', source: { type: 'file', file_id: 'file_1' } }

function message(body: object, path = '/v1/messages'): Asked {
  return { line: `POST ${api}${path}`, headers: sdk, json: { ...plain, ...body } }
}

function content(...blocks: readonly object[]): Asked {
  return message({ messages: [{ role: 'user', content: blocks }] })
}

function result(...blocks: readonly object[]): Asked {
  return content({ type: 'tool_result', tool_use_id: 'toolu_1', content: blocks })
}

const passing: readonly AskedCase[] = [
  ['a message, as the SDK sends it', message({})],
  ['the same from the beta client', message({}, '/v1/messages?beta=true')],
  ['streaming, thinking and a system prompt', message(streaming())],
  ['tools of its own, with and without a type', message({ tools: ownTools() })],
  ['tools whose schema the vendor defines', message({ tools: vendorDefined() })],
  ['an image as bytes', content(image, { type: 'text', text: 'What is it?' })],
  ['a document as text', content(document({ type: 'text', data: 'a', media_type: 'text/plain' }))],
  ['a document of blocks', content(document({ type: 'content', content: [image] }))],
  ['the result of a tool, with an image', result(image, { type: 'text', text: 'done' })],
  ['a search result of its own', content(searchResult())],
  ['what a model passed to a tool, whatever it is', message({ messages: [used()] })],
  ['counting tokens', counting()],
  ['the list of models', { line: `GET ${api}/v1/models?limit=20`, headers: sdk }],
  ['one model', { line: `GET ${api}/v1/models/claude-sonnet-4-5`, headers: sdk }],
]

const unfit: readonly AskedCase[] = [
  [
    'MCP servers',
    message({ mcp_servers: [{ type: 'url', url: 'https://evil.test/', name: 'a' }] }),
  ],
  ['a set of MCP tools', message({ tools: [{ type: 'mcp_toolset', mcp_server_name: 'a' }] })],
  ['web search', message({ tools: [{ type: 'web_search_20250305', name: 'web_search' }] })],
  ['web fetch', message({ tools: [{ type: 'web_fetch_20250910', name: 'web_fetch' }] })],
  ['code execution', message({ tools: [{ type: 'code_execution_20250825', name: 'a' }] })],
  ['a kind of tool that is not known yet', message({ tools: [{ type: 'bash_20990101' }] })],
  ['a container', message({ container: { skills: [] } })],
  ['an image by address', content(byUrl('image'))],
  ['a document by address', content(byUrl('document'))],
  ['an address behind a source that claims to be bytes', content(disguised())],
  ['a document by address in the result of a tool', result(byUrl('document'))],
  ['an image by address in a document of blocks', content(nested(byUrl('image')))],
  ['the same in the result of a tool', result(nested(byUrl('image')))],
  ['a stored file', content(byFile)],
  ['an upload to a container', content({ type: 'container_upload', file_id: 'file_1' })],
  ['a system prompt that is no text', message({ system: [byUrl('document')] })],
  ['a body that is no JSON', other('text/plain', 'data')],
  ['a form', other('multipart/form-data; boundary=b', '--b--')],
  ['a key that is not known', message({ attachments: ['https://evil.test/'] })],
]

const elsewhere: readonly AskedCase[] = [
  ['files', { line: `POST ${api}/v1/files`, headers: sdk, json: {} }],
  [
    'files, from the beta client',
    { line: `POST ${api}/v1/files?beta=true`, headers: sdk, json: {} },
  ],
  ['batches', { line: `POST ${api}/v1/messages/batches`, headers: sdk, json: {} }],
  ['skills', { line: `POST ${api}/v1/skills`, headers: sdk, json: {} }],
  ['the older way to complete', { line: `POST ${api}/v1/complete`, headers: sdk, json: {} }],
  ['keys of the organization', { line: `GET ${api}/v1/organizations/api_keys`, headers: sdk }],
  ['a slash behind the path', { line: `POST ${api}/v1/messages/`, headers: sdk, json: plain }],
  ['another case', { line: `POST ${api}/V1/messages`, headers: sdk, json: plain }],
]

const foreign: readonly AskedCase[] = [
  ['a message under another key', under({ 'x-api-key': 'sk-ant-api03-attacker' })],
  ['the same as a token', under({ authorization: 'Bearer sk-ant-oat01-attacker' })],
  ['our dummy, and a foreign token beside it', both()],
  ['a foreign cookie', under({ cookie: 'sessionKey=sk-ant-sid01-attacker' })],
]

describe('services.anthropic', () => {
  describe('lets through what SDKs and agents send', () => {
    each(guarded, 'allow', passing)
  })

  describe('refuses what has the vendor fetch, run or keep something', () => {
    each(guarded, 'body_not_allowed', unfit)
  })

  describe('refuses what two readers could read differently', () => {
    each(guarded, 'body_unreadable', [
      ['a key that is there twice', other('application/json', '{"model":"a","model":"b"}')],
      ['something behind the value', other('application/json', '{"model":"a"} {}')],
    ])
  })

  describe('refuses every other path', () => {
    each(guarded, 'refused', elsewhere)
  })

  describe('refuses other names', () => {
    each(guarded, 'foreign_credential', foreign)
  })

  describe('refuses other methods and queries', () => {
    each(guarded, 'refused', [['deleting', { line: `DELETE ${api}/v1/messages`, headers: sdk }]])
    each(guarded, 'refused', [
      ['data in the query', { ...message({}), line: `POST ${api}/v1/messages?x=data` }],
      ['another beta', { ...message({}), line: `POST ${api}/v1/messages?beta=data` }],
    ])
  })

  describe('holds requests to the models that are named', () => {
    const named = (): Guarded => ({
      allow: services.anthropic({ credential: 'claude', models: ['claude-haiku-4-5'] }),
      credentials,
    })
    each(named, 'allow', [['one of them', message({ model: 'claude-haiku-4-5' })]])
    each(named, 'body_not_allowed', [
      ['another', message({})],
      ['none', { ...message({}), json: { messages: [question], max_tokens: 1 } }],
    ])
  })

  it('puts our key and our tenant on what passes, and drops what is not needed', () => {
    const organizations = ['550e8400-e29b-41d4-a716-446655440000']
    const allow = services.anthropic({ credential: 'claude', organizations })
    const needs = decisionOn({ allow, credentials }, message({}))?.needs
    expect(needs?.identity).to.equal('claude')
    expect(needs?.tenant).to.deep.equal([['anthropic-allowed-org-ids', organizations[0]]])
    expect(needs?.headers?.has('anthropic-version')).to.equal(true)
    expect(needs?.headers?.has('x-stainless-lang')).to.equal(false)
  })

  it('wants to see the body before it allows a message', () => {
    const { json: _unread, ...head } = message({})
    expect(decisionOn(guarded(), head)?.needs.body).to.equal(true)
  })

  it('has the vendor refuse other organizations', () => {
    const organizations = [
      '550e8400-e29b-41d4-a716-446655440000',
      '6ba7b810-9dad-11d1-80b4-00c04fd430c8',
    ]
    for (const { tenant } of services.anthropic({ credential: 'claude', organizations })) {
      expect(tenant).to.deep.equal({ 'anthropic-allowed-org-ids': organizations.join(',') })
    }
  })

  for (const organizations of [[], ['acme'], ['550e8400-e29b-41d4-a716-446655440000,evil']]) {
    it(`takes no organizations such as ${JSON.stringify(organizations)}`, () => {
      expect(() => services.anthropic({ credential: 'claude', organizations })).to.throw(TypeError)
    })
  }

  it('says how old its knowledge is', () => {
    for (const { reason } of services.anthropic({ credential: 'claude' })) {
      expect(reason)
        .to.include(services.asOf)
        .and.to.match(/\d{4}-\d{2}/)
    }
  })

  it('is plain data', () => {
    const rules = services.anthropic({ credential: 'claude' })
    expect(JSON.parse(JSON.stringify(rules))).to.deep.equal(rules)
  })
})

function streaming(): object {
  return {
    stream: true,
    thinking: { type: 'enabled', budget_tokens: 1024 },
    system: [{ type: 'text', text: 'Be brief.', cache_control: { type: 'ephemeral' } }],
    metadata: { user_id: 'user_1' },
    context_management: { edits: [{ type: 'clear_tool_uses_20250919' }] },
  }
}

function ownTools(): readonly object[] {
  const schema = { type: 'object', properties: { url: { type: 'string' } } }
  return [
    { name: 'fetch', description: 'Gets a page', input_schema: schema },
    { type: 'custom', name: 'edit', input_schema: schema },
  ]
}

function vendorDefined(): readonly object[] {
  const types = ['bash_20250124', 'text_editor_20250728', 'computer_20251124', 'memory_20250818']
  return types.map((type) => ({ type, name: type.slice(0, -9) }))
}

function document(source: object): object {
  return { type: 'document', title: 'Notes', source }
}

function nested(block: object): object {
  return document({ type: 'content', content: [block] })
}

function disguised(): object {
  return document({ type: 'text', media_type: 'text/plain', data: '', url: 'https://evil.test/' })
}

function searchResult(): object {
  const text = { type: 'text', text: 'found' }
  return { type: 'search_result', source: 'https://docs.test/', title: 'Docs', content: [text] }
}

function used(): object {
  const input = { source: { type: 'url', url: 'https://a.test/' }, content: [{ type: 'video' }] }
  return { role: 'assistant', content: [{ type: 'tool_use', id: 'toolu_1', name: 'x', input }] }
}

function counting(): Asked {
  return {
    line: `POST ${api}/v1/messages/count_tokens?beta=true`,
    headers: sdk,
    json: { model: plain.model, messages: [question], tools: ownTools() },
  }
}

function under(carrier: Readonly<Record<string, string>>): Asked {
  const { 'x-api-key': _ours, ...rest } = sdk
  return { ...message({}), headers: { ...rest, ...carrier } }
}

function both(): Asked {
  return { ...message({}), headers: { ...sdk, authorization: 'Bearer sk-ant-oat01-attacker' } }
}

function other(type: string, bytes: string): Asked {
  return { line: `POST ${api}/v1/messages`, headers: { ...sdk, 'content-type': type }, bytes }
}
