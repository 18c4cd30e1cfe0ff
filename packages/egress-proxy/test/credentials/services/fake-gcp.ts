import { type FakeHandler, json, jsonBody } from './fake-service.ts'

/** Google's Service Account Credentials API, as far as `generateAccessToken` goes. */
export interface FakeGcp {
  readonly handle: FakeHandler
  readonly serviceAccount: string
  readonly callerToken: string
  readonly asked: readonly Readonly<Record<string, unknown>>[]
}

/** Written from the reference of `projects.serviceAccounts.generateAccessToken`. */
export function fakeGcp(options: { readonly now: () => number }): FakeGcp {
  const serviceAccount = 'sandbox@project-1.iam.gserviceaccount.com'
  const callerToken = 'ya29.caller'
  const asked: Record<string, unknown>[] = []
  const handle: FakeHandler = ({ method, path, ...request }) => {
    const name = /^\/v1\/projects\/-\/serviceAccounts\/([^/:]+):generateAccessToken$/.exec(path)
    if (method !== 'POST' || name === null) return json(404, { error: { status: 'NOT_FOUND' } })
    if (request.headers['authorization'] !== `Bearer ${callerToken}`) {
      return json(401, { error: { status: 'UNAUTHENTICATED' } })
    }
    if (name[1] !== serviceAccount) return json(403, { error: { status: 'PERMISSION_DENIED' } })
    const body = jsonBody({ method, path, ...request }) ?? {}
    const seconds = Number(/^(\d+)s$/.exec(String(body['lifetime']))?.[1])
    if (!(seconds > 0 && seconds <= 43_200) || !isAsked(body)) {
      return json(400, { error: { status: 'INVALID_ARGUMENT' } })
    }
    asked.push(body)
    // Google writes fractions of a second where there are some, up to nine digits.
    const expireTime = new Date(options.now() + seconds * 1000)
      .toISOString()
      .replace('Z', '456789Z')
    return json(200, { accessToken: `ya29.c.${asked.length}`, expireTime })
  }
  return { handle, serviceAccount, callerToken, asked }
}

function isAsked({ scope, delegates = [] }: Readonly<Record<string, unknown>>): boolean {
  const named = (delegate: unknown) =>
    /^projects\/-\/serviceAccounts\/[^/]+$/.test(String(delegate))
  return (
    Array.isArray(scope) &&
    scope.length > 0 &&
    Array.isArray(delegates) &&
    delegates.every((delegate) => named(delegate))
  )
}
