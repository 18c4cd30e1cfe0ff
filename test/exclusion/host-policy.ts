import type { Credential, CredentialSource, Policy } from '@caisson/core'
import { echoes } from './origin.ts'
import type { Orders } from './orders.ts'
import type { Wanted } from './search-network.ts'

const domain = 'exclusion.test'

function credentials(orders: Orders): Readonly<Record<string, Credential>> {
  const { home, held, failingFile, tokenPort } = orders
  const service = `http://127.0.0.1:${tokenPort}`
  const failing = ['/bin/sh', '-c', 'cat "$0"; cat "$0" >&2; exit 3', failingFile]
  const vault = {
    address: service,
    path: 'secret/api',
    field: 'key',
    token: { file: `${home}/.vault-token` },
  }
  const oauth2 = {
    tokenUrl: `${service}/token`,
    clientId: 'ci',
    clientSecret: { env: 'CLOUDFLARE_API_TOKEN' },
  }
  const aws = {
    accessKeyId: { env: 'AWS_ACCESS_KEY_ID' },
    secretAccessKey: { env: 'AWS_SECRET_ACCESS_KEY' },
    sessionToken: { env: 'AWS_SESSION_TOKEN' },
  }
  const key = (source: CredentialSource): Credential => ({
    source,
    carrier: { header: 'x-api-key' },
  })
  return {
    bearer: {
      source: { env: 'OPENAI_API_KEY' },
      carrier: { header: 'authorization', scheme: 'Bearer' },
      expose: 'OPENAI_API_KEY',
    },
    key: key({ file: `${home}/keys/service` }),
    basic: { source: { command: ['/bin/cat', `${home}/keys/command`] }, carrier: { basic: 'ci' } },
    query: { source: { static: held.static }, carrier: { query: 'key' } },
    cookie: { source: { provider: 'mine' }, carrier: { cookie: 'session' } },
    path: {
      source: { env: 'TWILIO_AUTH_TOKEN' },
      carrier: { path: { segment: 0, prefix: 'bot' } },
      expose: 'BOT_TOKEN',
    },
    json: { source: { env: 'HF_TOKEN' }, carrier: { json: '/token' } },
    aws: {
      source: { aws },
      carrier: { sigv4: { service: 's3', region: 'eu-west-1' } },
      expose: 'AWS_ACCESS_KEY_ID',
    },
    vault: key({ vault }),
    oauth: { source: { oauth2 }, carrier: { header: 'authorization', scheme: 'Bearer' } },
    absent: key({ env: 'NOT_THERE' }),
    folder: key({ file: home }),
    failing: key({ command: failing }),
    throwing: key({ provider: 'throwing' }),
  }
}

/** A policy that uses every local source, and every carrier that puts a secret into a request. */
export function policyOf(orders: Orders): Policy {
  const made = credentials(orders)
  const { home, programs } = orders
  const allow = Object.keys(made).map((id) => {
    return { host: `${id}.${domain}`, methods: ['GET', 'POST'], identity: id }
  })
  return {
    filesystem: {
      mounts: [
        { source: `${home}/workspace`, target: '/workspace', access: 'overlay' },
        { source: programs, target: '/search', access: 'read' },
      ],
      deny: ['.env'],
    },
    network: { allow, canaries: { trap: { expose: 'TRAP' } } },
    credentials: made,
  }
}

/** Where the names of the policy lead. */
export function hostsOf({ originPort }: Orders, policy: Policy): Record<string, string> {
  const ids = Object.keys(policy.credentials ?? {})
  return Object.fromEntries(ids.map((id) => [`${id}.${domain}:443`, `127.0.0.1:${originPort}`]))
}

/** Requests with every credential, each answered in every way; and some that are refused. */
export function requestsOf(policy: Policy): Wanted[] {
  const ids = Object.keys(policy.credentials ?? {})
  const good = ids.flatMap((id) => echoes.map((how) => request(id, how)))
  const url = `https://key.${domain}/`
  const bad = [
    { url, method: 'GET', headers: { 'x-api-key': 'of-somebody-else' } },
    { url, method: 'GET', headers: { 'x-found': '$TRAP' } },
    { url, method: 'GET', headers: { authorization: 'Bearer of-somebody-else' } },
    { url, method: 'GET', headers: { 'x-found': '$OPENAI_API_KEY' } },
    { url, method: 'DELETE' },
    { url: 'https://elsewhere.test/', method: 'GET' },
  ]
  return [...good, ...bad]
}

function request(id: string, how: string): Wanted {
  const path = id === 'path' ? '/bot$BOT_TOKEN/send' : '/'
  const url = `https://${id}.${domain}${path}?how=${how}`
  if (id !== 'json') return { url, method: 'GET' }
  const headers = { 'content-type': 'application/json' }
  return { url, method: 'POST', headers, body: '{"token":"","text":"hello"}' }
}
