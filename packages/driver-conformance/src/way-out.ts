import type { EgressGateway, EgressSession, NetworkPolicy, Policy, Sandbox } from '@caisson/core'
import { egressGateway, type EgressOptions } from '@caisson/egress-proxy'
import { createTestAuthority } from '@caisson/egress-proxy/testing'
import type { ConformanceContext } from './behaviour.ts'
import { startOrigin, type Origin } from './origin-listen.ts'

/** Names that lead to the origin, wherever the policy lets them be reached. */
export const names = {
  served: 'served.good.test',
  other: 'other.good.test',
  third: 'third.good.test',
} as const

/** A name that no policy here allows. */
export const forbidden = 'forbidden.bad.test'

/** One way out, as its driver used it. */
export interface WatchedSession {
  readonly session: EgressSession
  /** Sockets that the driver handed over and that still listen. */
  listening(): number
}

/** An origin, and sandboxes with a way out to it. */
export interface WayOut {
  readonly origin: Origin
  /** The ways out that were opened, in the order of their sandboxes. */
  readonly opened: readonly WatchedSession[]
  /** Creates a sandbox with this network policy. */
  readonly create: (network: NetworkPolicy | undefined, also?: EgressOptions) => Promise<Sandbox>
  /** The same, with the rest of a policy beside it. */
  readonly createFor: (policy: Policy, also?: EgressOptions) => Promise<Sandbox>
}

/** Starts an origin that all of `names` lead to on port 443. */
export async function wayOut(context: ConformanceContext): Promise<WayOut> {
  const authority = createTestAuthority()
  const origin = await startOrigin(authority, (cleanup) => context.defer(cleanup))
  const opened: WatchedSession[] = []
  const places = Object.values(names).map((name) => [`${name}:443`, `127.0.0.1:${origin.port}`])
  const hosts: Readonly<Record<string, string>> = Object.fromEntries(places)
  const createFor = (policy: Policy, also: EgressOptions = {}): Promise<Sandbox> => {
    const trust = authority.certificate
    const gateway = egressGateway({ hosts, trust, ...context.egress, ...also })
    return context.createSandbox(policy, { gateway: watched(gateway, opened) })
  }
  return {
    origin,
    opened,
    createFor,
    create: (network, also) => createFor({ network }, also),
  }
}

/** The same gateway, seen from beside it: what it opened, and which sockets it was given. */
function watched(gateway: EgressGateway, opened: WatchedSession[]): EgressGateway {
  return {
    ...(gateway.audit && { audit: (policy) => gateway.audit?.(policy) ?? [] }),
    open: async (request) => {
      const session = await gateway.open(request)
      const isOpen: (() => boolean)[] = []
      opened.push({ session, listening: () => isOpen.filter((ask) => ask()).length })
      return {
        doors: session.doors,
        certificate: session.certificate,
        environment: session.environment,
        listen: (door, socket) => {
          isOpen.push(() => ('listening' in socket ? socket.listening : isBound(socket)))
          return session.listen(door, socket)
        },
        accept: (connection, arrival) => session.accept(connection, arrival),
        update: (policy) => session.update(policy),
        rotateCredential: (id) => session.rotateCredential(id),
        revokeCredential: (id) => session.revokeCredential(id),
        usage: () => session.usage(),
        ended: session.ended,
        close: () => session.close(),
      }
    },
  }
}

/** A datagram socket has no other way to say that it is closed. */
function isBound(socket: { address(): unknown }): boolean {
  try {
    socket.address()
    return true
  } catch {
    return false
  }
}
