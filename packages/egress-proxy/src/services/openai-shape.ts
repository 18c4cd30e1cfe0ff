import type { BodyRule, JsonCondition } from '@caisson/core'
import { imagesOf, responsesWhere } from './openai-responses.ts'

// Every list here was read from the types of the vendor's own TypeScript library, version 6.49.0 (2026-11);
// `test/services/openai-library.test.ts` has its words, allowed and refused.

/** Without `web_search_options`, and without all that is not known here. */
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
  'moderation',
  'n',
  'parallel_tool_calls',
  'prediction',
  'presence_penalty',
  'prompt_cache_key',
  'prompt_cache_options',
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

/** Of responses, and of counting their tokens. */
const sharedKeys: readonly string[] = [
  'input',
  'instructions',
  'model',
  'parallel_tool_calls',
  'reasoning',
  'text',
  'tool_choice',
  'tools',
  'truncation',
]

/**
 * Without `background`, `conversation`, `previous_response_id` and `prompt`, which need something that is
 * stored at the vendor.
 */
const responsesKeys: readonly string[] = [
  ...sharedKeys,
  'context_management',
  'include',
  'max_output_tokens',
  'max_tool_calls',
  'metadata',
  'moderation',
  'prompt_cache_key',
  'prompt_cache_options',
  'prompt_cache_retention',
  'safety_identifier',
  'service_tier',
  'store',
  'stream',
  'stream_options',
  'temperature',
  'top_logprobs',
  'top_p',
  'user',
]

const embeddingKeys: readonly string[] = ['dimensions', 'encoding_format', 'input', 'model', 'user']
const chatParts: readonly string[] = ['file', 'image_url', 'input_audio', 'refusal', 'text']

/** Chats are not stored unless they say so; `store` may be missing there. */
const chatWhere: readonly JsonCondition[] = [
  { at: '/store', oneOf: [false, null] },
  { at: '/tools/*/type', oneOf: ['custom', 'function'] },
  { at: '/messages/*/content/*/type', oneOf: chatParts },
  ...imagesOf('/messages/*/content/*'),
  { at: '/messages/*/content/*/file', keys: ['file_data', 'filename'] },
  { at: '/messages/*/content/*/file/file_data', dataUrl: true },
]
const moderationWhere: readonly JsonCondition[] = [
  { at: '/input/*/type', oneOf: ['image_url', 'text'] },
  ...imagesOf('/input/*'),
]
/** Responses are stored for thirty days unless they say `store: false`, which therefore has to be there. */
const unstored: JsonCondition = { at: '/store', oneOf: [false], required: true }

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
    ['/v1/responses', bodyRule(responsesKeys, [...responsesWhere, unstored], models)],
    [
      '/v1/responses/input_tokens',
      bodyRule([...sharedKeys, 'personality'], responsesWhere, models),
    ],
    ['/v1/embeddings', bodyRule(embeddingKeys, [], models)],
    ['/v1/moderations', bodyRule(['input', 'model'], moderationWhere, models)],
  ]
}
