import type { Dialer } from '../dial/dial.ts'
import { fixedBody } from '../engine/fixed-body.ts'
import type { UpstreamConnection } from '../exchange.ts'
import type { Body, Field, OutgoingHead, ResponseHead } from '../http-message.ts'
import type { ProxyLimits } from '../limits.ts'
import { RefusalError } from '../refusal.ts'
import { SourceFault, type SourceTools, type TokenAnswer, type TokenRequest } from './secret.ts'
import { settledWithin } from './settled-within.ts'
import { type TokenPlace, tokenPlace } from './token-place.ts'

const longestAnswer = 1_048_576

/**
 * Speaks to services that hand out secrets: one request, its answer read whole, verified TLS (plain HTTP on
 * loopback only), no redirect followed. What a service said is in no error.
 */
export function tokenFetch(
  dialer: Dialer,
  limits: Pick<ProxyLimits, 'credentialMs'>,
): SourceTools['fetch'] {
  return async (request, signal) => {
    const place = tokenPlace(request.url)
    const stop = new AbortController()
    const giveUp = (): void => stop.abort()
    const timer = setTimeout(giveUp, limits.credentialMs)
    signal.addEventListener('abort', giveUp, { once: true })
    if (signal.aborted) giveUp()
    try {
      const answer = ask({ dialer, request, place }, stop.signal)
      return await settledWithin(answer, stop.signal)
    } catch (error) {
      throw faultOf(error, place, stop.signal.aborted)
    } finally {
      clearTimeout(timer)
      signal.removeEventListener('abort', giveUp)
      // Whatever is still on its way ends here.
      stop.abort()
    }
  }
}

interface Question {
  readonly dialer: Dialer
  readonly request: TokenRequest
  readonly place: TokenPlace
}

async function ask(
  { dialer, request, place }: Question,
  signal: AbortSignal,
): Promise<TokenAnswer> {
  const { host, port, scheme } = place
  const wanted = { scheme, protocol: 'http/1.1', fresh: true } as const
  const connection = await dialer.open({ host, port }, wanted, signal)
  const end = (): void => connection.destroy()
  signal.addEventListener('abort', end, { once: true })
  try {
    if (signal.aborted) throw new SourceFault('it was given up')
    return await exchanged(connection, headOf(request, place), request.body ?? null)
  } finally {
    signal.removeEventListener('abort', end)
    // A token is fetched now and then: nothing is gained by keeping a connection that showed a secret.
    connection.destroy()
  }
}

function headOf({ method, headers }: TokenRequest, place: TokenPlace): OutgoingHead {
  const { scheme, authority, target } = place
  // Nothing is undone here: a coded answer is refused.
  const fields: Field[] = [...Object.entries(headers), ['accept-encoding', 'identity']]
  return { method, scheme, authority, target, headers: fields, upgrade: null }
}

function exchanged(
  connection: UpstreamConnection,
  head: OutgoingHead,
  bytes: Buffer | null,
): Promise<TokenAnswer> {
  return new Promise((resolve, reject) => {
    const refuse = (what: string): void => reject(new SourceFault(what, { passing: true }))
    connection.request(head, bytes === null ? null : fixedBody(bytes), {
      informed: () => undefined,
      responded: (answer, body) => {
        readAnswer(answer, body).then(resolve, reject)
      },
      switched: (_head, stream) => {
        stream.destroy()
        refuse('it changed the protocol')
      },
      failed: () => refuse('the request failed'),
    })
  })
}

async function readAnswer(head: ResponseHead, body: Body | null): Promise<TokenAnswer> {
  const headers: Record<string, string> = Object.create(null)
  for (const [name, value] of head.headers) {
    const before = headers[name]
    headers[name] = before === undefined ? value : `${before}, ${value}`
  }
  const coding = headers['content-encoding'] ?? 'identity'
  if (coding.toLowerCase() !== 'identity') {
    body?.cancel()
    throw new SourceFault('the answer is coded, which was not asked for')
  }
  return { status: head.status, headers, body: body === null ? Buffer.alloc(0) : await whole(body) }
}

function whole(body: Body): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    let length = 0
    const forget = (what: string, passing: boolean): void => {
      for (const chunk of chunks.splice(0)) chunk.fill(0)
      reject(new SourceFault(what, { passing }))
    }
    body.start({
      data: (chunk) => {
        length += chunk.length
        if (length > longestAnswer) {
          body.cancel()
          return forget('the answer is longer than 1 MiB', false)
        }
        // The sender may use its own again.
        chunks.push(Buffer.from(chunk))
      },
      end: () => {
        resolve(Buffer.concat(chunks))
        for (const chunk of chunks.splice(0)) chunk.fill(0)
      },
      fail: () => forget('the answer was cut', true),
    })
  })
}

function faultOf(error: unknown, { authority }: TokenPlace, late: boolean): SourceFault {
  const at = `token service ${authority}`
  if (late) return new SourceFault(`${at}: it took too long`, { passing: true })
  if (error instanceof SourceFault)
    return new SourceFault(`${at}: ${error.message}`, { passing: error.passing })
  const word = error instanceof RefusalError ? error.refusal.code : 'failed'
  return new SourceFault(`${at}: it could not be reached (${word})`, { passing: true })
}
