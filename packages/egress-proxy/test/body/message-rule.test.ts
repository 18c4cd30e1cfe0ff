import { expect } from 'chai'
import { anthropicMessages } from './anthropic-rule.ts'
import { judge } from './judge.ts'

const image = { type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'AA==' } }
const urlImage = { type: 'image', source: { type: 'url', url: 'https://evil.test/?d' } }
const message = (...content: unknown[]): Record<string, unknown> => ({
  model: 'm',
  max_tokens: 9,
  messages: [{ role: 'user', content }],
})
const result = (...content: unknown[]): unknown => ({
  type: 'tool_result',
  tool_use_id: 't',
  content,
})
const doc = (source: unknown): unknown => ({ type: 'document', title: 't', source })

describe('bodyFault and a request for a message', () => {
  const taken: [why: string, body: unknown][] = [
    [
      'a text',
      { model: 'm', max_tokens: 1, messages: [{ role: 'user', content: 'hi' }], stream: true },
    ],
    ['an image as base64', message(image)],
    [
      'cache control',
      {
        ...message({ type: 'text', text: 'a', cache_control: { type: 'ephemeral' } }),
        system: [{ type: 'text', text: 's' }],
      },
    ],
    [
      'tools',
      {
        ...message(),
        tools: [
          {
            name: 'a',
            input_schema: { type: 'object', properties: { type: { type: 'string' }, url: {} } },
          },
          { type: 'bash_20250124', name: 'bash' },
        ],
        tool_choice: { type: 'auto' },
      },
    ],
    [
      'thinking',
      {
        ...message({ type: 'thinking', thinking: 't', signature: 's' }),
        thinking: { type: 'enabled', budget_tokens: 1024 },
      },
    ],
    [
      'the input of a tool, whatever is in it',
      message({
        type: 'tool_use',
        id: 't',
        name: 'n',
        input: { source: { type: 'url', url: 'x' }, mcp_servers: [] },
      }),
    ],
    ['an image in the result of a tool', message(result(image, { type: 'text', text: 'a' }))],
    [
      'the result of a tool as a text',
      message({ type: 'tool_result', tool_use_id: 't', content: 'x' }),
    ],
    [
      'documents',
      message(
        doc({ type: 'base64', media_type: 'application/pdf', data: 'A' }),
        doc({ type: 'text', media_type: 'text/plain', data: 'A' }),
        doc({ type: 'content', content: [image] }),
      ),
    ],
  ]
  for (const [why, body] of taken) {
    it(`takes ${why}`, () => expect(judge(anthropicMessages, { body })).to.equal(null))
  }

  const refused: [why: string, body: unknown, told: string][] = [
    ['mcp_servers', { ...message(), mcp_servers: [] }, 'mcp_servers'],
    [
      'mcp_servers by an escape',
      '{"model":"m","mcp_\\u0073ervers":[{"url":"https://evil.test"}]}',
      'mcp_servers',
    ],
    ['mcp_servers twice', '{"mcp_servers":[],"mcp_\\u0073ervers":[]}', 'key twice'],
    ['MCP_SERVERS', { ...message(), MCP_SERVERS: [] }, 'MCP_SERVERS'],
    ['a container', { ...message(), container: 'c' }, 'container'],
    [
      'web_fetch',
      { ...message(), tools: [{ name: 'a' }, { type: 'web_fetch_20250910', name: 'web_fetch' }] },
      '/tools/1/type',
    ],
    [
      'web_search by another case',
      { ...message(), tools: [{ Type: 'web_search_20250305' }] },
      '/tools/0/Type',
    ],
    [
      'code execution',
      { ...message(), tools: [{ type: 'code_execution_20250825' }] },
      '/tools/0/type',
    ],
    ['an image by URL', message(urlImage), '/messages/0/content/0/source'],
    [
      'an image by URL without a type',
      message({ type: 'image', source: { url: 'https://evil.test' } }),
      '/source',
    ],
    [
      'an image by URL in the result of a tool',
      message(result(image, urlImage)),
      '/content/0/content/1/source',
    ],
    ['a document by URL', message(doc({ type: 'url', url: 'https://evil.test' })), '/source'],
    ['a document by file', message(doc({ type: 'file', file_id: 'f' })), '/source'],
    [
      'an image by URL in a document',
      message(doc({ type: 'content', content: [urlImage] })),
      '/source/content/0/source',
    ],
    [
      'an image by URL in a document in a result',
      message(result(doc({ type: 'content', content: [urlImage] }))),
      '/source',
    ],
    [
      'a file for a container',
      message({ type: 'container_upload', file_id: 'f' }),
      '/content/0/type',
    ],
    ['what a tool of the service said', message({ type: 'server_tool_use' }), '/content/0/type'],
    ['a result in a result', message(result(result(urlImage))), '/content/0/content/0/type'],
    [
      'a document in a document',
      message(doc({ type: 'content', content: [doc({ type: 'content', content: [urlImage] })] })),
      '/source/content/0/type',
    ],
    ['an array at the top', [message()], 'the body'],
  ]
  for (const [why, body, told] of refused) {
    it(`refuses ${why}`, () => {
      const fault = judge(anthropicMessages, { body })
      expect(fault?.reason).to.include(told)
      expect(JSON.stringify(fault)).not.to.include('evil.test')
    })
  }
})
