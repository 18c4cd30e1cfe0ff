import type { Credential } from '@caisson/core'
import { expect } from 'chai'
import { services } from '../../dist/services/services.js'
import { decisionOn, dummyOf } from './asking.js'

const credentials: Readonly<Record<string, Credential>> = {
  openai: {
    source: { env: 'OPENAI_API_KEY' },
    carrier: { header: 'authorization', scheme: 'Bearer' },
  },
}
const guarded = { allow: services.openai({ credential: 'openai' }), credentials }
/** As the library, version 6.49.0, was seen to send them. */
const headers = {
  accept: 'application/json',
  'accept-encoding': 'gzip, deflate',
  'accept-language': '*',
  authorization: `Bearer ${dummyOf('openai')}`,
  'openai-organization': 'org-a',
  'sec-fetch-mode': 'cors',
  'user-agent': 'OpenAI/JS 6.49.0',
  'x-stainless-arch': 'x64',
  'x-stainless-helper-method': 'stream',
  'x-stainless-lang': 'js',
  'x-stainless-os': 'Linux',
  'x-stainless-package-version': '6.49.0',
  'x-stainless-retry-count': '0',
  'x-stainless-runtime': 'node',
  'x-stainless-runtime-version': 'v20.20.2',
}

function post(path: string, json: object): boolean {
  const line = `POST https://api.openai.com${path}`
  return decisionOn(guarded, { line, headers, json })?.verdict === 'allow'
}

const response = (json: object): boolean => post('/v1/responses', { store: false, ...json })

/** Words of the library’s types, version 6.49.0: those that are allowed, and those that are refused. */
interface Vocabulary {
  readonly what: string
  readonly allowed: string
  readonly refused: string
  readonly allows: (word: string) => boolean
}

const vocabularies: readonly Vocabulary[] = [
  {
    what: 'key of a response',
    allowed:
      'context_management include input instructions max_output_tokens metadata model moderation parallel_tool_calls prompt_cache_key prompt_cache_options prompt_cache_retention reasoning safety_identifier service_tier stream stream_options temperature text tool_choice tools top_logprobs top_p truncation user',
    refused: 'background conversation previous_response_id prompt',
    allows: (key) => response({ [key]: null }),
  },
  {
    what: 'key of a count of tokens',
    allowed:
      'input instructions model parallel_tool_calls personality reasoning text tool_choice tools truncation',
    refused: 'conversation previous_response_id',
    allows: (key) => post('/v1/responses/input_tokens', { [key]: null }),
  },
  {
    what: 'key of a chat',
    allowed:
      'messages model audio frequency_penalty function_call functions logit_bias logprobs max_completion_tokens max_tokens metadata modalities moderation n parallel_tool_calls prediction presence_penalty prompt_cache_key prompt_cache_options prompt_cache_retention reasoning_effort response_format safety_identifier seed service_tier stop store stream stream_options temperature tool_choice tools top_logprobs top_p user verbosity',
    refused: 'web_search_options',
    allows: (key) => post('/v1/chat/completions', { [key]: null }),
  },
  {
    what: 'tool of a response',
    allowed:
      'apply_patch computer computer_use_preview custom function local_shell namespace tool_search',
    refused:
      'code_interpreter file_search image_generation mcp programmatic_tool_calling shell web_search web_search_2025_08_26 web_search_preview web_search_preview_2025_03_11',
    allows: (type) => response({ tools: [{ type }] }),
  },
  {
    what: 'tool of an item',
    allowed: 'custom function namespace',
    refused: 'code_interpreter file_search image_generation mcp shell web_search',
    allows: (type) => response({ input: [{ type: 'additional_tools', tools: [{ type }] }] }),
  },
  {
    what: 'tool of a chat',
    allowed: 'custom function',
    refused: 'mcp web_search',
    allows: (type) => post('/v1/chat/completions', { tools: [{ type }] }),
  },
  {
    what: 'item',
    allowed:
      'additional_tools apply_patch_call apply_patch_call_output compaction compaction_trigger computer_call computer_call_output custom_tool_call custom_tool_call_output function_call function_call_output local_shell_call local_shell_call_output message reasoning tool_search_call tool_search_output',
    refused:
      'code_interpreter_call file_search_call image_generation_call item_reference mcp_approval_request mcp_approval_response mcp_call mcp_list_tools program program_output shell_call shell_call_output web_search_call',
    allows: (type) => response({ input: [{ type }] }),
  },
  {
    what: 'part of a chat',
    allowed: 'file image_url input_audio refusal text',
    refused: 'image input_image url',
    allows: (type) => post('/v1/chat/completions', { messages: [{ content: [{ type }] }] }),
  },
  {
    what: 'path',
    allowed: 'chat/completions embeddings moderations responses/input_tokens',
    refused:
      'assistants audio/speech audio/transcriptions audio/translations batches chat/completions/x chatkit/sessions completions containers conversations evals files fine_tuning/jobs images/edits images/generations images/variations models/x organization/admin_api_keys organization/projects projects/x/roles realtime/calls realtime/client_secrets realtime/sessions realtime/transcription_sessions responses responses/compact responses/x/cancel skills threads threads/runs uploads vector_stores videos',
    allows: (path) => post(`/v1/${path}`, {}),
  },
]

describe('services.openai, held against the words of the vendor’s library', () => {
  for (const { what, allowed, refused, allows } of vocabularies) {
    it(`allows each ${what} that is harmless, and refuses each other`, () => {
      const [good, bad] = [allowed.split(' '), refused.split(' ')]
      expect(
        good.filter((word) => !allows(word)),
        'not allowed',
      ).to.deep.equal([])
      expect(bad.filter(allows), 'not refused').to.deep.equal([])
    })
  }

  it('drops what names another organization or project', () => {
    const line = 'GET https://api.openai.com/v1/models'
    const sent = decisionOn(guarded, { line, headers })?.needs.headers
    for (const name of ['openai-organization', 'openai-project', 'x-stainless-os'])
      expect(sent?.has(name)).to.equal(false)
  })
})
