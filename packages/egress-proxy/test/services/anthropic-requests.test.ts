import Anthropic from '@anthropic-ai/sdk'
import type { Credential } from '@caisson/core'
import { expect } from 'chai'
import { services } from '../../dist/services/services.js'
import { decisionOn, dummyOf, type Guarded } from './asking.js'
import { Recorder } from './recorder.js'

type Act = (client: Anthropic) => PromiseLike<unknown>
type Cases = Readonly<Record<string, Act>>

const origin = 'https://api.anthropic.com'
const source = { env: 'ANTHROPIC_API_KEY' }
const carriers: Readonly<Record<string, Credential>> = {
  'x-api-key': { source, carrier: { header: 'x-api-key' } },
  Bearer: { source, carrier: { header: 'authorization', scheme: 'Bearer' } },
}

const model = 'claude-sonnet-5-5'
const max_tokens = 2048
const question = { role: 'user', content: 'Hello' } as const
const plain = { model, max_tokens, messages: [question] }
const ephemeral = { type: 'ephemeral', ttl: '1h' } as const
const png = { type: 'base64', media_type: 'image/png', data: 'iVBORw0KGgo=' } as const
const pdf = { type: 'base64', media_type: 'application/pdf', data: 'JVBERi0=' } as const
const schema = { type: 'object' as const, properties: { path: { type: 'string' } } }
const said = (...content: Anthropic.ContentBlockParam[]): Anthropic.MessageCreateParams => ({
  model,
  max_tokens,
  messages: [{ role: 'user', content }],
})

const passing: Cases = {
  'a plain message': (client) => client.messages.create(plain),
  'one that streams': (client) => client.messages.stream(plain).finalMessage(),
  'a system prompt that is cached, thinking and metadata': (client) =>
    client.messages.create({
      ...plain,
      system: [{ type: 'text', text: 'Be brief.', cache_control: ephemeral }],
      thinking: { type: 'enabled', budget_tokens: 1024 },
      metadata: { user_id: 'user-1' },
      service_tier: 'auto',
      stop_sequences: ['END'],
    }),
  'structured output': (client) =>
    client.messages.create({
      ...plain,
      output_config: { effort: 'high', format: { type: 'json_schema', schema } },
    }),
  'images and documents as bytes': (client) =>
    client.messages.create(
      said(
        { type: 'image', source: png, cache_control: ephemeral },
        { type: 'document', source: pdf, title: 'Notes', citations: { enabled: true } },
        { type: 'document', source: { type: 'text', media_type: 'text/plain', data: 'a' } },
        {
          type: 'document',
          source: { type: 'content', content: [{ type: 'image', source: png }] },
        },
      ),
    ),
  'tools, their calls and results': (client) =>
    client.messages.create({
      ...plain,
      tools: [
        { name: 'edit', description: 'Edits a file', input_schema: schema, strict: true },
        { type: 'bash_20250124', name: 'bash' },
        { type: 'text_editor_20250728', name: 'str_replace_based_edit_tool' },
        { type: 'memory_20250818', name: 'memory' },
        { type: 'browser_toolset_20260801' },
        { type: 'computer_toolset_20260801' },
      ],
      tool_choice: { type: 'auto', disable_parallel_tool_use: true },
      messages: [question, ...turns()],
    }),
  'counting tokens': (client) =>
    client.messages.countTokens({
      model,
      messages: [question],
      tools: [{ name: 'edit', input_schema: schema }],
    }),
  'a list of models': (client) => client.models.list({ limit: 5 }),
  'one model': (client) => client.models.retrieve(model),
  'a beta message': (client) =>
    client.beta.messages.create({
      ...plain,
      betas: ['context-management-2025-06-27', 'server-side-fallback-2026-07-01'],
      context_management: { edits: [{ type: 'clear_tool_uses_20250919' }] },
      fallbacks: [{ model: 'claude-haiku-5-5' }],
      tools: [
        { type: 'computer_20251124', name: 'computer', display_height_px: 1, display_width_px: 1 },
      ],
    }),
}

const refused: Cases = {
  'a document by address': (client) =>
    client.messages.create(
      said({ type: 'document', source: { type: 'url', url: 'https://evil.test/' } }),
    ),
  'an image by address': (client) =>
    client.messages.create(
      said({ type: 'image', source: { type: 'url', url: 'https://evil.test/' } }),
    ),
  'a stored file': (client) =>
    client.messages.create(said({ type: 'document', source: { type: 'file', file_id: 'f' } })),
  'fetching at the vendor': (client) =>
    client.messages.create({
      ...plain,
      tools: [{ type: 'web_fetch_20260318', name: 'web_fetch' }],
    }),
  'running at the vendor': (client) =>
    client.messages.create({
      ...plain,
      tools: [{ type: 'code_execution_20260521', name: 'code_execution' }],
    }),
  'an MCP server': (client) =>
    client.beta.messages.create({
      ...plain,
      mcp_servers: [{ type: 'url', url: 'https://evil.test/', name: 'a' }],
      tools: [{ type: 'mcp_toolset', mcp_server_name: 'a' }],
    }),
  'a conversation that is held there': (client) =>
    client.beta.messages.create({ ...plain, thread: { type: 'create' } }),
  'the betas of MCP': (client) =>
    client.beta.messages.create({ ...plain, betas: ['mcp-client-2025-11-20'] }),
  'a batch': (client) =>
    client.messages.batches.create({ requests: [{ custom_id: 'a', params: plain }] }),
  'a list of files': (client) => client.beta.files.list(),
  'an upload': (client) =>
    client.beta.files.upload({ file: new File(['data'], 'a.txt', { type: 'text/plain' }) }),
}

const agentHeaders = {
  'anthropic-version': '2023-06-01',
  'anthropic-beta':
    'claude-code-20250219,interleaved-thinking-2025-05-14,context-management-2025-06-27,per-turn-control-2026-07-01,mid-conversation-tool-changes-2026-07-01,thinking-token-count-2026-05-13,advanced-tool-use-2025-11-20,effort-2025-11-24',
  'x-app': 'cli',
}
const refusals = ['body_not_allowed', 'header_not_allowed', 'path_not_allowed']

describe('what Anthropic’s own library sends, under the rules of services.anthropic', () => {
  const recorder = new Recorder(origin)
  let baseURL = ''
  before(async () => {
    baseURL = await recorder.open()
  })
  after(() => recorder.close())

  async function verdictOn(act: Act, credential: Credential): Promise<string> {
    const client = new Anthropic({
      baseURL,
      apiKey: dummyOf('claude'),
      authToken: null,
      maxRetries: 0,
    })
    const asked = await recorder.requestOf(() => act(client))
    const guarded: Guarded = {
      allow: services.anthropic({ credential: 'claude' }),
      credentials: { claude: credential },
    }
    const decision = decisionOn(guarded, asked)
    return decision?.verdict === 'allow' ? 'allow' : String(decision?.code)
  }

  it('allows what the vendor’s coding agent asks first, as it was seen to (version 2.1.330)', async () => {
    const agent: Act = (client) =>
      client.beta.messages.create(
        {
          ...plain,
          stream: true,
          thinking: { type: 'adaptive', display: 'omitted' },
          context_management: { edits: [{ type: 'clear_thinking_20251015', keep: 'all' }] },
          output_config: { effort: 'medium' },
          metadata: { user_id: '{"device_id":"0","account_uuid":"","session_id":"0"}' },
          system: [{ type: 'text', text: 'a', cache_control: { type: 'ephemeral' } }],
          tools: [{ name: 'Edit', description: 'a', input_schema: schema, defer_loading: true }],
          messages: [
            question,
            { role: 'system', content: [{ type: 'text', text: 'a' }], output_config: {} },
          ],
        },
        { headers: agentHeaders },
      )
    for (const credential of Object.values(carriers))
      expect(await verdictOn(agent, credential)).to.equal('allow')
  })

  for (const [carrier, credential] of Object.entries(carriers)) {
    for (const [what, act] of Object.entries(passing)) {
      it(`allows ${what}, with a key by ${carrier}`, async () => {
        expect(await verdictOn(act, credential)).to.equal('allow')
      })
    }
    for (const [what, act] of Object.entries(refused)) {
      it(`refuses ${what}, with a key by ${carrier}`, async () => {
        expect(await verdictOn(act, credential)).to.be.oneOf(refusals)
      })
    }
  }
})

function turns(): Anthropic.MessageParam[] {
  return [
    {
      role: 'assistant',
      content: [
        { type: 'thinking', thinking: 'Hm.', signature: 'c2ln' },
        { type: 'tool_use', id: 'toolu_1', name: 'edit', input: { url: 'https://a.test/' } },
      ],
    },
    {
      role: 'user',
      content: [
        {
          type: 'tool_result',
          tool_use_id: 'toolu_1',
          content: [
            { type: 'text', text: 'done' },
            { type: 'image', source: png },
            { type: 'document', source: pdf },
          ],
        },
      ],
    },
  ]
}
