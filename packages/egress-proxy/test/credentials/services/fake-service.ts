/** A request as a fake of a service gets it, over a function or over HTTP. */
export interface FakeRequest {
  readonly method: string
  /** Path and query. */
  readonly path: string
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>
  readonly body: Buffer
}

export interface FakeAnswer {
  readonly status: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body: string | Buffer
}

/** Answers as the service does, as far as its documentation says, and keeps what it handed out. */
export type FakeHandler = (request: FakeRequest) => FakeAnswer

export function json(status: number, value: unknown): FakeAnswer {
  return {
    status,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(value),
  }
}

/** What is in a JSON body, or `null` when it is none or is not said to be. */
export function jsonBody({ headers, body }: FakeRequest): Record<string, unknown> | null {
  if (headers['content-type']?.split(';')[0] !== 'application/json') return null
  try {
    return JSON.parse(body.toString()) as Record<string, unknown>
  } catch {
    return null
  }
}

/** What is in a form, or `null` when it is none or has a name twice. */
export function formBody({ headers, body }: FakeRequest): Record<string, string> | null {
  if (headers['content-type']?.split(';')[0] !== 'application/x-www-form-urlencoded') return null
  const pairs = [...new URLSearchParams(body.toString())]
  const form = Object.fromEntries(pairs)
  return Object.keys(form).length === pairs.length ? form : null
}
