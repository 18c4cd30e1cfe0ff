import type { VaultSource } from '@caisson/core'
import { HeldSecret } from '../held-secret.ts'
import { type Secret, SourceFault, type SecretSource, type SourceTools } from '../secret.ts'
import { endAfterSeconds } from './lifetime.ts'
import {
  addressBelow,
  callService,
  headerText,
  isVisible,
  oddAnswer,
  type ServiceCall,
  type ServiceStep,
  withSecret,
} from './service-call.ts'
import { type JsonObject, objectMember, readJsonObject, textMember } from './strict-json.ts'

const longestSecret = 65_536
const longestLease = 1024

const reading: ServiceStep = {
  service: 'Vault',
  doing: 'reading a secret',
  check: {
    400: 'check path: a key-value engine of version 2 wants "data" behind its mount',
    403: 'check token, whether it has expired, namespace, and that its policy lets it read the path',
    404: 'check path and namespace: nothing is there, or it was deleted',
    503: 'it is sealed, or in maintenance',
  },
}

const returning: ServiceStep = {
  service: 'Vault',
  doing: 'giving a lease back',
  check: { 403: 'let the policy of the token "update" sys/leases/revoke' },
}

/**
 * Secrets of HashiCorp Vault or OpenBao (Vault HTTP API: "Read secret" of the engine at the path;
 * "/sys/leases", "Revoke lease"). A lease is revoked at the end; a secret without one, as of the key-value
 * engine, is not.
 *
 * How a real one is configured: a policy with `read` on the one path and `update` on `sys/leases/revoke`, and
 * a token for it alone, as Vault Agent writes it to a file: `{ file: "/run/vault/token" }`. For a database,
 * `path` is `database/creds/<role>` and `field` is `password`; for the key-value engine, version 2, it is
 * `secret/data/<name>`.
 */
export function vaultSource(options: VaultSource, tools: SourceTools): SecretSource {
  return {
    get: async (signal) => {
      const call: ServiceCall = { tools, signal, step: reading }
      const askedMs = tools.now()
      const url = addressBelow(options.address, `/v1/${plainPath(options.path)}`)
      const headers = await vaultHeaders(options, call)
      const answer = await callService({ method: 'GET', url, headers }, call, [200])
      try {
        return await secretOf(readJsonObject(answer.body), { options, call, askedMs })
      } finally {
        answer.body.fill(0)
      }
    },
  }
}

/** Each segment as it is, so that a name with a slash or a question mark reads nothing else. */
function plainPath(path: string): string {
  const segments = path.split('/')
  if (segments.some((segment) => segment === '' || segment === '.' || segment === '..')) {
    throw new SourceFault('the path of a secret has an empty segment, or one of dots')
  }
  if (Buffer.from(path).toString() !== path) {
    throw new SourceFault('the path of a secret has half a character')
  }
  return segments.map(encodeURIComponent).join('/')
}

async function vaultHeaders(
  { token, namespace }: VaultSource,
  call: ServiceCall,
): Promise<Record<string, string>> {
  const text = await withSecret(token, call, (bytes) => headerText(bytes, 'the token for Vault'))
  const headers: Record<string, string> = {
    accept: 'application/json',
    'user-agent': 'caisson',
    // Without it an agent in front of Vault may refuse, as it does what a browser was talked into.
    'x-vault-request': 'true',
    'x-vault-token': text,
  }
  if (namespace === undefined) return headers
  if (!isVisible(namespace))
    throw new SourceFault('namespace has a character that no header may have')
  return { ...headers, 'x-vault-namespace': namespace }
}

interface Reading {
  readonly options: VaultSource
  readonly call: ServiceCall
  readonly askedMs: number
}

async function secretOf(
  answer: JsonObject | null,
  { options, call, askedMs }: Reading,
): Promise<Secret> {
  if (answer === null) throw oddAnswer(reading, 'is no JSON object, or has a name twice')
  const lease = leaseOf(answer)
  const revoke = lease === null ? null : revocation(options, call.tools, lease)
  const value = fieldOf(answer, options.field)
  const expiresAt = leaseEnd(answer, { leased: lease !== null, askedMs })
  if (value === null || expiresAt === 'odd') {
    // Nobody will use it. Where it cannot be given back, it ends by itself.
    await revoke?.(call.signal).catch(() => undefined)
    throw oddAnswer(
      reading,
      value === null
        ? 'has no usable text in the field that is named'
        : 'has no usable "lease_duration"',
    )
  }
  return new HeldSecret({ bytes: Buffer.from(value), expiresAt, ...(revoke && { revoke }) })
}

function leaseOf(answer: JsonObject): string | null {
  const lease = Object.hasOwn(answer, 'lease_id') ? answer['lease_id'] : ''
  if (lease === '' || lease === null) return null
  if (typeof lease === 'string' && lease.length <= longestLease && isVisible(lease)) return lease
  throw oddAnswer(reading, 'has no usable "lease_id"')
}

/** A key-value engine of version 2 wraps what it keeps: `data` and `metadata`, both objects. */
function fieldOf(answer: JsonObject, field: string): string | null {
  const data = objectMember(answer, 'data')
  if (data === null) return null
  const inner = objectMember(data, 'metadata') === null ? null : objectMember(data, 'data')
  const text = textMember(inner ?? data, field, longestSecret)
  // Half of a surrogate pair would silently become another character.
  return text !== null && Buffer.from(text).toString() === text ? text : null
}

/** A duration without a lease is advice when to read anew; 0 is none. */
function leaseEnd(
  answer: JsonObject,
  { leased, askedMs }: { readonly leased: boolean; readonly askedMs: number },
): number | null | 'odd' {
  const seconds = Object.hasOwn(answer, 'lease_duration') ? answer['lease_duration'] : 0
  if (seconds === 0 && !leased) return null
  return endAfterSeconds(seconds, askedMs) ?? 'odd'
}

function revocation(
  options: VaultSource,
  tools: SourceTools,
  lease: string,
): (signal: AbortSignal) => Promise<void> {
  return async (signal) => {
    const call: ServiceCall = { tools, signal, step: returning }
    const headers = await vaultHeaders(options, call)
    const url = addressBelow(options.address, '/v1/sys/leases/revoke')
    const body = Buffer.from(JSON.stringify({ lease_id: lease }))
    const request = {
      method: 'PUT',
      url,
      headers: { ...headers, 'content-type': 'application/json' },
      body,
    } as const
    const answer = await callService(request, call, [200, 204])
    answer.body.fill(0)
  }
}
