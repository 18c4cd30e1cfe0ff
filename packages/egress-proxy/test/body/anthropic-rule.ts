import type { BodyRule, JsonCondition } from '@caisson/core'

const block = '/messages/*/content/*'
const inResult = `${block}/content/*`
const all = [
  'text',
  'image',
  'document',
  'tool_use',
  'tool_result',
  'thinking',
  'redacted_thinking',
]

/** Blocks of one level, and those in a document there: no level holds blocks that nobody judges. */
function blocksAt(at: string, types: readonly string[]): readonly JsonCondition[] {
  const inDocument = `${at}/source/content/*`
  return [
    { at: `${at}/type`, oneOf: types },
    { at: `${at}/file_id`, absent: true },
    { at: `${at}/source`, keys: ['type', 'media_type', 'data', 'content'] },
    { at: `${at}/source/type`, oneOf: ['base64', 'text', 'content'] },
    { at: `${inDocument}/type`, oneOf: ['text', 'image'] },
    { at: `${inDocument}/source`, keys: ['type', 'media_type', 'data'] },
    { at: `${inDocument}/source/type`, oneOf: ['base64'] },
  ]
}

const contents = [...blocksAt(block, all), ...blocksAt(inResult, ['text', 'image', 'document'])]

/** Requests for messages with tools of the client's own, and nothing that the service would fetch or keep. */
export const anthropicMessages: BodyRule = {
  json: {
    keys: [
      'model',
      'messages',
      'max_tokens',
      'system',
      'stream',
      'temperature',
      'top_k',
      'top_p',
      'stop_sequences',
      'tools',
      'tool_choice',
      'thinking',
      'metadata',
      'service_tier',
      'output_config',
      'output_format',
      'context_management',
      'cache_control',
    ],
    where: [
      ...contents,
      { at: '/system/*/type', oneOf: ['text'] },
      {
        at: '/tools/*/type',
        oneOf: [
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
        ],
      },
    ],
  },
}
