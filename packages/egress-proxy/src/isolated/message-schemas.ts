import { z } from 'zod'
import type { Made, MadeListener, Order, Report, SecretAnswer } from './messages.ts'

/**
 * What goes between the host's process and that of an isolated proxy. Both sides look at every message; one
 * that is none of these ends the proxy.
 */

const id = z.int().nonnegative()
const port = z.int().min(0).max(65_535)
const text = z.string()

const door = z.strictObject({
  kind: z.enum(['proxy', 'transparent', 'resolver']),
  protocol: z.enum(['tcp', 'udp']),
  address: text.max(64),
  port,
})
const peer = z.strictObject({ protocol: z.enum(['tcp', 'udp']), address: text.max(64), port })
const usage = z.strictObject({
  allowed: id,
  denied: id,
  bytesOut: id,
  bytesIn: id,
  openConnections: id,
})
const decision = z.strictObject({
  sequence: id,
  time: z.number(),
  verdict: z.enum(['allow', 'deny']),
  code: text.nullable(),
  door: text,
  host: text,
  port: port.nullable(),
  method: text.nullable(),
  path: text.nullable(),
  rule: text.nullable(),
  reason: text,
  remedy: text,
  policyVersion: id,
  processId: text.nullable(),
})
const figures = z.strictObject({
  bytesOut: id,
  bytesIn: id,
  status: z.int().nullable(),
  outcome: z.enum(['complete', 'cut']),
  durationMs: z.number(),
})
const checkpoint = z.strictObject({
  sandboxId: text,
  lines: id,
  hash: text.length(64),
  time: z.number(),
  final: z.boolean(),
  signature: text.nullable(),
})

const alarm = z.strictObject({
  kind: z.enum([
    'foreign_credential',
    'dummy_misused',
    'canary_found',
    'secret_found',
    'secret_reflected',
    'minting_refused',
    'unusual_upload',
    'credential_failed',
  ]),
  time: z.number(),
  host: text,
  about: text.nullable(),
  message: text,
  processId: text.nullable(),
})

const telemetry = z.discriminatedUnion('on', [
  z.strictObject({
    on: z.literal('decided'),
    decision,
    pattern: text.nullable(),
    template: text.nullable(),
    lasts: z.boolean(),
  }),
  z.strictObject({ on: z.literal('finished'), sequence: id, figures }),
  z.strictObject({ on: z.literal('handshake') }),
  z.strictObject({ on: z.literal('connections'), by: z.int() }),
])

const news = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('decision'), decision }),
  z.strictObject({ kind: z.literal('alarm'), alarm }),
  z.strictObject({ kind: z.literal('log'), message: text }),
  z.strictObject({ kind: z.literal('checkpoint'), checkpoint }),
  z.strictObject({ kind: z.literal('telemetry'), event: telemetry }),
])

const fields = z.array(z.tuple([text, text]))
const view = z.strictObject({
  host: text,
  port,
  method: text,
  path: text,
  query: fields,
  headers: fields,
})

const ttlMs = z.number().optional()
const reference = z.union([
  z.strictObject({ env: text, ttlMs }),
  z.strictObject({ file: text, ttlMs }),
  z.strictObject({ command: z.array(text), ttlMs }),
  z.strictObject({ static: text, ttlMs }),
  z.strictObject({ provider: text, ttlMs }),
])

const call = z.discriminatedUnion('name', [
  z.strictObject({ name: z.literal('locate'), peer }),
  z.strictObject({
    name: z.literal('onAsk'),
    question: z.strictObject({
      host: text,
      port,
      method: text.nullable(),
      path: text.nullable(),
      query: fields,
      rule: text.nullable(),
    }),
  }),
  z.strictObject({ name: z.literal('onRequest'), request: view }),
  z.strictObject({
    name: z.literal('onResponse'),
    request: view,
    response: z.strictObject({ status: z.int(), headers: fields }),
  }),
  z.strictObject({ name: z.literal('write'), lines: text }),
  z.strictObject({ name: z.literal('secret'), credential: text.max(128), reference }),
])

const failure = z.strictObject({
  type: z.enum(['SandboxError', 'TypeError', 'Error']),
  code: text.nullable(),
  message: text,
  hint: text.nullable(),
})

/** From the proxy's process to the host's. */
export const reportSchema: z.ZodType<Report> = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('done'), id, value: z.unknown().optional() }),
  z.strictObject({ kind: z.literal('failed'), id, failure }),
  z.strictObject({ kind: z.literal('told'), upTo: id, news: z.array(news), usage }),
  z.strictObject({ kind: z.literal('call'), id, call }),
  z.strictObject({ kind: z.literal('abort'), id }),
])

const where = z.strictObject({ host: text.optional(), port: port.optional() })
const how = z.union([
  z.strictObject({ door: z.enum(['proxy', 'transparent']), destination: text.optional() }),
  z.strictObject({ door, localAddress: text, peer }),
])
const options = z.strictObject({
  plain: z.record(text, z.unknown()),
  policy: z.record(text, z.unknown()),
  audit: z
    .strictObject({
      path: text.optional(),
      strict: z.boolean().optional(),
      pendingBytes: z.number().optional(),
      closeMs: z.number().optional(),
      signingKey: text.optional(),
      checkpointEvery: z.number().optional(),
    })
    .nullable(),
  telemetry: z.boolean(),
  calls: z.array(z.enum(['locate', 'onAsk', 'onRequest', 'onResponse', 'write'])),
  providers: z.array(text),
})

const order = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('create'), id, options }),
  z.strictObject({ kind: z.literal('listen'), id, where }),
  z.strictObject({ kind: z.literal('unlisten'), id, listener: id }),
  z.strictObject({ kind: z.literal('attend'), id, door: door.nullable() }),
  z.strictObject({ kind: z.literal('accept'), id, how }),
  z.strictObject({ kind: z.literal('update'), id, policy: z.record(text, z.unknown()) }),
  z.strictObject({ kind: z.enum(['rotate', 'revoke']), id, credential: text }),
  z.strictObject({ kind: z.literal('close'), id }),
  z.strictObject({ kind: z.literal('heard'), upTo: id }),
  z.strictObject({ kind: z.literal('answer'), id, value: z.unknown().optional() }),
  z.strictObject({ kind: z.literal('unanswered'), id }),
])

/** From the host's process to the proxy's. */
export const orderSchema: z.ZodType<Order> = order

const mostVariables = 4096
const environment = z
  .record(text.max(256), text.max(8192))
  .refine((variables) => Object.keys(variables).length <= mostVariables)

/** What `done` holds after `create`. */
export const madeSchema: z.ZodType<Made> = z.strictObject({
  id: text.max(64),
  certificate: text.max(65_536),
  doors: z.array(door),
  environment,
})

/** What `done` holds after `listen`. */
export const listenerSchema: z.ZodType<MadeListener> = z.strictObject({
  listener: id,
  host: text,
  port,
  token: text,
  url: text,
})

/** 1 MiB in base64. */
const longestSecret = 1_398_104

/** What `answer` holds after `secret`. */
export const secretAnswerSchema: z.ZodType<SecretAnswer> = z.discriminatedUnion('had', [
  z.strictObject({
    had: z.literal(true),
    value: z.base64().min(1).max(longestSecret),
    expiresAt: z.number().nullable(),
  }),
  z.strictObject({ had: z.literal(false), message: text.max(1024), passing: z.boolean() }),
])
