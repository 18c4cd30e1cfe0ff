import type { AllowRule } from '@caisson/core'
import { checkCredential, checkNames, type KnownNames } from '../known-options.ts'
import { countBody, messagesBody } from './anthropic-shape.ts'
import { dated } from './dated.ts'
import { isHostName } from './host-name.ts'

/** For `services.anthropic`. */
export interface AnthropicServiceOptions {
  /**
   * Id of the credential in `policy.credentials`, with the carrier `{ header: "x-api-key" }`, or
   * `{ header: "authorization", scheme: "Bearer" }`, as the vendor's libraries send keys from version 1 on.
   * A client inside may send its dummy in either.
   */
  readonly credential: string
  /**
   * Ids (UUIDs) of the organizations whose keys the vendor takes from here, whatever else goes wrong: it
   * refuses every other by the header `anthropic-allowed-org-ids`. Default: none is set.
   */
  readonly organizations?: readonly string[] | undefined
  /** Default: any model. */
  readonly models?: readonly string[] | undefined
  /** A gateway of one's own that speaks the same API. Default `api.anthropic.com`. */
  readonly host?: string | undefined
}

const organizationId = /^[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$/
/** As many as one header holds with room to spare. */
const mostOrganizations = 64

const known: KnownNames<AnthropicServiceOptions> = {
  credential: true,
  organizations: true,
  models: true,
  host: true,
}

/**
 * Messages, counting of tokens, and the list of models of the Anthropic API, under one's own key: enough
 * for the SDKs and for coding agents. Not files, batches, skills, agents or sessions, where an attacker's key
 * would make a drop box of them; and nothing in a message that has the vendor fetch, run or keep something:
 * no MCP servers, no tools but those that the client carries out, no containers, no held conversations, no
 * file ids, and documents and images only as they are in the message. What there is was read from the
 * vendor's TypeScript library, version 1.12.0.
 *
 * @example
 * ```ts
 * const policy: Policy = {
 *   credentials: {
 *     claude: {
 *       source: { env: 'ANTHROPIC_API_KEY' },
 *       carrier: { header: 'x-api-key' },
 *       expose: 'ANTHROPIC_API_KEY',
 *     },
 *   },
 *   network: { allow: [...services.anthropic({ credential: 'claude' })] },
 * }
 * ```
 * @throws TypeError for an organization that is no UUID, or a host that is no name
 */
export function anthropicRules(options: AnthropicServiceOptions): readonly AllowRule[] {
  checkNames('services.anthropic', options, known)
  const { credential, models, host = 'api.anthropic.com' } = options
  checkCredential('services.anthropic', credential)
  if (!isHostName(host)) throw new TypeError('services.anthropic: `host` must be a host name')
  const common = { host, identity: credential, profile: 'anthropic', ...tenantOf(options) }
  // The SDKs' beta clients add `?beta=true` to the same paths.
  const beta = { beta: 'true' }
  return [
    {
      ...common,
      methods: ['POST'],
      paths: ['/v1/messages'],
      query: beta,
      body: messagesBody(models),
      reason: dated('Anthropic: messages'),
    },
    {
      ...common,
      methods: ['POST'],
      paths: ['/v1/messages/count_tokens'],
      query: beta,
      body: countBody(models),
      reason: dated('Anthropic: counting of tokens'),
    },
    {
      ...common,
      methods: ['GET'],
      paths: ['/v1/models', '/v1/models/*'],
      query: { ...beta, after_id: '*', before_id: '*', limit: '*' },
      reason: dated('Anthropic: the list of models'),
    },
  ]
}

function tenantOf({ organizations }: AnthropicServiceOptions): Pick<AllowRule, 'tenant'> {
  if (organizations === undefined) return {}
  const fits = organizations.length > 0 && organizations.length <= mostOrganizations
  if (!fits || !organizations.every((one) => organizationId.test(one))) {
    throw new TypeError(
      `services.anthropic: \`organizations\` must hold 1 to ${mostOrganizations} ids of organizations (UUIDs), as the Console shows them`,
    )
  }
  return { tenant: { 'anthropic-allowed-org-ids': organizations.join(',') } }
}
