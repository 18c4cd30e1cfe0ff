/**
 * For tests of your own: an authority whose certificates stand in for those of real services, on loopback,
 * reached through the option `hosts`.
 *
 * @packageDocumentation
 */
import type { SecureContext } from 'node:tls'
import { createAuthority } from './tls/authority.ts'

/** An authority for tests. */
export interface TestAuthority {
  /** What the proxy has to trust: its option `trust`. PEM. */
  readonly certificate: string
  /** For `tls.createServer({ SNICallback })`: what a server at this name shows. */
  contextFor(host: string): SecureContext
}

/** Makes an authority that vouches for any name. Its keys live in memory. */
export function createTestAuthority(): TestAuthority {
  const authority = createAuthority({ sandboxId: 'test', names: 'any' })
  return {
    certificate: authority.certificatePem,
    contextFor: (host) => authority.contextFor(host),
  }
}
