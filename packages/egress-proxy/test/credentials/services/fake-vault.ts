import { type FakeHandler, type FakeRequest, json, jsonBody } from './fake-service.ts'

/** Vault with a database engine at `database`, key-value engines at `kv` (1) and `secret` (2). */
export interface FakeVault {
  readonly handle: FakeHandler
  readonly token: string
  readonly namespace: string
  /** Leases that hold. */
  readonly leases: ReadonlySet<string>
  readonly revoked: readonly string[]
}

/** Written from Vault's HTTP API: the shape of answers, the engines' "Read secret", "Revoke lease". */
export function fakeVault(): FakeVault {
  const token = 'hvs.CAESIJ'
  const namespace = 'team/a'
  const leases = new Set<string>()
  const revoked: string[] = []
  const handle: FakeHandler = (request) => {
    const denied = accessFault(request, { token, namespace })
    if (denied !== null) return json(403, { errors: [denied] })
    const { method, path } = request
    if (method === 'PUT' && path === '/v1/sys/leases/revoke') {
      const lease = String(jsonBody(request)?.['lease_id'])
      if (!leases.delete(lease)) return json(400, { errors: ['invalid lease'] })
      revoked.push(lease)
      return { status: 204, body: '' }
    }
    if (method !== 'GET') return json(405, { errors: [] })
    if (path === '/v1/database/creds/readonly') {
      const lease = `database/creds/readonly/${leases.size + revoked.length}`
      leases.add(lease)
      const data = { username: 'v-root-1', password: 'pw-1 "ä"' }
      return json(200, answer({ lease_id: lease, lease_duration: 3600, renewable: true, data }))
    }
    if (path === '/v1/kv/api') {
      return json(200, answer({ lease_duration: 2_764_800, data: { key: 'kv-1', port: 7 } }))
    }
    if (path === '/v1/secret/data/a%20b') {
      const metadata = { version: 3, deletion_time: '', destroyed: false }
      return json(200, answer({ data: { data: { key: 'kv-2' }, metadata } }))
    }
    return json(404, { errors: [] })
  }
  return { handle, token, namespace, leases, revoked }
}

function accessFault(
  { headers }: FakeRequest,
  expected: { readonly token: string; readonly namespace: string },
): string | null {
  if (headers['x-vault-request'] !== 'true') return 'no x-vault-request'
  if (headers['x-vault-namespace'] !== expected.namespace) return 'permission denied'
  return headers['x-vault-token'] === expected.token ? null : 'permission denied'
}

function answer(more: object): object {
  return {
    request_id: 'f3b5b3a8',
    lease_id: '',
    renewable: false,
    lease_duration: 0,
    data: null,
    wrap_info: null,
    warnings: null,
    auth: null,
    ...more,
  }
}
