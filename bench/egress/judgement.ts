// What judging and writing down one request costs, measured where it happens: a request's head is read,
// brought to its canonical form, judged, metered, numbered and written to a trail with its outcome.
// Prints microseconds for policies of 10 and of 10,000 rules, in turn, one line of JSON.
import { parsePolicy } from '@caisson/core'
import type { EgressProxyOptions } from '@caisson/egress-proxy'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Assembly } from '../../packages/egress-proxy/dist/engine/assemble.js'
import type { Client } from '../../packages/egress-proxy/dist/engine/client.js'
import type {
  Channel,
  ReadRequest,
  Unread,
} from '../../packages/egress-proxy/dist/engine/read-request.js'
import type { IncomingHead } from '../../packages/egress-proxy/dist/http-message.js'
import { benchLimits, benchPolicy } from './policy.ts'

/** Inner parts, which the package does not export. */
async function inner<T>(path: string): Promise<T> {
  const home = new URL('.', import.meta.resolve('@caisson/egress-proxy'))
  return (await import(new URL(path, home).href)) as T
}

const { assemble } = await inner<{ assemble: (options: EgressProxyOptions) => Assembly }>(
  'engine/assemble.js',
)
const { readRequest } = await inner<{
  readRequest: (head: IncomingHead, channel: Channel) => ReadRequest | Unread
}>('engine/read-request.js')

const rounds = Number(process.argv[2] ?? 7)
const repetitions = Number(process.argv[3] ?? 20_000)
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
  readonly channel: Channel
  readonly head: IncomingHead
}

function prepare(rules: number): Bench {
  const at = Math.max(0, Math.floor(rules / 2))
  const host = `api-${at}.good.test`
  const parts = assemble({
    policy: parsePolicy(benchPolicy({ secure: 8443, raw: 8444 }, rules)),
    limits: benchLimits,
    audit: { path: join(folder, `trail-${rules}`), pendingBytes: 1 << 28 },
  })
  const channel: Channel = {
    door: 'connect',
    scheme: 'https',
    destination: { host, port: 443 },
    judgesPaths: () => true,
  }
  return { parts, channel, head: headOf(host, `/v1/projects/p${at}/items/17`) }
}

const client = { owner: () => Promise.resolve(null) } as Client

/** Microseconds for each request. Nothing but what lies between a head and its being sent on. */
async function measure({ parts: { engine }, channel, head }: Bench): Promise<number> {
  const from = performance.now()
  for (let count = 0; count < repetitions; count += 1) {
    const read = readRequest(head, channel)
    if ('refusal' in read) throw new Error(read.refusal.reason)
    const ruling = await engine.judge.http(read.request, client, {
      url: read.target.length,
      head: 300,
      body: 1024,
      readBody: () => Promise.reject(new Error('there is none')),
      onLeave: () => undefined,
    })
    if (!ruling.allowed) throw new Error(ruling.refusal.reason)
    const outcome = { bytesOut: 1324, bytesIn: 512, status: 200, durationMs: 1.5 }
    engine.recorder.finished(ruling.sequence, { ...outcome, outcome: 'complete' })
  }
  const microseconds = (performance.now() - from) * 1000
  // The trail's lines are written behind the requests' back; that is part of what they cost.
  const flushing = performance.now()
  await new Promise((resolve) => setImmediate(resolve))
  return (microseconds + (performance.now() - flushing) * 1000) / repetitions
}

const few = prepare(10)
const many = prepare(10_000)
const found = { few: [] as number[], many: [] as number[] }
for (let round = -2; round < rounds; round += 1) {
  const [one, other] = [await measure(few), await measure(many)]
  if (round < 0) continue
  found.few.push(one)
  found.many.push(other)
}
console.log(JSON.stringify(found))
await Promise.all([few.parts.trail.close(), many.parts.trail.close()])
rmSync(folder, { recursive: true, force: true })
