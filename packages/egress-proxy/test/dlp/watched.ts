import { type OutgoingHead, OutgoingWatch } from '../../dist/dlp/outgoing-watch.js'
import type { Pattern } from '../../dist/scan/pattern.js'

export const canary = 'CANARY-q8Zx4-Lk29-v7Wd-0aPm'
export const secret = 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYzzzzzzzKEY'
/** Put together, so that whoever searches this repository for keys finds none. */
export const keyId = ['AKIA', 'Z7Q3M5X9K2LD4RTB'].join('')
export const dummy = 'sk-ant-api03-dummy-8f3k2m5x'

/** What all these tests look for. */
export const patterns: readonly Pattern[] = [
  { about: 'planted', kind: 'canary', bytes: Buffer.from(canary) },
  { about: 'aws', kind: 'secret', bytes: Buffer.from(secret) },
  { about: 'aws', kind: 'secret', bytes: Buffer.from(keyId) },
  { about: 'anthropic', kind: 'dummy', bytes: Buffer.from(dummy) },
]
export const host = 'api.good.test'

export function watch(): OutgoingWatch {
  return new OutgoingWatch(patterns)
}

export function request(parts: Partial<OutgoingHead>): OutgoingHead {
  return { host, path: '/v1/a', query: [], headers: [], ...parts }
}
