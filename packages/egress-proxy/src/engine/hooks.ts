import type { HttpRequest } from '../decide/request.ts'
import type { Refusal } from '../refusal.ts'

/** What a hook sees of a request: canonical, and nothing that the proxy adds. */
export interface RequestView {
  readonly host: string
  readonly port: number
  readonly method: string
  readonly path: string
  readonly query: readonly (readonly [key: string, value: string])[]
  readonly headers: readonly (readonly [name: string, value: string])[]
}

/** What a hook sees of an answer. */
export interface ResponseView {
  readonly status: number
  readonly headers: readonly (readonly [name: string, value: string])[]
}

/** What a hook may say: nothing lets the request go on; a sentence refuses it, and the client reads it. */
export type HookAnswer = { readonly deny: string } | undefined

/** Functions of the host application beside the rules. They can only narrow what the rules allow. */
export interface EgressHooks {
  /** Called for each allowed request before anything is sent. Throwing, or taking too long, refuses. */
  onRequest?(request: RequestView): HookAnswer | Promise<HookAnswer>
  /** Called for each answer before any of it is passed on. Throwing, or taking too long, refuses. */
  onResponse?(request: RequestView, response: ResponseView): HookAnswer | Promise<HookAnswer>
}

const late = Symbol('late')

/** The refusal that a hook wants, or `null` when the request may go on. */
export async function askHook(
  call: () => HookAnswer | Promise<HookAnswer>,
  deadlineMs: number,
): Promise<Refusal | null> {
  let timer: NodeJS.Timeout | undefined
  const overdue = new Promise<typeof late>((resolve) => {
    timer = setTimeout(() => resolve(late), deadlineMs)
  })
  try {
    const answer = await Promise.race([call(), overdue])
    if (answer === undefined) return null
    if (answer === late) return failed('took too long')
    return typeof answer === 'object' && answer !== null && typeof answer.deny === 'string'
      ? denied(answer.deny)
      : failed('answered something that it may not')
  } catch {
    // What it threw is the host application's, and may hold anything: nothing of it goes inside.
    return failed('failed')
  } finally {
    clearTimeout(timer)
  }
}

function denied(reason: string): Refusal {
  const remedy = 'do without, or ask the owner of the sandbox'
  return { code: 'hook_denied', rule: null, reason: reason.slice(0, 1024), remedy }
}

function failed(what: string): Refusal {
  const reason = `the host application's check of this request ${what}`
  return { code: 'hook_failed', rule: null, reason, remedy: 'try once more, then do without' }
}

/** A request as hooks see it: a copy, so that what is judged stays what is sent. */
export function requestView(request: HttpRequest): RequestView {
  const { host, port, method, path, query, headers } = request
  return { host, port, method, path, query: copied(query), headers: copied(headers) }
}

/** An answer as hooks see it: a copy as well. */
export function responseView({ status, headers }: ResponseView): ResponseView {
  return { status, headers: copied(headers) }
}

type Pairs = readonly (readonly [string, string])[]

function copied(pairs: Pairs): Pairs {
  return pairs.map(([name, value]) => [name, value] as const)
}
