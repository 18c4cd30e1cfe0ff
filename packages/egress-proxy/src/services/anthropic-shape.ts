import type { BodyRule, JsonCondition } from '@caisson/core'

/**
 * Tools that the client carries out (Anthropic, "Tool use", "Client tools"): its own, which have no `type`
 * or `custom`, and those whose schema the vendor defines. The others (`web_search_…`, `web_fetch_…`,
 * `code_execution_…`, `mcp_toolset`, …) run at the vendor and reach what they please.
 */
const clientTools: readonly string[] = [
  'custom',
  'bash_20241022',
  'bash_20250124',
  'text_editor_20241022',
  'text_editor_20250124',
  'text_editor_20250429',
  'text_editor_20250728',
  'computer_20241022',
  'computer_20250124',
  'computer_20251124',
  'memory_20250818',
]

/** Keys of both bodies. `container`, `mcp_servers` and all that is not known here are refused. */
const sharedKeys: readonly string[] = [
  'cache_control',
  'context_management',
  'messages',
  'model',
  'output_config',
  'output_format',
  'speed',
  'system',
  'thinking',
  'tool_choice',
  'tools',
]

const messagesKeys: readonly string[] = [
  ...sharedKeys,
  'inference_geo',
  'max_tokens',
  'metadata',
  'service_tier',
  'stop_sequences',
  'stream',
  'temperature',
  'top_k',
  'top_p',
]

/** What a turn is made of, without results of the vendor's tools and without `container_upload`. */
const turnBlocks: readonly string[] = [
  'compaction',
  'document',
  'image',
  'redacted_thinking',
  'search_result',
  'text',
  'thinking',
  'tool_result',
  'tool_use',
]
const resultBlocks: readonly string[] = [
  'document',
  'image',
  'search_result',
  'text',
  'tool_reference',
]
const documentBlocks: readonly string[] = ['image', 'text']
const textBlocks: readonly string[] = ['text']
/** What a document or image may come from: neither `url`, which the vendor fetches, nor `file`. */
const sources: readonly string[] = ['base64', 'text', 'content']

/** Of a block, of one in a tool's result, and of one in a document that is made of blocks. */
const sourcePlaces: readonly string[] = [
  '/messages/*/content/*/source',
  '/messages/*/content/*/content/*/source',
  '/messages/*/content/*/source/content/*/source',
  '/messages/*/content/*/content/*/source/content/*/source',
]

/**
 * Every level at which blocks can stand has the list of its kinds, so that there is no deeper one than is
 * judged here. What a model passed to a tool (`tool_use`, `input`) is data, and may be anything.
 */
const where: readonly JsonCondition[] = [
  { at: '/tools/*/type', oneOf: clientTools },
  { at: '/system/*/type', oneOf: textBlocks },
  { at: '/messages/*/content/*/type', oneOf: turnBlocks },
  { at: '/messages/*/content/*/content/*/type', oneOf: resultBlocks },
  { at: '/messages/*/content/*/content/*/content/*/type', oneOf: textBlocks },
  { at: '/messages/*/content/*/source/content/*/type', oneOf: documentBlocks },
  { at: '/messages/*/content/*/content/*/source/content/*/type', oneOf: documentBlocks },
  ...sourcePlaces.flatMap((place): readonly JsonCondition[] => [
    { at: `${place}/type`, oneOf: sources },
    { at: `${place}/url`, absent: true },
    { at: `${place}/file_id`, absent: true },
  ]),
]

function bodyRule(keys: readonly string[], models: readonly string[] | undefined): BodyRule {
  const named: readonly JsonCondition[] =
    models === undefined ? [] : [{ at: '/model', oneOf: models, required: true }]
  return { json: { keys, where: [...where, ...named] } }
}

/** The body of `POST /v1/messages`. */
export function messagesBody(models: readonly string[] | undefined): BodyRule {
  return bodyRule(messagesKeys, models)
}

/** The body of `POST /v1/messages/count_tokens`. */
export function countBody(models: readonly string[] | undefined): BodyRule {
  return bodyRule(sharedKeys, models)
}
