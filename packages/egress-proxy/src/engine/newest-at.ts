import type { Redactor } from '../redact/redactor.ts'
import type { Engine } from './engine.ts'

/**
 * What makes secrets unreadable in an answer that lasts: a log that is followed can show a secret that was
 * sent to its host long after it began.
 */
export function newestAt(
  { screens, policy }: Pick<Engine, 'screens' | 'policy'>,
  { host, first }: { readonly host: string; readonly first: Redactor },
): () => Redactor {
  return () => screens.answersAt(policy(), host) ?? first
}
