// What one request costs before it is sent, measured where it happens: its head is read, brought to its
// canonical form, judged, metered, looked through, numbered and written to a trail with its outcome, and what
// is sent for it is made, with the credential in it. Prints microseconds by what is asked, which take turns,
// in one line of JSON.
import { parsePolicy } from '@caisson/core'
import type { EgressProxyOptions } from '@caisson/egress-proxy'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Assembly } from '../../packages/egress-proxy/dist/engine/assemble.js'
import type { Client } from '../../packages/egress-proxy/dist/engine/client.js'
import type * as Injecting from '../../packages/egress-proxy/dist/engine/injection.js'
import type * as JudgedBodies from '../../packages/egress-proxy/dist/engine/judged-body.js'
import type * as Outgoing from '../../packages/egress-proxy/dist/engine/outgoing-request.js'
import type * as Reading from '../../packages/egress-proxy/dist/engine/read-request.js'
import type { Exchange } from '../../packages/egress-proxy/dist/exchange.js'
import type { Body, IncomingHead } from '../../packages/egress-proxy/dist/http-message.js'
import { inner } from './inner.ts'
import { jsonOf } from './json-text.ts'
import { type Asked, benchLimits, benchPolicy } from './policy.ts'

const { assemble } = await inner<{ assemble: (options: EgressProxyOptions) => Assembly }>(
  'engine/assemble.js',
)
const { readRequest } = await inner<typeof Reading>('engine/read-request.js')
const { outgoingHead } = await inner<typeof Outgoing>('engine/outgoing-request.js')
const { Injection } = await inner<typeof Injecting>('engine/injection.js')
const { readWhole } = await inner<typeof JudgedBodies>('engine/judged-body.js')

const rounds = Number(process.argv[2] ?? 7)
const repetitions = Number(process.argv[3] ?? 10_000)
const folder = mkdtempSync(join(tmpdir(), 'caisson-judgement-'))

function headOf(host: string, path: string): IncomingHead {
  return {
    method: 'POST',
    target: `${path}?page=2&sort=asc`,
    authority: host,
    scheme: null,
    version: '1.1',
    upgrade: null,
    expectsContinue: false,
    headers: [
      ['host', host],
      ['user-agent', 'bench/1'],
      ['accept', '*/*'],
      ['accept-encoding', 'gzip'],
      ['content-type', 'application/json'],
      ['x-request-id', '0123456789abcdef'],
    ],
  }
}

interface Bench {
  readonly parts: Assembly
  readonly channel: Reading.Channel
  readonly head: IncomingHead
  readonly body: Buffer
  readonly repetitions: number
}

interface Wanted {
  readonly asked: Asked
  readonly rules: number
  readonly bodyBytes?: number
}

async function prepare({ asked, rules, bodyBytes = 0 }: Wanted): Promise<Bench> {
  const at = Math.max(0, Math.floor(rules / 2))
  const host = `api-${at}.good.test`
  const parts = assemble({
    policy: parsePolicy(benchPolicy({ secure: 8443, raw: 8444 }, rules, asked)),
    limits: benchLimits,
    audit: { path: join(folder, `trail-${asked}-${rules}-${bodyBytes}`), pendingBytes: 1 << 28 },
  })
  const channel: Reading.Channel = {
    door: 'connect',
    scheme: 'https',
    destination: { host, port: 443 },
    judgesPaths: () => true,
  }
  for (const { id } of parts.keeper.credentials)
    await parts.keeper.get(id, AbortSignal.timeout(10_000))
  return {
    parts,
    channel,
    head: headOf(host, `/v1/projects/p${at}/items/17`),
    body: jsonOf(bodyBytes),
    repetitions: Math.ceil(repetitions / (1 + bodyBytes / 1024)),
  }
}

const client = { owner: () => Promise.resolve(null) } as Client

/** A body that is there at once. */
function bodyOf(bytes: Buffer): Body {
  return {
    length: bytes.length,
    start: (sink) =>
      queueMicrotask(() => {
        sink.data(bytes)
        sink.end([])
      }),
    pause: () => undefined,
    resume: () => undefined,
    cancel: () => undefined,
  }
}

/** As much of an exchange as is needed to read its body. */
function exchangeOf({ head, body }: Bench): { exchange: Exchange; close: () => void } {
  const closing: ((complete: boolean) => void)[] = []
  const exchange = {
    head,
    body: body.length === 0 ? null : bodyOf(body),
    continue: () => undefined,
    onClose: (listener: (complete: boolean) => void) => closing.push(listener),
  }
  return {
    exchange: exchange as unknown as Exchange,
    close: () => {
      for (const listener of closing) listener(true)
    },
  }
}

async function once(bench: Bench): Promise<void> {
  const { parts, channel, head } = bench
  const { engine } = parts
  const { exchange, close } = exchangeOf(bench)
  const read = readRequest(head, channel)
  if ('refusal' in read) throw new Error(read.refusal.reason)
  const { request } = read
  const ruling = await engine.judge.http(request, client, {
    url: read.target.length,
    head: 300,
    body: 1024,
    readBody: () => readWhole(exchange, request, engine),
    onLeave: () => undefined,
  })
  if (!ruling.allowed) throw new Error(ruling.refusal.reason)
  const { needs } = ruling.decision
  const { whole } = ruling
  const redacts = engine.screens.answersAt(ruling.policy, request.host) !== null
  const sent = outgoingHead(head, read, { needs, whole, stray: [], redacts })
  Injection.of(engine.keeper, needs.identity)?.put({ head: sent, body: whole?.bytes ?? null })
  const outcome = { bytesOut: 1324, bytesIn: 512, status: 200, durationMs: 1.5 }
  engine.recorder.finished(ruling.sequence, { ...outcome, outcome: 'complete' })
  close()
}

/** Microseconds for each request. Nothing but what lies between a head and its being sent on. */
async function measure(bench: Bench): Promise<number> {
  const from = performance.now()
  for (let count = 0; count < bench.repetitions; count += 1) await once(bench)
  const microseconds = (performance.now() - from) * 1000
  // The trail's lines are written behind the requests' back; that is part of what they cost.
  const flushing = performance.now()
  await new Promise((resolve) => setImmediate(resolve))
  return (microseconds + (performance.now() - flushing) * 1000) / bench.repetitions
}

const wanted = {
  plain: { asked: 'plain', rules: 10 },
  plainMany: { asked: 'plain', rules: 10_000 },
  canaries: { asked: 'canaries', rules: 10 },
  credential: { asked: 'credential', rules: 10 },
  full: { asked: 'full', rules: 10 },
  fullMany: { asked: 'full', rules: 10_000 },
  judged: { asked: 'judged', rules: 10, bodyBytes: 1024 },
  judgedLarge: { asked: 'judged', rules: 10, bodyBytes: 102_400 },
  judgedFull: { asked: 'judgedFull', rules: 10, bodyBytes: 1024 },
} as const satisfies Record<string, Wanted>

const benches: (readonly [name: string, bench: Bench])[] = []
for (const [name, one] of Object.entries(wanted)) benches.push([name, await prepare(one)])
const found: Record<string, number[]> = {}
for (let round = -2; round < rounds; round += 1) {
  for (const [name, bench] of benches) {
    const microseconds = await measure(bench)
    if (round >= 0) (found[name] ??= []).push(microseconds)
  }
}
console.log(JSON.stringify(found))
for (const [, { parts }] of benches) {
  await parts.trail.close()
  await parts.keeper.close()
  parts.dialer.close()
  parts.tokens.close()
}
rmSync(folder, { recursive: true, force: true })
