import type { GitHubAppSource } from '@caisson/core'
import { HeldSecret } from '../held-secret.ts'
import type { SecretSource, SourceTools, TokenRequest } from '../secret.ts'
import { SourceFault } from '../secret.ts'
import { appJwt } from './github-jwt.ts'
import { excessGranted } from './github-grant.ts'
import { endAtMoment } from './lifetime.ts'
import { momentOf } from './moment.ts'
import {
  addressBelow,
  callService,
  headerText,
  isVisible,
  oddAnswer,
  type ServiceCall,
  type ServiceStep,
  withSecret,
} from './service-call.ts'
import { readJsonObject, textMember } from './strict-json.ts'

const usualApi = 'https://api.github.com'
const longestToken = 16_384
/** What one request may name. */
const mostRepositories = 500

const asking: ServiceStep = {
  service: 'GitHub',
  doing: 'asking for an installation token',
  check: {
    401: 'check appId, that privateKey is one of this app, and the clock of this host',
    403: 'check whether the installation is suspended',
    404: 'check installationId, and that it is an installation of this app',
    422: 'check that the installation has the repositories and permissions that are asked for',
  },
}

const returning: ServiceStep = {
  service: 'GitHub',
  doing: 'giving an installation token back',
  check: {},
}

/**
 * Installation tokens of a GitHub App (GitHub REST API, "Create an installation access token for an app" and
 * "Revoke an installation access token"): they hold for an hour, for the repositories and rights that are
 * named, and are revoked at the end. A token that can do more than was asked for is not used.
 *
 * How a real one is configured: make a GitHub App (Settings, Developer settings) without a webhook and with
 * the fewest permissions, install it for chosen repositories, generate a private key and keep the PEM file
 * where only the host application reads it. `appId` stands on the app's page, `installationId` at the end of
 * the address of the installation's page. With GitHub Enterprise Server, `apiUrl` is `https://<host>/api/v3`.
 */
export function githubAppSource(options: GitHubAppSource, tools: SourceTools): SecretSource {
  return {
    get: async (signal) => {
      const call: ServiceCall = { tools, signal, step: asking }
      const askedMs = tools.now()
      const request = await tokenRequest(options, call, askedMs)
      const answer = await callService(request, call, [201])
      try {
        const { token, expiresAt } = readToken(answer.body, options, askedMs)
        const revoke = revocation(options, tools, token)
        return new HeldSecret({ bytes: token, expiresAt, revoke })
      } finally {
        answer.body.fill(0)
      }
    },
  }
}

async function tokenRequest(
  options: GitHubAppSource,
  call: ServiceCall,
  nowMs: number,
): Promise<TokenRequest> {
  const { installationId, repositories, permissions } = options
  if (!Number.isSafeInteger(installationId) || installationId < 1) {
    throw new SourceFault('installationId must be a whole number')
  }
  if (
    repositories !== undefined &&
    (repositories.length === 0 || repositories.length > mostRepositories)
  ) {
    throw new SourceFault(
      'name 1 to 500 repositories, or leave them out for all of the installation',
    )
  }
  const jwt = await withSecret(options.privateKey, call, (pem) =>
    appJwt({ appId: options.appId, pem, nowMs }),
  )
  return {
    method: 'POST',
    url: addressBelow(
      options.apiUrl ?? usualApi,
      `/app/installations/${installationId}/access_tokens`,
    ),
    headers: { ...apiHeaders(jwt), 'content-type': 'application/json' },
    body: Buffer.from(JSON.stringify({ repositories, permissions })),
  }
}

function apiHeaders(token: string): Record<string, string> {
  return {
    accept: 'application/vnd.github+json',
    authorization: `Bearer ${token}`,
    'user-agent': 'caisson',
    'x-github-api-version': '2022-11-28',
  }
}

function readToken(
  body: Buffer,
  options: GitHubAppSource,
  askedMs: number,
): { readonly token: Buffer; readonly expiresAt: number } {
  const answer = readJsonObject(body)
  if (answer === null) throw oddAnswer(asking, 'is no JSON object, or has a name twice')
  const token = textMember(answer, 'token', longestToken)
  if (token === null || !isVisible(token)) throw oddAnswer(asking, 'holds no usable token')
  const expiresAt = endAtMoment(momentOf(textMember(answer, 'expires_at', 40) ?? ''), askedMs)
  if (expiresAt === null) {
    throw oddAnswer(asking, 'has no usable "expires_at"; check the clock of this host')
  }
  const excess = excessGranted(answer, options)
  if (excess !== null) throw oddAnswer(asking, `gives ${excess} than was asked for`)
  return { token: Buffer.from(token, 'latin1'), expiresAt }
}

function revocation(
  { apiUrl }: GitHubAppSource,
  tools: SourceTools,
  token: Buffer,
): (signal: AbortSignal) => Promise<void> {
  return async (signal) => {
    // Taken before anything is waited for: whoever gives it back overwrites it at once.
    const headers = apiHeaders(headerText(token, 'the token to give back'))
    const url = addressBelow(apiUrl ?? usualApi, '/installation/token')
    // 401 means that it has ended already, which is what was wanted.
    const request = { method: 'DELETE', url, headers } as const
    const answer = await callService(request, { tools, signal, step: returning }, [204, 401])
    answer.body.fill(0)
  }
}
