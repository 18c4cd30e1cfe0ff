import type { NetworkPolicy } from '@caisson/core'
import { findCarriers } from '../../dist/identity/find-carriers.js'
import type { Identities } from '../../dist/identity/identities.js'
import { expect } from 'chai'
import { decide } from '../../dist/decide/decide.js'
import type { Decision } from '../../dist/decide/decision.js'
import { compilePolicy } from '../../dist/decide/policy.js'
import type {
  ConnectionRequest,
  HttpRequest,
  NameRequest,
  Request,
} from '../../dist/decide/request.js'

/** A GET over HTTPS of `https://api.test/`, but for what is said. */
export function get(parts: Partial<HttpRequest> = {}): HttpRequest {
  const { path = '/', query = [], headers = [] } = parts
  return {
    kind: 'http',
    door: 'connect',
    host: 'api.test',
    port: 443,
    scheme: 'https',
    method: 'GET',
    path,
    query,
    headers,
    websocket: false,
    carriers: findCarriers({ path, query, headers }),
    body: null,
    ...parts,
  }
}

export function connect(host: string, port = 443): ConnectionRequest {
  return { kind: 'connection', door: 'connect', host, port }
}

export function look(host: string): NameRequest {
  return { kind: 'name', door: 'resolver', host }
}

/** What a policy says to a request. */
export function judge(network: NetworkPolicy, request: Request, identities?: Identities): Decision {
  return decide(compilePolicy(network, 1, identities), request)
}

/** `allow`, `ask`, or the code of the refusal. */
export function verdict(network: NetworkPolicy, request: Request): string {
  const { verdict: given, code } = judge(network, request)
  return given === 'deny' ? String(code) : given
}

export type Case = readonly [why: string, request: Request, wanted: string]

/** One test for each case. */
export function table(network: NetworkPolicy, cases: readonly Case[]): void {
  for (const [why, request, wanted] of cases) {
    it(`${wanted}: ${why}`, () => {
      expect(verdict(network, request)).to.equal(wanted)
    })
  }
}
