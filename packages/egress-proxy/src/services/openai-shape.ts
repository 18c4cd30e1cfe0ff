import type { BodyRule, JsonCondition } from '@caisson/core'

const chatKeys: readonly string[] = [
  'audio',
  'frequency_penalty',
  'function_call',
  'functions',
  'logit_bias',
  'logprobs',
  'max_completion_tokens',
  'max_tokens',
  'messages',
  'metadata',
  'modalities',
  'model',
  'n',
  'parallel_tool_calls',
  'prediction',
  'presence_penalty',
  'prompt_cache_key',
  'prompt_cache_retention',
  'reasoning_effort',
  'response_format',
  'safety_identifier',
  'seed',
  'service_tier',
  'stop',
  'store',
  'stream',
  'stream_options',
  'temperature',
  'tool_choice',
  'tools',
  'top_logprobs',
  'top_p',
  'user',
  'verbosity',
]

/**
 * Without `background`, `conversation`, `previous_response_id` and `prompt`, which need something that is
 * stored at the vendor.
 */
const responsesKeys: readonly string[] = [
  'include',
  'input',
  'instructions',
  'max_output_tokens',
  'max_tool_calls',
  'metadata',
  'model',
  'parallel_tool_calls',
  'prompt_cache_key',
  'prompt_cache_retention',
  'reasoning',
  'safety_identifier',
  'service_tier',
  'store',
  'stream',
  'stream_options',
  'temperature',
  'text',
  'tool_choice',
  'tools',
  'top_logprobs',
  'top_p',
  'truncation',
  'user',
]

const embeddingKeys: readonly string[] = ['dimensions', 'encoding_format', 'input', 'model', 'user']

/** Neither `image_url`, which the vendor fetches, nor `file`, which may be the id of a stored one. */
const chatParts: readonly string[] = ['input_audio', 'refusal', 'text']

/** What the client made or carries out. `item_reference` and results of the vendor's tools are not here. */
const inputItems: readonly string[] = [
  'apply_patch_call',
  'apply_patch_call_output',
  'compaction',
  'custom_tool_call',
  'custom_tool_call_output',
  'function_call',
  'function_call_output',
  'local_shell_call',
  'local_shell_call_output',
  'message',
  'reasoning',
]
const inputParts: readonly string[] = ['input_text', 'output_text', 'reasoning_text', 'refusal']
const toolOutputs: readonly string[] = ['input_text']

/**
 * Tools that the client carries out. The others (`web_search`, `file_search`, `code_interpreter`, `mcp`,
 * `image_generation`, hosted `shell`) run at the vendor.
 */
const clientTools: readonly string[] = ['apply_patch', 'custom', 'function', 'local_shell']

/** Chats are not stored unless they say so; `store` may be missing there. */
const chatWhere: readonly JsonCondition[] = [
  { at: '/store', oneOf: [false, null] },
  { at: '/tools/*/type', oneOf: ['custom', 'function'] },
  { at: '/messages/*/content/*/type', oneOf: chatParts },
  { at: '/messages/*/content/*/image_url', absent: true },
  { at: '/messages/*/content/*/file', absent: true },
]

/** Responses are stored for thirty days unless they say `store: false`, which therefore has to be there. */
const responsesWhere: readonly JsonCondition[] = [
  { at: '/store', oneOf: [false], required: true },
  { at: '/tools/*/type', oneOf: clientTools },
  { at: '/input/*/type', oneOf: inputItems },
  { at: '/input/*/content/*/type', oneOf: inputParts },
  { at: '/input/*/output/*/type', oneOf: toolOutputs },
  { at: '/tools/*/server_url', absent: true },
  ...['content', 'output'].flatMap((list) =>
    ['file_id', 'file_url', 'image_url'].map((key): JsonCondition => ({
      at: `/input/*/${list}/*/${key}`,
      absent: true,
    })),
  ),
]

function bodyRule(
  keys: readonly string[],
  where: readonly JsonCondition[],
  models: readonly string[] | undefined,
): BodyRule {
  const named: readonly JsonCondition[] =
    models === undefined ? [] : [{ at: '/model', oneOf: models, required: true }]
  return { json: { keys, where: [...where, ...named] } }
}

/** The bodies of the paths that may be written to. */
export function openaiBodies(
  models: readonly string[] | undefined,
): readonly (readonly [path: string, body: BodyRule])[] {
  return [
    ['/v1/chat/completions', bodyRule(chatKeys, chatWhere, models)],
    ['/v1/responses', bodyRule(responsesKeys, responsesWhere, models)],
    ['/v1/embeddings', bodyRule(embeddingKeys, [], models)],
  ]
}
