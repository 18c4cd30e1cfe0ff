import { generateKeyPairSync, type KeyObject, randomBytes, verify } from 'node:crypto'
import type { Answer, SeenRequest, Site } from '../packages/origin.ts'

/** An app that is installed in one account. */
export interface GithubSite {
  /** The API, as far as an app and a client of issues need it. */
  readonly api: Site
  /** Git over HTTPS, for whoever shows a token as a password. */
  readonly withToken: (site: Site) => Site
  readonly appId: string
  readonly installationId: number
  /** PEM. */
  readonly privateKey: string
  /** What was handed out to the app, in order. */
  readonly tokens: readonly string[]
}

const appId = '4711'
const installationId = 42

/** As GitHub does ("Generating an installation access token for a GitHub App"), for one app. */
export function githubSite(): GithubSite {
  const keys = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const tokens: string[] = []
  const grant = (request: SeenRequest): Answer => {
    if (!isOfApp(bearerOf(request), keys.publicKey)) return json({ message: 'no such app' }, 401)
    const token = `ghs_${randomBytes(18).toString('hex')}`
    tokens.push(token)
    return json({ token, ...granted(request) }, 201)
  }
  const api: Site = (request) => {
    const { method, target } = request
    if (target === `/app/installations/${installationId}/access_tokens`) return grant(request)
    if (target === '/installation/token' && method === 'DELETE') return { status: 204, body: '' }
    if (!tokens.includes(bearerOf(request))) return json({ message: 'Bad credentials' }, 401)
    return content(request)
  }
  const withToken = (site: Site): Site => {
    return (request) => {
      const [user, password] = basicOf(request)
      const isKnown = user === 'x-access-token' && tokens.includes(password)
      return isKnown ? site(request) : askForName
    }
  }
  const privateKey = keys.privateKey.export({ type: 'pkcs1', format: 'pem' }).toString()
  return { api, withToken, appId, installationId, privateKey, tokens }
}

const askForName: Answer = {
  status: 401,
  headers: { 'www-authenticate': 'Basic realm="GitHub"' },
  body: 'who are you?\n',
}

function content({ method, target, headers, body }: SeenRequest): Answer {
  const at = `${method} ${target.split('?')[0] ?? ''}`
  if (at === 'GET /repos/acme/shop/issues') return json([{ number: 7, title: 'a bug' }])
  if (at === 'GET /repos/acme/shop/issues/7') {
    // What came along, as a debugging aid of a service would show it.
    return json({ number: 7, title: 'a bug', body: JSON.stringify(headers) })
  }
  if (at === 'POST /repos/acme/shop/issues/7/comments') {
    return json({ id: 1, ...(JSON.parse(body.toString()) as object) }, 201)
  }
  return json({ message: `made at ${at}` }, method === 'GET' ? 200 : 201)
}

function granted({ body }: SeenRequest): object {
  const asked = JSON.parse(body.toString()) as { readonly repositories?: readonly string[] }
  return {
    expires_at: new Date(Date.now() + 3_600_000).toISOString().replace(/\.\d+/, ''),
    permissions: { contents: 'write', issues: 'write', metadata: 'read' },
    repository_selection: 'selected',
    repositories: asked.repositories?.map((name, id) => ({ id, name })),
  }
}

/** RS256 by the app's key, and in its time ("Generating a JSON Web Token (JWT) for a GitHub App"). */
function isOfApp(jwt: string, key: KeyObject): boolean {
  const [head = '', claims = '', signature = ''] = jwt.split('.')
  const signed = Buffer.from(`${head}.${claims}`)
  if (!verify('RSA-SHA256', signed, key, Buffer.from(signature, 'base64url'))) return false
  const told = JSON.parse(Buffer.from(claims, 'base64url').toString()) as Record<string, unknown>
  const seconds = Date.now() / 1000
  const { iss, iat, exp } = told
  return iss === appId && Number(iat) <= seconds && Number(exp) > seconds
}

function bearerOf({ headers }: SeenRequest): string {
  return /^(?:Bearer|token) (\S+)$/i.exec(String(headers['authorization'] ?? ''))?.[1] ?? ''
}

function basicOf({ headers }: SeenRequest): readonly [user: string, password: string] {
  const coded = /^Basic (\S+)$/.exec(String(headers['authorization'] ?? ''))?.[1] ?? ''
  const [user = '', password = ''] = Buffer.from(coded, 'base64').toString().split(':')
  return [user, password]
}

function json(value: unknown, status = 200): Answer {
  return { status, type: 'application/json; charset=utf-8', body: JSON.stringify(value) }
}
