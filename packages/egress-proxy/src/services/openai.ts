import type { AllowRule } from '@caisson/core'
import { checkCredential, checkNames, type KnownNames } from '../known-options.ts'
import { dated } from './dated.ts'
import { isHostName } from './host-name.ts'
import { openaiBodies } from './openai-shape.ts'

/** For `services.openai`. */
export interface OpenaiServiceOptions {
  /**
   * Id of the credential in `policy.credentials`, with the carrier
   * `{ header: "authorization", scheme: "Bearer" }`.
   */
  readonly credential: string
  /**
   * Ids (`org-…`) of the organizations whose keys the vendor takes from here, whatever else goes wrong: it
   * refuses every other by the header `openai-allowed-organization-ids` (OpenAI, "API organization
   * blocking", which speaks of people who sign in; whether it counts for keys too is not said there).
   * Default: none is set.
   */
  readonly organizations?: readonly string[] | undefined
  /** Default: any model. */
  readonly models?: readonly string[] | undefined
  /** A gateway of one's own that speaks the same API. Default `api.openai.com`. */
  readonly host?: string | undefined
}

const organizationId = /^org-[A-Za-z0-9_-]{1,128}$/
const mostOrganizations = 64

const known: KnownNames<OpenaiServiceOptions> = {
  credential: true,
  organizations: true,
  models: true,
  host: true,
}

/**
 * Chat completions, responses and the counting of their tokens, embeddings, moderations and the list of models
 * of the OpenAI API, under one's own key. Not files, uploads, batches, assistants, vector stores,
 * conversations, containers or the realtime socket; and nothing in a request that is stored, or that has the
 * vendor fetch or run something: responses must say `store: false`, tools are those that the client carries
 * out, and images and files are `data:` URLs, as the vendor fetches any other. What there is was read from
 * the vendor's TypeScript library, version 6.49.0.
 *
 * @example
 * ```ts
 * network: { allow: [...services.openai({ credential: 'openai', models: ['gpt-5.2'] })] }
 * ```
 * @throws TypeError for an organization that is none, or a host that is no name
 */
export function openaiRules(options: OpenaiServiceOptions): readonly AllowRule[] {
  checkNames('services.openai', options, known)
  const { credential, models, host = 'api.openai.com' } = options
  checkCredential('services.openai', credential)
  if (!isHostName(host)) throw new TypeError('services.openai: `host` must be a host name')
  const common = { host, identity: credential, profile: 'openai', ...tenantOf(options) }
  const writes = openaiBodies(models).map(([path, body]) => ({
    ...common,
    methods: ['POST'],
    paths: [path],
    query: {},
    body,
    reason: dated(`OpenAI: ${path}`),
  }))
  return [
    ...writes,
    {
      ...common,
      methods: ['GET'],
      paths: ['/v1/models', '/v1/models/*'],
      query: {},
      reason: dated('OpenAI: the list of models'),
    },
  ]
}

function tenantOf({ organizations }: OpenaiServiceOptions): Pick<AllowRule, 'tenant'> {
  if (organizations === undefined) return {}
  const fits = organizations.length > 0 && organizations.length <= mostOrganizations
  if (!fits || !organizations.every((one) => organizationId.test(one))) {
    throw new TypeError(
      `services.openai: \`organizations\` must hold 1 to ${mostOrganizations} ids of organizations (\`org-…\`)`,
    )
  }
  return { tenant: { 'openai-allowed-organization-ids': organizations.join(',') } }
}
