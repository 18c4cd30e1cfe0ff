import type { AllowRule, Credential } from '@caisson/core'
import { good, Proxied, type Wanted } from './proxied.ts'
import type { Outcome, Way, Wish } from './ways.ts'

/** What is kept outside; made up. */
export const secret = 'Zk3-the-real-secret-9Qx'

/** A key of somebody else. */
export const foreign = 'of-somebody-else-7Hh2'

/** One credential, in a header of its own. */
export const kept: Credential = {
  source: { static: secret },
  carrier: { header: 'x-api-key' },
  expose: 'ANTHROPIC_API_KEY',
}

/** A rule for the one host, in a name. */
export function ruleFor(identity: string, more: Partial<AllowRule> = {}): AllowRule {
  return { host: good, methods: ['GET', 'POST'], websocket: true, identity, ...more }
}

/** A proxy with one credential and one rule. */
export function keyed(
  identity: string,
  { rule = {}, ...more }: Wanted & { readonly rule?: Partial<AllowRule> } = {},
): Promise<Proxied> {
  const network = { allow: [ruleFor(identity, rule)] }
  return Proxied.open({ network, credentials: { key: kept }, ...more })
}

/** A request to the one host. */
export function wish(more: Partial<Wish> = {}): Wish {
  return { host: good, port: 443, method: 'GET', path: '/v1/x', ...more }
}

/** Goes a way, on which nothing may have reached an origin before or after. */
export async function unseen(world: Proxied, way: Way, asked: Wish): Promise<Outcome> {
  const before = world.reached
  const outcome = await way(world, asked)
  if (world.reached !== before || world.arrived !== 0)
    throw new Error(`something reached the origin: ${JSON.stringify(asked)}`)
  return outcome
}

/** Raw, and as programs write it down by themselves. */
export function formsOf(text: string): readonly string[] {
  const bytes = Buffer.from(text)
  const shifted = [0, 1, 2].map((shift) => {
    const coded = Buffer.concat([Buffer.alloc(shift), bytes])
      .toString('base64')
      .replace(/=+$/, '')
    // The characters that depend on this text alone.
    const from = Math.ceil((shift * 4) / 3)
    const to = Math.floor(((shift + bytes.length) * 4) / 3)
    return coded.slice(from, to)
  })
  return [text, bytes.toString('hex'), bytes.toString('hex').toUpperCase(), ...shifted]
}
