import type { GcpImpersonationSource } from '@caisson/core'
import { HeldSecret } from '../held-secret.ts'
import type { Secret, SecretSource, SourceTools, TokenRequest } from '../secret.ts'
import { SourceFault } from '../secret.ts'
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

const usualEndpoint = 'https://iamcredentials.googleapis.com'
const longestToken = 16_384
/** An hour is usual; more takes a policy of the organization. */
const longestLife = 43_200
const accountPrefix = 'projects/-/serviceAccounts/'

const asking: ServiceStep = {
  service: 'Google IAM Credentials',
  doing: 'asking for an access token of a service account',
  check: {
    400: 'check scopes, lifetimeSeconds and delegates',
    401: "check the caller's own token: it may have expired",
    403: 'check that the caller has the role "Service Account Token Creator" on the account, and that the IAM Credentials API is on',
    404: 'check serviceAccount',
  },
}

/**
 * Short-lived access tokens of a service account (Google Cloud, Service Account Credentials API,
 * `projects.serviceAccounts.generateAccessToken`). They cannot be given back; they end after
 * `lifetimeSeconds`.
 *
 * How a real one is configured: a service account with the few roles that a sandbox may have, and no key;
 * the role `roles/iam.serviceAccountTokenCreator` on it for the caller; and in `token` the caller's access
 * token: `{ command: ["gcloud", "auth", "print-access-token"], ttlMs: 1800000 }`.
 */
export function gcpSource(options: GcpImpersonationSource, tools: SourceTools): SecretSource {
  return {
    get: async (signal) => {
      const call: ServiceCall = { tools, signal, step: asking }
      const askedMs = tools.now()
      const answer = await callService(await tokenRequest(options, call), call, [200])
      try {
        return readToken(answer.body, askedMs)
      } finally {
        answer.body.fill(0)
      }
    },
  }
}

async function tokenRequest(
  options: GcpImpersonationSource,
  call: ServiceCall,
): Promise<TokenRequest> {
  const { serviceAccount, scopes, delegates, lifetimeSeconds: seconds = 3600 } = options
  if (scopes.length === 0) throw new SourceFault('name a scope at least')
  if (!Number.isInteger(seconds) || seconds < 1 || seconds > longestLife) {
    throw new SourceFault('lifetimeSeconds must be 1 to 43200')
  }
  const path = `/v1/${accountPrefix}${account(serviceAccount)}:generateAccessToken`
  const url = addressBelow(options.endpoint ?? usualEndpoint, path)
  const asked = {
    scope: scopes,
    lifetime: `${seconds}s`,
    delegates: delegates?.map((name) => `${accountPrefix}${account(name)}`),
  }
  const token = await withSecret(options.token, call, (bytes) =>
    headerText(bytes, "the caller's own token"),
  )
  const headers = {
    accept: 'application/json',
    authorization: `Bearer ${token}`,
    'content-type': 'application/json',
    'user-agent': 'caisson',
  }
  return { method: 'POST', url, headers, body: Buffer.from(JSON.stringify(asked)) }
}

/** An e-mail address or a number; as a whole name, what is before it is taken off. */
function account(name: string): string {
  const short = name.startsWith(accountPrefix) ? name.slice(accountPrefix.length) : name
  if (/^[A-Za-z0-9][A-Za-z0-9.-]{0,127}(?:@[A-Za-z0-9][A-Za-z0-9.-]{0,254})?$/.test(short))
    return short
  throw new SourceFault('a service account is named by its e-mail address')
}

function readToken(body: Buffer, askedMs: number): Secret {
  const answer = readJsonObject(body)
  if (answer === null) throw oddAnswer(asking, 'is no JSON object, or has a name twice')
  const token = textMember(answer, 'accessToken', longestToken)
  if (token === null || !isVisible(token)) throw oddAnswer(asking, 'holds no usable token')
  const expiresAt = endAtMoment(momentOf(textMember(answer, 'expireTime', 40) ?? ''), askedMs)
  if (expiresAt === null) {
    throw oddAnswer(asking, 'has no usable "expireTime"; check the clock of this host')
  }
  return new HeldSecret({ bytes: Buffer.from(token, 'latin1'), expiresAt })
}
