import type { Credential } from '@caisson/core'
import { expect } from 'chai'
import { join } from 'node:path'
import { services } from '../../dist/services/services.js'
import { type Asked, decisionOn, dummyOf } from './asking.js'
import { callsIn, Declarations, folderOf, sourceBelow } from './declarations.js'

const folder = folderOf('@anthropic-ai/sdk')
const stable = new Declarations(join(folder, 'resources/messages/messages.d.ts'))
const beta = new Declarations(join(folder, 'resources/beta/messages/messages.d.ts'))
const betas = new Declarations(join(folder, 'resources/beta/beta.d.ts'))
const source = sourceBelow(join(folder, 'resources'))

const credentials: Readonly<Record<string, Credential>> = {
  claude: { source: { env: 'ANTHROPIC_API_KEY' }, carrier: { header: 'x-api-key' } },
}
const guarded = { allow: services.anthropic({ credential: 'claude' }), credentials }
const headers = { 'anthropic-version': '2026-10-21', 'x-api-key': dummyOf('claude') }

function isAllowed(asked: Asked): boolean {
  return decisionOn(guarded, asked)?.verdict === 'allow'
}

function message(json: object, more: object = {}, path = '/v1/messages'): boolean {
  const line = `POST https://api.anthropic.com${path}`
  return isAllowed({ line, headers: { ...headers, ...more }, json })
}

const inTurn = (...content: readonly object[]): object => ({
  messages: [{ role: 'user', content }],
})

/** A vocabulary of the library: what of it is refused, and what is asked to see. */
interface Vocabulary {
  readonly what: string
  readonly words: readonly string[]
  readonly refused: readonly string[]
  readonly allows: (word: string) => boolean
}

/** Header parameters stand beside those of the body in the library's types. */
const headerParameters = ['betas', 'user_profile_id', 'workspace_id']
const ofBody = (keys: readonly string[]): readonly string[] =>
  keys.filter((key) => !headerParameters.includes(key))

/** They hold the vendor's tools, stored things, another's account, or a conversation that is held there. */
const refusedKeys = ['billing_policy', 'container', 'mcp_servers', 'thread']
const refusedTools = [
  'advisor_20260301',
  'code_execution_20250522',
  'code_execution_20250825',
  'code_execution_20260120',
  'code_execution_20260521',
  'mcp_toolset',
  'tool_search_tool_bm25',
  'tool_search_tool_bm25_20251119',
  'tool_search_tool_regex',
  'tool_search_tool_regex_20251119',
  'web_fetch_20250910',
  'web_fetch_20260209',
  'web_fetch_20260309',
  'web_fetch_20260318',
  'web_search_20250305',
  'web_search_20260209',
  'web_search_20260318',
]
const refusedBlocks = [
  'advisor_tool_result',
  'bash_code_execution_tool_result',
  'code_execution_tool_result',
  'container_upload',
  'mcp_tool_listing',
  'mcp_tool_result',
  'mcp_tool_use',
  'server_tool_use',
  'text_editor_code_execution_tool_result',
  'tool_search_tool_result',
  'web_fetch_tool_result',
  'web_search_tool_result',
]
const refusedBetas = [
  'admin-user-sign-out-2026-10-08',
  'advisor-tool-2026-03-01',
  'agent-memory-2026-07-22',
  'analytics-usage-cost-2026-08-24',
  'ce-claude-code-managed-settings-2026-10-06',
  'ce-plugins-2026-09-01',
  'ce-user-management-2026-07-13',
  'code-execution-2025-05-22',
  'dreaming-2026-04-21',
  'experimental-claude-tag-2026-10-21',
  'files-api-2025-04-14',
  'inline-tools-2026-09-15',
  'managed-agents-2026-04-01',
  'mcp-client-2025-04-04',
  'mcp-client-2025-11-20',
  'mcp-client-2026-09-15',
  'mcp-tunnels-2026-06-22',
  'message-batches-2024-09-24',
  'message-threads-2026-08-12',
  'skills-2025-10-02',
  'spend-limit-reads-2026-09-26',
  'telemetry-destinations-2026-08-11',
  'user-profiles-2026-03-24',
  'user-profiles-2026-08-18',
  'user-profiles-2026-09-04',
  'user-profiles-billing-2026-10-01',
  'webhooks-2026-10-07',
]

const toolOf = (type: string): object => ({ model: 'm', tools: [{ type, name: 'a' }] })
const changeOf = (type: string): object => inTurn({ type: 'tool_addition', tool: { type } })
const allKinds = (names: readonly string[]): readonly string[] => [
  ...new Set(names.flatMap((name) => beta.kinds(name))),
]

const vocabularies: readonly Vocabulary[] = [
  {
    what: 'key of a message',
    words: ofBody([
      ...stable.keys('MessageCreateParamsBase'),
      ...beta.keys('MessageCreateParamsBase'),
    ]),
    refused: refusedKeys,
    allows: (key) => message({ [key]: null }),
  },
  {
    what: 'key of a count of tokens',
    words: ofBody([
      ...stable.keys('MessageCountTokensParams'),
      ...beta.keys('MessageCountTokensParams'),
    ]),
    refused: refusedKeys,
    allows: (key) => message({ [key]: null }, {}, '/v1/messages/count_tokens'),
  },
  {
    what: 'tool',
    words: [...stable.kinds('ToolUnion'), ...beta.kinds('BetaToolUnion')],
    refused: refusedTools,
    allows: (type) => message(toolOf(type)),
  },
  {
    what: 'block',
    words: [...stable.kinds('ContentBlockParam'), ...beta.kinds('BetaContentBlockParam')],
    refused: refusedBlocks,
    allows: (type) => message(inTurn({ type })),
  },
  {
    what: 'block in the result of a tool',
    words: allKinds(beta.typesOf('BetaToolResultBlockParam', 'content')),
    refused: [],
    allows: (type) =>
      message(inTurn({ type: 'tool_result', tool_use_id: 'a', content: [{ type }] })),
  },
  {
    what: 'source of a document',
    words: allKinds(beta.typesOf('BetaRequestDocumentBlock', 'source')),
    refused: ['file', 'url'],
    allows: (type) => message(inTurn({ type: 'document', source: { type } })),
  },
  {
    what: 'source of an image',
    words: allKinds(beta.typesOf('BetaImageBlockParam', 'source')),
    refused: ['file', 'url'],
    allows: (type) => message(inTurn({ type: 'image', source: { type } })),
  },
  {
    what: 'tool in the middle of a conversation',
    words: allKinds(beta.typesOf('BetaRequestToolAdditionBlock', 'tool')),
    refused: ['mcp_tool_reference', 'mcp_toolset', 'mcp_toolset_reference', 'tool_definition'],
    allows: (type) => message(changeOf(type)),
  },
  {
    what: 'beta',
    words: betas.literals('AnthropicBeta'),
    refused: refusedBetas,
    allows: (word) => message({ model: 'm' }, { 'anthropic-beta': word }),
  },
  {
    what: 'key of a fallback',
    words: beta.keys('BetaFallbackParam'),
    refused: [],
    allows: (key) => message({ fallbacks: [{ [key]: null }] }),
  },
]

/** Below `/v1`: they store, make keys, run something, or are about the organization. */
const refusedPlaces = [
  'agents',
  'deployment_runs',
  'deployments',
  'dreams',
  'environments',
  'files',
  'memory_stores',
  'messages/batches',
  'organizations',
  'sessions',
  'skills',
  'tunnels',
  'user_profiles',
  'vaults',
]
const allowedCalls = [
  'GET /v1/models',
  'GET /v1/models/x',
  'POST /v1/messages',
  'POST /v1/messages/count_tokens',
]

/** A newer library brings new words: each has to be judged, and named here or allowed by the rules. */
describe('services.anthropic, held against the vendor’s library', () => {
  for (const { what, words, refused, allows } of vocabularies) {
    it(`knows each ${what} of the library, as allowed or as refused`, () => {
      expect(words).not.to.deep.equal([])
      const known = new Set(refused)
      const wrong = [...new Set(words)].filter((word) => allows(word) === known.has(word))
      expect(wrong, `${what}: to be judged`).to.deep.equal([])
    })
  }

  it('knows each path of the library, as allowed or as refused', () => {
    const calls = callsIn(source).map((call) => call.replace(/\?beta=true$/, ''))
    expect(calls.length).to.be.greaterThan(100)
    const allowed = calls.filter((call) => {
      const [method = '', path = ''] = call.split(' ')
      const line = `${method} https://api.anthropic.com${path}`
      return isAllowed({ line, headers, ...(method === 'GET' ? {} : { json: {} }) })
    })
    expect([...new Set(allowed)]).to.have.members(allowedCalls)
    const isNamed = (call: string): boolean =>
      refusedPlaces.some((place) => `${call}/`.includes(` /v1/${place}/`))
    const unknown = calls.filter((call) => !allowed.includes(call) && !isNamed(call))
    expect(unknown, 'paths to be judged').to.deep.equal([])
  })

  it('knows each header of the library, as sent on or as dropped', () => {
    const names = new Set([...source.matchAll(/'(anthropic-[a-z-]+)':/g)].map(([, name]) => name))
    const asked = { line: 'GET https://api.anthropic.com/v1/models', headers }
    const sent = decisionOn(guarded, asked)?.needs.headers
    const dropped = ['anthropic-user-profile-id', 'anthropic-workspace-id']
    expect(
      [...names].filter((name) => name !== undefined && sent?.has(name) !== true),
    ).to.have.members(dropped)
  })

  it('refuses a tool of the vendor’s that comes in what sums a conversation up', () => {
    const tool = { type: 'tool_definition', definition: { type: 'web_fetch_20260318' } }
    const summary = (tool_changes: readonly object[]): object =>
      inTurn({ type: 'compaction', content: 'a', tool_changes })
    const reference = { type: 'tool_reference', name: 'a' }
    expect(message(summary([{ type: 'tool_addition', tool }]))).to.equal(false)
    expect(message(summary([{ type: 'web_fetch_20260318' }]))).to.equal(false)
    expect(message(summary([{ type: 'tool_addition', tool: reference }]))).to.equal(true)
    const hidden = { ...reference, definition: { type: 'web_fetch_20260318' } }
    expect(message(summary([{ type: 'tool_addition', tool: hidden }]))).to.equal(false)
  })

  it('refuses models to fall back on where models are named', () => {
    const allow = services.anthropic({ credential: 'claude', models: ['m'] })
    const ask = (json: object): string | undefined =>
      decisionOn(
        { allow, credentials },
        { line: 'POST https://api.anthropic.com/v1/messages', headers, json },
      )?.verdict
    expect(ask({ model: 'm' })).to.equal('allow')
    expect(ask({ model: 'm', fallbacks: 'default' })).not.to.equal('allow')
    expect(ask({ model: 'm', fallbacks: [{ model: 'other' }] })).not.to.equal('allow')
  })
})
