import type { Credential } from '@caisson/core'
import { expect } from 'chai'
import { services } from '../../dist/services/services.js'
import { type Asked, type AskedCase, dummyOf, each, type Guarded } from './asking.js'

const credentials: Readonly<Record<string, Credential>> = {
  openai: {
    source: { env: 'OPENAI_API_KEY' },
    carrier: { header: 'authorization', scheme: 'Bearer' },
  },
}
const guarded = (): Guarded => ({ allow: services.openai({ credential: 'openai' }), credentials })

const api = 'https://api.openai.com'
const sdk = {
  accept: 'application/json',
  authorization: `Bearer ${dummyOf('openai')}`,
  'user-agent': 'OpenAI/JS 6.9.0',
  'x-stainless-lang': 'js',
  'x-stainless-retry-count': '0',
}
const model = 'gpt-5.2'
const question = { role: 'user', content: 'Hello' }

function post(path: string, json: object): Asked {
  return { line: `POST ${api}${path}`, headers: sdk, json }
}

function chat(more: object): Asked {
  return post('/v1/chat/completions', { model, messages: [question], ...more })
}

function response(more: object): Asked {
  return post('/v1/responses', { model, input: 'Hello', store: false, ...more })
}

function parts(...content: readonly object[]): object {
  return { input: [{ role: 'user', content }] }
}

const remote = 'https://evil.test/?q=1'
const png = 'data:image/png;base64,iVBORw0KGgo='
const pdf = 'data:application/pdf;base64,JVBERi0='
const passing: readonly AskedCase[] = [
  ['a chat', chat({})],
  ['a chat with tools, which is not stored', chat({ store: false, stream: true, tools: tools() })],
  ['a response that is not stored', response({})],
  ['the turns of an agent', response({ input: turns(), tools: clientTools() })],
  ['an image as bytes', response(parts({ type: 'input_image', image_url: png, detail: 'auto' }))],
  ['a file as bytes', response(parts({ type: 'input_file', filename: 'a', file_data: pdf }))],
  ['an image as output of a tool', response({ input: [outputOf(png)] })],
  ['a screenshot', response({ input: [screenshot({ image_url: png })] })],
  ['an image as bytes in a chat', chat({ messages: [imageMessage(png)] })],
  ['a file as bytes in a chat', chat({ messages: [fileMessage({ file_data: pdf })] })],
  ['tools that are only sorted', response({ tools: sorted('function'), input: [found('custom')] })],
  ['counting tokens', post('/v1/responses/input_tokens', { model, input: turns() })],
  ['a moderation', post('/v1/moderations', { model, input: [{ type: 'text', text: 'a' }] })],
  ['a moderation of an image', post('/v1/moderations', { input: [imagePart(png)] })],
  ['embeddings', post('/v1/embeddings', { model, input: ['a'], encoding_format: 'base64' })],
  ['the list of models', { line: `GET ${api}/v1/models`, headers: sdk }],
]

const unfit: readonly AskedCase[] = [
  ['a response that says nothing about storing', post('/v1/responses', { model, input: 'a' })],
  ['a response that is stored', response({ store: true })],
  ['a response that goes on in the background', response({ background: true })],
  ['a conversation', response({ conversation: 'conv_1' })],
  ['a stored chat', chat({ store: true })],
  ['web search', response({ tools: [{ type: 'web_search' }] })],
  ['an MCP server', response({ tools: [{ type: 'mcp', server_url: remote, server_label: 'a' }] })],
  ['a server behind a function', response({ tools: [{ type: 'function', server_url: remote }] })],
  ['file search', response({ tools: [{ type: 'file_search', vector_store_ids: ['vs_1'] }] })],
  ['the code interpreter', response({ tools: [{ type: 'code_interpreter', container: 'a' }] })],
  ['a hosted shell', response({ tools: [{ type: 'shell' }] })],
  ['an image by address', response(parts({ type: 'input_image', image_url: remote }))],
  ['an address behind a text', response(parts({ type: 'input_text', image_url: remote }))],
  ['a file by address', response(parts({ type: 'input_file', file_url: remote }))],
  ['a stored file', response(parts({ type: 'input_file', file_id: 'file-1' }))],
  ['an image by address as output of a tool', response({ input: [outputOf(remote)] })],
  ['an item that is stored', response({ input: [{ type: 'item_reference', id: 'msg_1' }] })],
  ['an image by address in a chat', chat({ messages: [imageMessage(remote)] })],
  ['an address in place of an image', chat({ messages: [{ role: 'user', content: [bare()] }] })],
  ['a stored file in a chat', chat({ messages: [fileMessage({ file_id: 'file-1' })] })],
  ['a file by address in a chat', chat({ messages: [fileMessage({ file_data: remote })] })],
  ['a file by address as its data', response(parts({ type: 'input_file', file_data: remote }))],
  ['a screenshot by address', response({ input: [screenshot({ image_url: remote })] })],
  ['a stored screenshot', response({ input: [screenshot({ file_id: 'file-1' })] })],
  ['a moderation of an address', post('/v1/moderations', { input: [imagePart(remote)] })],
  ['a tool of the vendor’s in a namespace', response({ tools: sorted('mcp') })],
  ['a tool of the vendor’s among found ones', response({ input: [found('web_search')] })],
  ['counting a server', post('/v1/responses/input_tokens', { model, tools: [{ type: 'mcp' }] })],
  ['web search in a chat', chat({ web_search_options: {} })],
]

const elsewhere: readonly AskedCase[] = [
  ...[
    '/v1/files',
    '/v1/uploads',
    '/v1/batches',
    '/v1/assistants',
    '/v1/threads',
    '/v1/vector_stores',
    '/v1/conversations',
    '/v1/responses/resp_1/cancel',
    '/v1/containers',
    '/v1/organization/admin_api_keys',
  ].map((path): AskedCase => [path, post(path, {})]),
  ['the realtime socket', { line: `GET ${api}/v1/realtime`, headers: sdk }],
]

describe('services.openai', () => {
  describe('lets through what SDKs and agents send', () => {
    each(guarded, 'allow', passing)
  })

  describe('refuses what has the vendor fetch, run or keep something', () => {
    each(guarded, 'body_not_allowed', unfit)
  })

  describe('refuses every other path', () => {
    each(guarded, 'refused', elsewhere)
  })

  describe('refuses other names', () => {
    each(guarded, 'foreign_credential', [
      ['another key', { ...chat({}), headers: { ...sdk, authorization: 'Bearer sk-attacker' } }],
    ])
  })

  it('has the vendor refuse other organizations', () => {
    const rules = services.openai({ credential: 'openai', organizations: ['org-a', 'org-b'] })
    for (const { tenant } of rules) {
      expect(tenant).to.deep.equal({ 'openai-allowed-organization-ids': 'org-a,org-b' })
    }
    const wrong = { credential: 'openai', organizations: ['acme'] }
    expect(() => services.openai(wrong)).to.throw(TypeError, 'organizations')
  })
})

function tools(): readonly object[] {
  return [{ type: 'function', function: { name: 'edit', parameters: { type: 'object' } } }]
}

function clientTools(): readonly object[] {
  const tool = { type: 'function', name: 'edit', parameters: { type: 'object' } }
  return [tool, { type: 'local_shell' }, { type: 'custom', name: 'x' }, { type: 'apply_patch' }]
}

function turns(): readonly object[] {
  return [
    { role: 'user', content: [{ type: 'input_text', text: 'Go' }] },
    { type: 'reasoning', id: 'rs_1', summary: [], encrypted_content: 'gAAA' },
    { type: 'message', role: 'assistant', content: [{ type: 'output_text', text: 'Yes' }] },
    { type: 'function_call', call_id: 'call_1', name: 'edit', arguments: '{}' },
    { type: 'function_call_output', call_id: 'call_1', output: 'done' },
    outputOf(undefined),
  ]
}

function outputOf(image_url: string | undefined): object {
  const one =
    image_url === undefined
      ? { type: 'input_text', text: 'done' }
      : { type: 'input_image', image_url }
  return { type: 'function_call_output', call_id: 'call_2', output: [one] }
}

function imagePart(url: string): object {
  return { type: 'image_url', image_url: { url } }
}

function imageMessage(url: string): object {
  return { role: 'user', content: [imagePart(url)] }
}

function bare(): object {
  return { type: 'image_url', image_url: remote }
}

function fileMessage(file: object): object {
  return { role: 'user', content: [{ type: 'file', file }] }
}

function screenshot(output: object): object {
  return {
    type: 'computer_call_output',
    call_id: 'call_3',
    output: { type: 'computer_screenshot', ...output },
  }
}

function sorted(type: string): readonly object[] {
  const tools = [{ type, name: 'edit' }]
  return [{ type: 'namespace', name: 'a', description: 'b', tools }, { type: 'tool_search' }]
}

function found(type: string): object {
  return { type: 'tool_search_output', tools: [{ type, name: 'edit' }] }
}
