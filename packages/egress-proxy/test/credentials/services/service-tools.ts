import type { SecretReference } from '@caisson/core'
import { HeldSecret } from '../../../dist/credentials/held-secret.js'
import {
  type Secret,
  SourceFault,
  type SourceTools,
  type TokenAnswer,
  type TokenRequest,
} from '../../../dist/credentials/secret.js'
import type { FakeAnswer, FakeHandler } from './fake-service.ts'

/** Tools over fakes, which keep what went through them. */
export interface FakeTools extends SourceTools {
  /** Each secret that was read, as the source left it. */
  readonly secrets: Buffer[]
  readonly requests: TokenRequest[]
  readonly answers: Buffer[]
}

export const startMs = Date.UTC(2026, 10, 24, 12)

/** Reads `static` references alone; sends everything to one handler. */
export function toolsOver(handler: FakeHandler, now: () => number = () => startMs): FakeTools {
  const kept = { secrets: [] as Buffer[], requests: [] as TokenRequest[], answers: [] as Buffer[] }
  return {
    ...kept,
    now,
    read: (reference: SecretReference): Promise<Secret> => {
      if (!('static' in reference)) return Promise.reject(new SourceFault('cannot be read'))
      const bytes = Buffer.from(reference.static)
      kept.secrets.push(bytes)
      const ttl = reference.ttlMs
      return Promise.resolve({ bytes, expiresAt: ttl === undefined ? null : now() + ttl })
    },
    fetch: (request: TokenRequest): Promise<TokenAnswer> => {
      kept.requests.push({ ...request, body: request.body && Buffer.from(request.body) })
      const answer = answered(request, handler)
      kept.answers.push(answer.body)
      return Promise.resolve(answer)
    },
  }
}

function answered(request: TokenRequest, handler: FakeHandler): TokenAnswer {
  const url = new URL(request.url)
  const {
    status,
    headers = {},
    body,
  }: FakeAnswer = handler({
    method: request.method,
    path: url.pathname + url.search,
    headers: { ...request.headers, host: url.host },
    body: request.body ?? Buffer.alloc(0),
  })
  return { status, headers, body: Buffer.from(body) }
}

/** Whether a secret can be given back. */
export function isLent(secret: Secret): boolean {
  return secret instanceof HeldSecret && secret.isLent
}

/** What a promise fails with, as a fault of a source. */
export async function faultOf(promise: Promise<unknown>): Promise<SourceFault> {
  try {
    await promise
  } catch (error) {
    if (error instanceof SourceFault) return error
    throw error
  }
  throw new Error('nothing failed')
}

export const never: AbortSignal = new AbortController().signal
