import type { SecretReference } from '@caisson/core'
import { SourceFault, type SourceTools, type TokenAnswer, type TokenRequest } from '../secret.ts'

/** One step with a service, in words for whoever reads what went wrong. */
export interface ServiceStep {
  /** `GitHub`, `STS`. */
  readonly service: string
  /** Behind "while": `asking for an installation token`. */
  readonly doing: string
  /** What to check after an answer of this status. */
  readonly check: Readonly<Record<number, string>>
}

/** A call, with what it is part of. */
export interface ServiceCall {
  readonly tools: SourceTools
  readonly signal: AbortSignal
  readonly step: ServiceStep
}

/**
 * Asks, and takes only the statuses that mean success.
 *
 * @throws SourceFault for every other one. It tells the status and what to check, and nothing of the answer.
 */
export async function callService(
  request: TokenRequest,
  { tools, signal, step }: ServiceCall,
  success: readonly number[],
): Promise<TokenAnswer> {
  let answer: TokenAnswer
  try {
    answer = await tools.fetch(request, signal)
  } catch (error) {
    if (error instanceof SourceFault) throw error
    throw new SourceFault(`${step.service} could not be asked, while ${step.doing}`, {
      passing: true,
    })
  } finally {
    request.body?.fill(0)
  }
  if (success.includes(answer.status)) return answer
  answer.body.fill(0)
  throw refused(answer, step)
}

function refused(
  { status, headers }: TokenAnswer,
  { service, doing, check }: ServiceStep,
): SourceFault {
  const advice = check[status] ?? usualAdvice(status)
  // GitHub, among others, answers 403 to who asks too often, and says with `retry-after` that it is that.
  const waits = Object.hasOwn(headers, 'retry-after') && status === 403
  return new SourceFault(
    `${service} answered ${status}, while ${doing}${advice === null ? '' : `: ${advice}`}`,
    { passing: waits || status === 408 || status === 429 || status >= 500 },
  )
}

function usualAdvice(status: number): string | null {
  if (status >= 300 && status < 400) return 'redirects are not followed; name the final address'
  if (status === 429) return 'it is asked too often'
  if (status >= 500) return 'it has a fault of its own'
  return status < 300 ? 'that is not what its documentation says' : null
}

/** An answer that is not as documented. */
export function oddAnswer({ service, doing }: ServiceStep, what: string): SourceFault {
  return new SourceFault(`the answer of ${service}, while ${doing}, ${what}`)
}

/** Reads a secret, lends it, and overwrites it, whatever happens. */
export async function withSecret<T>(
  reference: SecretReference,
  { tools, signal }: Pick<ServiceCall, 'tools' | 'signal'>,
  use: (bytes: Buffer) => T | Promise<T>,
): Promise<T> {
  const { bytes } = await tools.read(reference, signal)
  try {
    return await use(bytes)
  } finally {
    bytes.fill(0)
  }
}

/** The text of a secret that has to stand in a header: visible ASCII. @throws SourceFault naming it */
export function headerText(bytes: Buffer, what: string): string {
  const text = bytes.toString('latin1')
  if (isVisible(text)) return text
  throw new SourceFault(`${what} is empty, or holds more than visible ASCII characters`)
}

/** Not empty, and visible ASCII alone: neither blanks nor line ends, which would be another header. */
export function isVisible(text: string): boolean {
  return /^[!-~]+$/.test(text)
}

/**
 * An address below another: `https://api.github.com` and `/app`.
 *
 * @throws SourceFault when the first is no address, or has a user, a query or a fragment
 */
export function addressBelow(address: string, path: string): string {
  const url = URL.canParse(address) ? new URL(address) : null
  const plain = url !== null && url.username + url.password + url.search + url.hash === ''
  const spoken = url?.protocol === 'https:' || url?.protocol === 'http:'
  if (!plain || !spoken) {
    throw new SourceFault('the address of a service must be a URL of https, without user and query')
  }
  return `${url.origin}${url.pathname.replace(/\/$/, '')}${path}`
}
