/**
 * Values of `anthropic-beta` that change how the model answers and what it is told, and let the service
 * neither fetch, run nor keep anything: nothing of files, skills, MCP, containers, web searching and
 * fetching, held conversations, memories, agents or the administration of an organization.
 *
 * Read from `AnthropicBeta` in the vendor's TypeScript library, version 1.12.0 (2026-11);
 * `test/services/anthropic-library.test.ts` names those that are refused.
 */
const fromTypes: readonly string[] = [
  'cache-diagnosis-2026-04-07',
  'compact-2026-01-12',
  'compact-2026-09-04',
  'computer-use-2024-10-22',
  'computer-use-2025-01-24',
  'computer-use-2025-11-24',
  'context-1m-2025-08-07',
  'context-management-2025-06-27',
  'dev-full-thinking-2025-05-14',
  'extended-cache-ttl-2025-04-11',
  'fallback-credit-2026-06-01',
  'fallback-credit-2026-07-01',
  'fast-mode-2026-02-01',
  'interleaved-thinking-2025-05-14',
  'mid-conversation-output-config-2026-07-01',
  'mid-conversation-system-clear-at-2026-08-21',
  'mid-conversation-tool-changes-2026-07-01',
  'model-context-window-exceeded-2025-08-26',
  'output-128k-2025-02-19',
  'output-300k-2026-03-24',
  'pdfs-2024-09-25',
  'prompt-caching-2024-07-31',
  'server-side-fallback-2026-06-01',
  'server-side-fallback-2026-07-01',
  'structured-outputs-2025-11-13',
  'task-budgets-2026-03-13',
  'thinking-binding-controls-2026-08-01',
  'thinking-display-updates-2026-08-18',
  'thinking-token-count-2026-05-13',
  'token-counting-2024-11-01',
  'token-efficient-tools-2025-02-19',
]

/**
 * Those that no type of that library names. The first line is what its own code adds for a token that
 * somebody signed in for; the next are what the vendor's coding agent, version 2.1.330, was seen to send at
 * its start; the rest stand in that program (2026-11), and are here for what their names say: caching,
 * thinking, and the form of prompts and answers.
 */
const fromPrograms: readonly string[] = [
  'oauth-2025-04-20',
  'advanced-tool-use-2025-11-20',
  'claude-code-20250219',
  'effort-2025-11-24',
  'per-turn-control-2026-07-01',
  'cache-keepalive-2026-09-03',
  'context-hint-2026-04-09',
  'fine-grained-tool-streaming-2025-05-14',
  'max-tokens-3-5-sonnet-2024-07-15',
  'mid-conversation-system-2026-04-07',
  'prompt-caching-evict-2026-05-12',
  'prompt-caching-scope-2026-01-05',
  'redact-thinking-2026-02-12',
  'structured-outputs-2025-12-15',
  'thinking-resumption-2026-07-17',
  'tool-search-tool-2025-10-19',
]

export const harmlessBetas: readonly string[] = [...fromTypes, ...fromPrograms]
