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
 * method, or, which counts where paths are judged, the path; its query may replace the method, or hold
 * headers. Says nothing of what a body may hold.
 */
export function secondMeaning(request: Written, judgesPaths: boolean): string | null {
  return inHeaders(request, judgesPaths) ?? inQuery(request)
}

/** What of a request says what it is for. */
interface Written {
  readonly method: string
  readonly headers: readonly Field[]
  readonly query: readonly (readonly [key: string, value: string])[]
}

function inHeaders({ method, headers }: Written, judgesPaths: boolean): string | null {
  for (const [written, value] of headers) {
    if (written[0] !== 'x' || (written[1] !== '-' && written[1] !== '_')) continue
    // Many servers know no difference between the two.
    const name = written.includes('_') ? written.replaceAll('_', '-') : written
    if (methodFields.has(name) && value.trim().toUpperCase() !== method)
      return 'a header asks for another method than the request line'
    if (judgesPaths && pathFields.has(name)) return 'a header asks for a path of its own'
  }
  return null
}

/** Keys of a query by which some servers take a request for one of another method, or with other headers. */
const methodKeys: ReadonlySet<string> = new Set([
  '_method',
  '$httpmethod',
  'x-http-method',
  'x-http-method-override',
])

function inQuery({ method, query }: Written): string | null {
  for (const [key, value] of query) {
    const name = key.toLowerCase()
    if (methodKeys.has(name) && value.trim().toUpperCase() !== method)
      return 'its query asks for another method than the request line'
    if (name === '$httpheaders') return 'its query holds headers, which are judged only as headers'
  }
  return null
}
