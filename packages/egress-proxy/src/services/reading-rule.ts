import type { AllowRule } from '@caisson/core'
import { dated } from './dated.ts'
import type { RegistryPlace } from './registry-place.ts'

/** What is read at a registry, and in whose name. */
export interface Reading {
  readonly place: RegistryPlace
  /** Path templates below the registry's own path. */
  readonly paths: readonly string[]
  /** Id of a credential. */
  readonly credential: string | undefined
  readonly what: string
}

/** Reading, without a query, which could carry data and which none of the tools sends. */
export function readingRule({ place, paths, credential, what }: Reading): AllowRule {
  const { host, port, protocol, path } = place
  if (credential !== undefined && protocol !== 'https') {
    throw new TypeError(`${what}: a credential is never sent without TLS; use an https: address`)
  }
  const usual = port === (protocol === 'https' ? 443 : 80)
  return {
    host,
    ...(usual ? {} : { ports: [port] }),
    ...(protocol === 'https' ? {} : { protocol }),
    methods: ['GET', 'HEAD'],
    paths: paths.map((one) => `${path}${one}`),
    query: {},
    ...(credential === undefined ? {} : { identity: credential }),
    reason: dated(what),
  }
}
