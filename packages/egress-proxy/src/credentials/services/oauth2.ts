import type { OAuth2Source } from '@caisson/core'
import { HeldSecret } from '../held-secret.ts'
import type { SecretSource, SourceTools, TokenRequest } from '../secret.ts'
import { SourceFault } from '../secret.ts'
import { endAfterSeconds } from './lifetime.ts'
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
import { type JsonObject, readJsonObject, textMember } from './strict-json.ts'

const exchangeGrant = 'urn:ietf:params:oauth:grant-type:token-exchange'
const accessTokenType = 'urn:ietf:params:oauth:token-type:access_token'
const longestToken = 65_536

const asking: ServiceStep = {
  service: 'the OAuth 2.0 server',
  doing: 'asking for an access token',
  check: {
    400: 'check scope, audience, resource and subject, and that the client may use this grant',
    401: 'check clientId and clientSecret, and whether the server wants clientAuth "form" or "basic"',
    403: 'check what the client is allowed to ask for',
    404: 'check tokenUrl',
  },
}

const returning: ServiceStep = {
  service: 'the OAuth 2.0 server',
  doing: 'giving a token back',
  check: { 401: 'check clientId and clientSecret', 404: 'check revokeUrl' },
}

type Pairs = [name: string, value: string][]

/**
 * Access tokens of an OAuth 2.0 server: the client credentials grant (RFC 6749, 4.4), or, with `subject`, the
 * exchange of another token (RFC 8693); given back at the end where the server takes them (RFC 7009).
 *
 * How a real one is configured: make a confidential client with the grant "client credentials" (Keycloak:
 * "service accounts roles"; Okta: "API services"; Microsoft Entra: an app registration with a client secret,
 * `tokenUrl` `https://login.microsoftonline.com/<tenant>/oauth2/v2.0/token` and the scope `<api>/.default`),
 * give it the narrowest scope, and put its secret where `clientSecret` says. For an exchange, allow the client
 * the audience that it asks for.
 */
export function oauth2Source(options: OAuth2Source, tools: SourceTools): SecretSource {
  return {
    get: async (signal) => {
      const call: ServiceCall = { tools, signal, step: asking }
      const askedMs = tools.now()
      const form = await grantForm(options, call)
      const request = await clientRequest(options, call, { url: tokenAddress(options), form })
      const answer = await callService(request, call, [200])
      try {
        const { token, expiresAt } = readToken(readJsonObject(answer.body), options, askedMs)
        return new HeldSecret({ bytes: token, expiresAt, ...revocation(options, tools, token) })
      } finally {
        answer.body.fill(0)
      }
    },
  }
}

function tokenAddress(options: OAuth2Source): string {
  return checkedUrl(options.tokenUrl)
}

/** A token endpoint may have a query of its own (RFC 6749, 3.2), but no fragment and no user. */
function checkedUrl(address: string): string {
  const mark = address.indexOf('?')
  if (mark < 0) return addressBelow(address, '')
  const query = address.slice(mark)
  if (query.includes('#')) throw new SourceFault('the address of a service must have no fragment')
  return `${addressBelow(address.slice(0, mark), '')}${query}`
}

async function grantForm(options: OAuth2Source, call: ServiceCall): Promise<Pairs> {
  const { subject, scope, audience, resource } = options
  const form: Pairs = [['grant_type', subject ? exchangeGrant : 'client_credentials']]
  if (subject) {
    const token = await withSecret(subject.token, call, (bytes) =>
      headerText(bytes, 'the subject token'),
    )
    form.push(['subject_token', token], ['subject_token_type', subject.type ?? accessTokenType])
    if (subject.requestedType !== undefined) {
      form.push(['requested_token_type', subject.requestedType])
    }
  }
  if (scope !== undefined) form.push(['scope', scope])
  if (audience !== undefined) form.push(['audience', audience])
  if (resource !== undefined) form.push(['resource', resource])
  return form
}

/** A form in the name of the client (RFC 6749, 2.3.1). */
async function clientRequest(
  options: OAuth2Source,
  call: ServiceCall,
  { url, form }: { readonly url: string; readonly form: Pairs },
): Promise<TokenRequest> {
  const headers: Record<string, string> = {
    accept: 'application/json',
    'content-type': 'application/x-www-form-urlencoded',
    'user-agent': 'caisson',
  }
  const { clientId, clientSecret, clientAuth = 'basic' } = options
  if (clientSecret === undefined) {
    form.push(['client_id', clientId])
  } else {
    const secret = await withSecret(clientSecret, call, (bytes) => bytes.toString('utf8'))
    if (secret === '') throw new SourceFault('the client secret is empty')
    if (clientAuth === 'basic') headers['authorization'] = basic(clientId, secret)
    else form.push(['client_id', clientId], ['client_secret', secret])
  }
  const body = Buffer.from(new URLSearchParams(form).toString(), 'latin1')
  return { method: 'POST', url, headers, body }
}

/** Both parts are encoded as in a form first, which plain Basic does not do. */
function basic(id: string, secret: string): string {
  const pair = `${formEncoded(id)}:${formEncoded(secret)}`
  return `Basic ${Buffer.from(pair, 'latin1').toString('base64')}`
}

function formEncoded(text: string): string {
  return new URLSearchParams([['', text]]).toString().slice(1)
}

function readToken(
  answer: JsonObject | null,
  { subject }: OAuth2Source,
  askedMs: number,
): { readonly token: Buffer; readonly expiresAt: number | null } {
  if (answer === null) throw oddAnswer(asking, 'is no JSON object, or has a name twice')
  const type = textMember(answer, 'token_type', 64)
  // Another type is used in another way (RFC 6749, 7.1): put behind "Bearer", it would be misused.
  if (type?.toLowerCase() !== 'bearer') throw oddAnswer(asking, 'holds no token of type "bearer"')
  const issued = textMember(answer, 'issued_token_type', 256)
  if (subject && issued === null) throw oddAnswer(asking, 'does not say what it issued')
  if (subject?.requestedType !== undefined && issued !== subject.requestedType) {
    throw oddAnswer(asking, 'holds another type of token than was asked for')
  }
  const token = textMember(answer, 'access_token', longestToken)
  if (token === null || !isVisible(token)) throw oddAnswer(asking, 'holds no usable token')
  return { token: Buffer.from(token, 'latin1'), expiresAt: expiryOf(answer, askedMs) }
}

/** `expires_in` is not required (RFC 6749, 5.1): then the token holds until it is refused. */
function expiryOf(answer: JsonObject, askedMs: number): number | null {
  if (!Object.hasOwn(answer, 'expires_in')) return null
  const end = endAfterSeconds(answer['expires_in'], askedMs)
  if (end === null) throw oddAnswer(asking, 'has no usable "expires_in"')
  return end
}

function revocation(
  options: OAuth2Source,
  tools: SourceTools,
  token: Buffer,
): { revoke?: (signal: AbortSignal) => Promise<void> } {
  const { revokeUrl } = options
  if (revokeUrl === undefined) return {}
  return {
    revoke: async (signal) => {
      const call: ServiceCall = { tools, signal, step: returning }
      // Taken before anything is waited for: whoever gives it back overwrites it at once.
      const form: Pairs = [
        ['token', headerText(token, 'the token to give back')],
        ['token_type_hint', 'access_token'],
      ]
      const request = await clientRequest(options, call, { url: checkedUrl(revokeUrl), form })
      const answer = await callService(request, call, [200, 204])
      answer.body.fill(0)
    },
  }
}
