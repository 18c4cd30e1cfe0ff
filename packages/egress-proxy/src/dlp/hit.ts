import type { Refusal } from '../refusal.ts'
import type { FormName } from '../scan/forms.ts'
import type { Pattern } from '../scan/pattern.ts'

/** Something was about to leave that must not. No byte of it is in here. */
export interface Hit {
  /** Of a credential, or of a canary. */
  readonly about: string
  readonly kind: Pattern['kind']
  /** `window`: no one request holds it, but several together do. */
  readonly where: 'name' | 'path' | 'query' | 'header' | 'body' | 'websocket' | 'window'
  readonly form: FormName
}

const places: Readonly<Record<Hit['where'], string>> = Object.freeze({
  name: 'the name that was asked for',
  path: 'the path',
  query: 'the query',
  header: 'a header',
  body: 'the body',
  websocket: 'a WebSocket message',
  window: 'this request, taken together with earlier ones,',
})

/** What the client is told of a hit. */
export function refusalOfHit({ kind, where }: Hit): Refusal {
  const place = places[where]
  if (kind === 'canary') {
    return {
      code: 'canary_found',
      rule: null,
      reason: `${place} holds a text that nobody has a reason to send anywhere`,
      remedy: 'leave it where it is, and tell the owner of the sandbox what asked for it',
    }
  }
  if (kind === 'dummy') {
    return {
      code: 'dummy_misused',
      rule: null,
      reason: `${place} holds the stand-in of a credential, elsewhere than where the credential belongs`,
      remedy: 'send it only where the client library of its own service puts it',
    }
  }
  return {
    code: 'secret_found',
    rule: null,
    reason: `${place} holds a secret that is kept outside`,
    remedy: 'leave it out: the proxy adds credentials by itself where rules name them',
  }
}

/** What the client is told of a body whose coding cannot be undone. */
export const unreadableBody: Refusal = Object.freeze({
  code: 'body_unreadable',
  rule: null,
  reason: 'the body is coded in a way that cannot be undone, so that nobody can see what leaves',
  remedy: 'send it as it is, or in one coding of gzip, deflate and br, with nothing behind it',
})
