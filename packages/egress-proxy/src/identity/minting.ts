import { type Endpoint, EndpointList } from './path-list.ts'

/**
 * Ways of making a new credential out of one that are the same at many services: a key that only the proxy
 * knows must not be exchanged for one that the sandbox knows. RFC 6749, 3.2 and RFC 8414 for tokens, RFC
 * 8628 for devices, RFC 7591 for clients; the rest are names that services usually give such endpoints, from
 * memory. Reading a list of keys is no minting; a rule leaves it out by its `paths`.
 */
const everywhere: readonly Endpoint[] = [
  '/oauth/token',
  '/oauth2/token',
  '/oauth/access_token',
  '/oauth2/*/token',
  '/oauth/*/token',
  '/*/oauth/token',
  '/*/oauth2/token',
  '/*/oauth2/*/token',
  '/login/oauth/access_token',
  '/oauth/device/code',
  '/oauth2/device/code',
  '/login/device/code',
  '/oauth/register',
  '/oauth2/register',
  '/connect/token',
  '/*/protocol/openid-connect/token',
  '/realms/*/protocol/openid-connect/token',
  '/api_keys',
  '/api-keys',
  '/*/api_keys',
  '/*/api-keys',
  '/*/apikeys',
  '/api/*/api_keys',
  '/api/*/api-keys',
  '/api/*/apikeys',
  '/*/access_tokens',
  '/*/access-tokens',
  '/*/personal_access_tokens',
  '/api/*/personal_access_tokens',
  '/api/*/users/*/personal_access_tokens',
  '/*/service_accounts/*/keys',
  '/auth/login',
  '/api/auth/login',
  '/api/login',
].map((path) => ({ path }))

const generic = new EndpointList(everywhere)

/** Whether a request makes a credential, at any service. */
export function mintsAnywhere(method: string, path: string): boolean {
  return generic.has(method, path)
}
