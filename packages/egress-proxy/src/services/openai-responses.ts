import type { JsonCondition } from '@caisson/core'

/**
 * Tools that the client carries out, and two that only sort them: `namespace` holds functions, and
 * `tool_search` looks for a function among those of the request. The others run at the vendor: `web_search`,
 * `file_search`, `code_interpreter`, `mcp`, `image_generation`, `programmatic_tool_calling`, and `shell`,
 * which does unless it names an environment of the client's. `local_shell` never does.
 */
const clientTools: readonly string[] = [
  'apply_patch',
  'computer',
  'computer_use_preview',
  'custom',
  'function',
  'local_shell',
  'namespace',
  'tool_search',
]
const namespaceTools: readonly string[] = ['custom', 'function']

/**
 * What the client made or carries out. `item_reference` and what the vendor's tools did are not here. The
 * vendor takes an item with nothing but an `id` for a reference too, which no condition can tell from a
 * message without a type: it reads what one's own organization has stored, for whoever knows the id.
 */
const inputItems: readonly string[] = [
  'additional_tools',
  'apply_patch_call',
  'apply_patch_call_output',
  'compaction',
  'compaction_trigger',
  'computer_call',
  'computer_call_output',
  'custom_tool_call',
  'custom_tool_call_output',
  'function_call',
  'function_call_output',
  'local_shell_call',
  'local_shell_call_output',
  'message',
  'reasoning',
  'tool_search_call',
  'tool_search_output',
]
const inputParts: readonly string[] = [
  'input_file',
  'input_image',
  'input_text',
  'output_text',
  'reasoning_text',
  'refusal',
]
const toolOutputs: readonly string[] = ['input_file', 'input_image', 'input_text']

/** Where files and images stand: in a message, in a list that a tool gave, and as a screenshot. */
const mediaPlaces: readonly string[] = [
  '/input/*/content/*',
  '/input/*/output/*',
  '/input/*/output',
]
/** Where tools stand: of the request, and of items that bring more of them. */
const toolPlaces: readonly string[] = ['/tools/*', '/input/*/tools/*']

/** An image of chats and moderations, as bytes: the vendor fetches any other address. */
export function imagesOf(place: string): readonly JsonCondition[] {
  return [
    { at: `${place}/image_url`, keys: ['detail', 'url'] },
    { at: `${place}/image_url/url`, dataUrl: true },
  ]
}

/** Of `input` and `tools`, wherever they are sent. */
export const responsesWhere: readonly JsonCondition[] = [
  { at: '/input/*/type', oneOf: inputItems },
  { at: '/input/*/content/*/type', oneOf: inputParts },
  { at: '/input/*/output/*/type', oneOf: toolOutputs },
  { at: '/input/*/output/type', oneOf: ['computer_screenshot'] },
  ...mediaPlaces.flatMap((place): readonly JsonCondition[] => [
    { at: `${place}/file_id`, oneOf: [null] },
    { at: `${place}/file_url`, oneOf: [null] },
    { at: `${place}/file_data`, dataUrl: true },
    { at: `${place}/image_url`, dataUrl: true },
  ]),
  ...toolPlaces.flatMap((place): readonly JsonCondition[] => [
    { at: `${place}/type`, oneOf: clientTools },
    { at: `${place}/tools/*/type`, oneOf: namespaceTools },
    { at: `${place}/server_url`, absent: true },
  ]),
]
