import type { BodyRule, JsonCondition } from '@caisson/core'

// Every list here was read from the types of the vendor's own TypeScript library, version 1.12.0 (2026-11),
// stable and beta; `test/services/anthropic-library.test.ts` holds them against the installed one.

/**
 * Tools that the client carries out: its own, which have no `type` or `custom`, and those whose schema the
 * vendor defines (`ClientToolUnion`). The others run at the vendor: `web_search_…`, `web_fetch_…`,
 * `code_execution_…` and `mcp_toolset` reach what they please, `advisor_…` asks another model, and the
 * results of `tool_search_tool_…` come back as blocks of a kind that has the vendor go on with its tools.
 */
const clientTools: readonly string[] = [
  'custom',
  'bash_20241022',
  'bash_20250124',
  'browser_toolset_20260801',
  'computer_20241022',
  'computer_20250124',
  'computer_20251124',
  'computer_toolset_20260801',
  'memory_20250818',
  'text_editor_20241022',
  'text_editor_20250124',
  'text_editor_20250429',
  'text_editor_20250728',
]

/**
 * Keys of both bodies. Refused are `container` and `mcp_servers`, `thread`, which has the vendor hold the
 * conversation, `billing_policy`, which names another organization, and all that is not known here.
 */
const sharedKeys: readonly string[] = [
  'cache_control',
  'compaction',
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
  'diagnostics',
  'fallback_credit_token',
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

/** Models that are tried when the first declines: only where any will do, as `"default"` names none. */
const fallbackKeys: readonly string[] = [
  'max_tokens',
  'model',
  'output_config',
  'speed',
  'thinking',
]

/** What a turn is made of, without calls and results of the vendor's tools and `container_upload`. */
const turnBlocks: readonly string[] = [
  'compaction',
  'document',
  'fallback',
  'image',
  'redacted_thinking',
  'search_result',
  'text',
  'thinking',
  'tool_addition',
  'tool_removal',
  'tool_result',
  'tool_use',
]
const resultBlocks: readonly string[] = [
  'browser_state',
  'document',
  'image',
  'search_result',
  'text',
  'tool_reference',
]
const documentBlocks: readonly string[] = ['image', 'text']
const textBlocks: readonly string[] = ['text']
const toolChanges: readonly string[] = ['tool_addition', 'tool_removal']
/** Names a tool of `tools`, which is judged there. A `tool_definition` would be one more, of any kind. */
const changedTools: readonly string[] = ['tool_reference']
/** What a document or image may come from: neither `url`, which the vendor fetches, nor `file`. */
const sources: readonly string[] = ['base64', 'text', 'content']

/** Of a block, of one in a tool's result, and of one in a document that is made of blocks. */
const sourcePlaces: readonly string[] = [
  '/messages/*/content/*/source',
  '/messages/*/content/*/content/*/source',
  '/messages/*/content/*/source/content/*/source',
  '/messages/*/content/*/content/*/source/content/*/source',
]
/** Of a block that changes tools in the middle of a conversation, and of what one sums up. */
const toolPlaces: readonly string[] = [
  '/messages/*/content/*/tool',
  '/messages/*/content/*/tool_changes/*/tool',
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
  { at: '/messages/*/content/*/tool_changes/*/type', oneOf: toolChanges },
  ...toolPlaces.flatMap((place): readonly JsonCondition[] => [
    { at: `${place}/type`, oneOf: changedTools },
    { at: `${place}/definition`, absent: true },
  ]),
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
  if (models !== undefined) return bodyRule(messagesKeys, models)
  const fallbacks = { at: '/fallbacks/*', keys: fallbackKeys }
  return { json: { keys: [...messagesKeys, 'fallbacks'], where: [...where, fallbacks] } }
}

/** The body of `POST /v1/messages/count_tokens`. */
export function countBody(models: readonly string[] | undefined): BodyRule {
  return bodyRule(sharedKeys, models)
}
