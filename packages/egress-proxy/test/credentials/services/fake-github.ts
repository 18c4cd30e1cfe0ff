import { createPublicKey, generateKeyPairSync, type KeyObject, verify } from 'node:crypto'
import {
  type FakeAnswer,
  type FakeHandler,
  type FakeRequest,
  json,
  jsonBody,
} from './fake-service.ts'

/** GitHub, as far as an app asks for installation tokens. */
export interface FakeGitHub {
  readonly handle: FakeHandler
  /** What the app was made with. */
  readonly appId: string
  readonly installationId: number
  readonly privateKey: string
  /** Live tokens, with what each was asked for. */
  readonly tokens: ReadonlyMap<string, Record<string, unknown>>
  readonly revoked: readonly string[]
}

export interface FakeGitHubOptions {
  /** Milliseconds since the epoch. */
  readonly now: () => number
  /** The permissions of the installation, and its repositories. */
  readonly permissions?: Record<string, string>
  readonly repositories?: readonly string[]
}

/** Written from GitHub's REST API reference and "Generating a JSON Web Token (JWT) for a GitHub App". */
export function fakeGitHub(options: FakeGitHubOptions): FakeGitHub {
  const { publicKey, privateKey } = generateKeyPairSync('rsa', {
    modulusLength: 2048,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs1', format: 'pem' },
  })
  const app = { id: '123456', key: createPublicKey(publicKey), installation: 987 }
  const tokens = new Map<string, Record<string, unknown>>()
  const revoked: string[] = []
  const handle = (request: FakeRequest): FakeAnswer => {
    const bearer = /^Bearer (\S+)$/.exec(request.headers['authorization'] ?? '')?.[1] ?? ''
    const odd = headerFault(request)
    if (odd !== null) return odd
    if (request.method === 'DELETE' && request.path === '/installation/token') {
      if (!tokens.delete(bearer)) return json(401, { message: 'Bad credentials' })
      revoked.push(bearer)
      return { status: 204, body: '' }
    }
    if (request.method !== 'POST') return json(404, { message: 'Not Found' })
    if (!jwtHolds(bearer, app, options.now())) return json(401, { message: 'no JWT of the app' })
    if (request.path !== `/app/installations/${app.installation}/access_tokens`) {
      return json(404, { message: 'Not Found' })
    }
    const asked = jsonBody(request)
    if (asked === null) return json(400, { message: 'Problems parsing JSON' })
    return grant(asked, { options, tokens })
  }
  const { id: appId, installation: installationId } = app
  return { handle, appId, installationId, privateKey, tokens, revoked }
}

/** GitHub refuses whoever does not name himself, and versions that it does not know. */
function headerFault({ headers }: FakeRequest): FakeAnswer | null {
  if (headers['user-agent'] === undefined) return json(403, { message: 'no user agent' })
  return headers['x-github-api-version'] === '2022-11-28' ? null : json(400, {})
}

function jwtHolds(
  jwt: string,
  app: { readonly id: string; readonly key: KeyObject },
  nowMs: number,
): boolean {
  const [head = '', claims = '', signature = '', ...rest] = jwt.split('.')
  if (rest.length > 0) return false
  const signed = Buffer.from(signature, 'base64url')
  if (!verify('RSA-SHA256', Buffer.from(`${head}.${claims}`), app.key, signed)) return false
  const { alg, typ } = part(head)
  return alg === 'RS256' && typ === 'JWT' && claimsHold(part(claims), app.id, nowMs)
}

function claimsHold(
  { iat, exp, iss }: Record<string, unknown>,
  appId: string,
  nowMs: number,
): boolean {
  if (iss !== appId || !Number.isInteger(iat) || !Number.isInteger(exp)) return false
  const now = Math.floor(nowMs / 1000)
  return Number(iat) <= now && Number(exp) > now && Number(exp) <= now + 600
}

function part(text: string): Record<string, unknown> {
  return JSON.parse(Buffer.from(text, 'base64url').toString()) as Record<string, unknown>
}

function grant(
  asked: Record<string, unknown>,
  given: { readonly options: FakeGitHubOptions; readonly tokens: Map<string, object> },
): FakeAnswer {
  const { permissions = { contents: 'write', issues: 'write' }, repositories = ['site', 'api'] } =
    given.options
  const wanted = (asked['permissions'] ?? permissions) as Record<string, string>
  const names = (asked['repositories'] ?? repositories) as string[]
  const has = (name: string) => repositories.includes(name.toLowerCase())
  if (!names.every(has) || Object.keys(wanted).some((name) => !(name in permissions))) {
    return json(422, { message: 'not granted to this installation' })
  }
  const token = `ghs_${'abcdefgh'.repeat(4)}${String(given.tokens.size).padStart(4, '0')}`
  given.tokens.set(token, asked)
  return json(201, {
    token,
    expires_at: new Date(given.options.now() + 3_600_000).toISOString().replace(/\.\d+/, ''),
    permissions: { metadata: 'read', ...wanted },
    repository_selection: asked['repositories'] === undefined ? 'all' : 'selected',
    ...(asked['repositories'] !== undefined && {
      repositories: names.map((name, id) => ({ id, name: name.toLowerCase(), private: true })),
    }),
  })
}
