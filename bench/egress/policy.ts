import type { AllowRule, Policy } from '@caisson/core'
import type { ProxyLimits } from '@caisson/egress-proxy'

/** Bounds that the measurements would otherwise run into. */
export const benchLimits: Partial<ProxyLimits> = { connections: 4096, handshakesPerSecond: 1e6 }

const much = 1e14

/**
 * What the measurements need: the server's two ports, and other hosts up to so many rules. The budgets are
 * large, not absent: every one of them is kept.
 */
export function benchPolicy(
  { secure, raw }: { readonly secure: number; readonly raw: number },
  rules: number,
): Policy {
  const others = Array.from({ length: Math.max(0, rules - 2) }, (_, number): AllowRule => ({
    host: `api-${number}.good.test`,
    methods: ['GET', 'POST'],
    paths: [`/v1/projects/p${number}/**`, '/health'],
  }))
  return {
    network: {
      allow: [
        { host: 'localhost', ports: [secure], methods: ['GET', 'POST'] },
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
