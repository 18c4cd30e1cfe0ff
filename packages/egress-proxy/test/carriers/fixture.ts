import { expect } from 'chai'
import { inspect } from 'node:util'
import { CarrierFault, type Carrier, type Outgoing } from '../../dist/carriers/carrier.js'
import type { Field } from '../../dist/http-message.js'

export const secretText = 'Zk3-the-real-secret-9Qx'

/** A request that was judged and is about to leave. */
export function leaving(
  target: string,
  headers: readonly Field[] = [],
  body: string | null = null,
): Outgoing {
  return {
    head: {
      method: 'POST',
      scheme: 'https',
      authority: 'api.good.test',
      target,
      headers,
      upgrade: null,
    },
    body: body === null ? null : Buffer.from(body),
  }
}

/** Puts a secret in. */
export function put(
  carrier: Carrier,
  outgoing: Outgoing,
  secret: string | Buffer = secretText,
): Outgoing {
  return carrier.put(outgoing, Buffer.from(secret), 0)
}

/** What is thrown, which has to be a fault without the secret in it. */
export function faultOf(act: () => unknown, secret: string | Buffer): string {
  try {
    act()
  } catch (error) {
    if (!(error instanceof CarrierFault)) throw error
    const shown = `${inspect(error, { depth: Infinity, showHidden: true })} ${JSON.stringify(error)}`
    const text = Buffer.from(secret).toString('latin1')
    if (text.length > 3) expect(shown).not.to.include(text)
    return error.message
  }
  return 'nothing'
}

export function texts(hidden: readonly Buffer[]): readonly string[] {
  return hidden.map((bytes) => bytes.toString('utf8'))
}
