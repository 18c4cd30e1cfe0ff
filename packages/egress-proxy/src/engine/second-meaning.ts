import type { Field } from '../http-message.ts'

/** Fields by which some servers take a request for one of another method. */
const methodFields: ReadonlySet<string> = new Set([
  'x-http-method',
  'x-http-method-override',
  'x-method-override',
])

/** Fields by which some servers take a request for one of another path. */
const pathFields: ReadonlySet<string> = new Set(['x-original-url', 'x-rewrite-url'])

/**
 * Why a request could mean another than the one that is judged, or `null`: its header may replace the
 * method, or, which counts where paths are judged, the path. Says nothing of what a body may hold.
 */
export function secondMeaning(
  { method, headers }: { readonly method: string; readonly headers: readonly Field[] },
  judgesPaths: boolean,
): string | null {
  for (const [name, value] of headers) {
    if (!name.startsWith('x-')) continue
    if (methodFields.has(name) && value.trim().toUpperCase() !== method)
      return 'a header asks for another method than the request line'
    if (judgesPaths && pathFields.has(name)) return 'a header asks for a path of its own'
  }
  return null
}
