import type { Authority } from '../tls/authority.ts'
import type { Telemetry } from './telemetry-event.ts'

/** The same authority; each handshake that it is asked for is told. */
export function countedAuthority(authority: Authority, telemetry: Telemetry): Authority {
  return {
    certificatePem: authority.certificatePem,
    certificateDer: authority.certificateDer,
    contextFor: (host) => {
      telemetry.record({ on: 'handshake' })
      return authority.contextFor(host)
    },
  }
}
