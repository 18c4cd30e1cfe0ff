import { type FakeHandler, type FakeRequest, formBody, json } from './fake-service.ts'

/** An OAuth 2.0 server with one client. */
export interface FakeOAuth2 {
  readonly handle: FakeHandler
  readonly clientId: string
  readonly clientSecret: string
  /** Forms that it gave a token for. */
  readonly asked: readonly Readonly<Record<string, string>>[]
  readonly live: ReadonlySet<string>
}

export interface FakeOAuth2Options {
  readonly clientAuth: 'basic' | 'form' | 'none'
  readonly subjectToken?: string
  /** Default 3600; `null`: it does not say. */
  readonly expiresIn?: number | null
}

const exchange = 'urn:ietf:params:oauth:grant-type:token-exchange'

/** Written from RFC 6749 (2.3.1, 3.2, 4.4, 5), RFC 7009 and RFC 8693: `/token` and `/revoke`. */
export function fakeOAuth2(options: FakeOAuth2Options): FakeOAuth2 {
  // Characters that Basic and the form of RFC 6749 write differently.
  const client = { id: 'a client:1', secret: 'pä%ss+w&rd=/?' }
  const asked: Record<string, string>[] = []
  const live = new Set<string>()
  const handle: FakeHandler = (request) => {
    const form = formBody(request)
    if (request.method !== 'POST' || form === null) return json(400, { error: 'invalid_request' })
    if (!isClient(request, form, { client, how: options.clientAuth })) {
      return json(401, { error: 'invalid_client' })
    }
    if (request.path === '/revoke') {
      live.delete(form['token'] ?? '')
      return { status: 200, body: '' }
    }
    if (request.path !== '/token') return json(404, {})
    const error = grantFault(form, options.subjectToken)
    if (error !== null) return json(400, { error, error_description: 'told to nobody' })
    asked.push(form)
    const token = `at-${asked.length}.0123456789~+/==`
    live.add(token)
    const { expiresIn = 3600 } = options
    return json(200, {
      access_token: token,
      token_type: 'BEARER',
      ...(expiresIn !== null && { expires_in: expiresIn }),
      ...(form['grant_type'] === exchange && {
        issued_token_type:
          form['requested_token_type'] ?? 'urn:ietf:params:oauth:token-type:access_token',
      }),
    })
  }
  return { handle, clientId: client.id, clientSecret: client.secret, asked, live }
}

/** One way alone, as 2.3 demands: a client that proves itself in two is refused. */
function isClient(
  { headers }: FakeRequest,
  form: Record<string, string>,
  { client, how }: { readonly client: { id: string; secret: string }; readonly how: string },
): boolean {
  const authorization = headers['authorization']
  if (how === 'basic') {
    return !('client_id' in form) && !('client_secret' in form) && isBasic(authorization, client)
  }
  if (authorization !== undefined || form['client_id'] !== client.id) return false
  return form['client_secret'] === (how === 'form' ? client.secret : undefined)
}

function isBasic(
  authorization: string | undefined,
  client: { readonly id: string; readonly secret: string },
): boolean {
  const basic = /^Basic ([A-Za-z0-9+/=]+)$/.exec(authorization ?? '')?.[1] ?? ''
  const parts = Buffer.from(basic, 'base64').toString().split(':')
  const [id, secret] = parts.map(unformed)
  return parts.length === 2 && id === client.id && secret === client.secret
}

function unformed(text: string): string {
  return decodeURIComponent(text.replaceAll('+', ' '))
}

function grantFault(form: Record<string, string>, subjectToken: string | undefined): string | null {
  if (form['scope'] === 'everything') return 'invalid_scope'
  if (form['grant_type'] === 'client_credentials') {
    return subjectToken === undefined ? null : 'unauthorized_client'
  }
  if (form['grant_type'] !== exchange) return 'unsupported_grant_type'
  const type = form['subject_token_type'] ?? ''
  const known = type.startsWith('urn:ietf:params:oauth:token-type:')
  return known && form['subject_token'] === subjectToken ? null : 'invalid_request'
}
