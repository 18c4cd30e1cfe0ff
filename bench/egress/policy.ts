import type { AllowRule, Canary, Credential, Policy } from '@caisson/core'
import type { ProxyLimits } from '@caisson/egress-proxy'

/** Bounds that the measurements would otherwise run into. */
export const benchLimits: Partial<ProxyLimits> = { connections: 4096, handshakesPerSecond: 1e6 }

const much = 1e14

/**
 * What is asked of the proxy. `plain`: requests are nobody's, and nothing but judged. `audited`: a trail is
 * written, too. `canaries`: what leaves is looked through. `credential`: a key and a tenant are set, what
 * leaves is looked through for the key, and what comes back is made unreadable where it holds it. `full`: all
 * of these. `judged` and `judgedFull`: a body of JSON is read whole and written anew, for nobody or with all
 * of the rest.
 */
export type Asked =
  'plain' | 'audited' | 'canaries' | 'credential' | 'full' | 'judged' | 'judgedFull'

/** Whether a trail is written. */
export function isAudited(asked: Asked): boolean {
  return asked === 'audited' || asked === 'full' || asked === 'judgedFull'
}

/** The two ports of the server. */
export interface Ports {
  readonly secure: number
  readonly raw: number
}

/** What a part of the policy is when so much is asked. */
interface Parts {
  /** Fields that go into the rules. */
  readonly rule: Partial<AllowRule>
  readonly canaries: Readonly<Record<string, Canary>>
  readonly credentials: Readonly<Record<string, Credential>>
}

/** Never asked for by anybody but these programs. */
const madeUp = 'made-up-QmVuY2hTZWNyZXRPZk5vYm9keVdhcw'

const credentials: Parts['credentials'] = {
  service: {
    source: { static: madeUp },
    carrier: { header: 'authorization', scheme: 'Bearer' },
  },
}

const inOurName: Partial<AllowRule> = {
  identity: 'service',
  tenant: { 'bench-allowed-tenants': 'bench-tenant' },
}

const canaries: Parts['canaries'] = {
  cloud: { like: 'aws-access-key', expose: 'CLOUD_KEY' },
  forge: { like: 'github-token', expose: 'FORGE_TOKEN' },
  notes: { like: 'token', expose: 'NOTES_TOKEN' },
}

/** Nothing of the body is held to values but one; all of it is read strictly. */
const judgedBody: Partial<AllowRule> = {
  body: { json: { where: [{ at: '/model', oneOf: ['bench'] }] } },
}

function partsOf(asked: Asked): Parts {
  const ours = asked === 'credential' || asked === 'full' || asked === 'judgedFull'
  const watches = asked === 'canaries' || asked === 'full' || asked === 'judgedFull'
  const judges = asked === 'judged' || asked === 'judgedFull'
  return {
    rule: { ...(ours ? inOurName : {}), ...(judges ? judgedBody : {}) },
    canaries: watches ? canaries : {},
    credentials: ours ? credentials : {},
  }
}

/**
 * What the measurements need: the server's two ports, and other hosts up to so many rules. The budgets are
 * large, not absent: every one of them is kept.
 */
export function benchPolicy({ secure, raw }: Ports, rules: number, asked: Asked = 'plain'): Policy {
  const { rule, canaries, credentials } = partsOf(asked)
  const others = Array.from({ length: Math.max(0, rules - 2) }, (_, number): AllowRule => ({
    host: `api-${number}.good.test`,
    methods: ['GET', 'POST'],
    paths: [`/v1/projects/p${number}/**`, '/health'],
    ...rule,
  }))
  return {
    credentials,
    network: {
      canaries,
      allow: [
        { host: 'localhost', ports: [secure], methods: ['GET', 'POST'], ...rule },
        { host: 'localhost', ports: [raw], protocol: 'tcp' },
        ...others,
      ],
      budgets: {
        requestsPerSecond: 1e6,
        urlBytesPerWindow: much,
        bytesPerWindow: much,
        bytesTotal: much,
        bytesPerRequest: much,
        openTunnels: 4096,
      },
    },
  }
}
