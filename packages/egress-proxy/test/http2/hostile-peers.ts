/**
 * Run with `--expose-gc` in a process of its own: what these peers do has made Node abort when what was
 * left of them was collected. The process ends by itself when nothing of the sort happens.
 */
import { once } from 'node:events'
import net from 'node:net'
import * as fc from 'fast-check'
import type { Exchange } from '../../dist/exchange.js'
import type { Body, BodySink } from '../../dist/http-message.js'
import { collect } from './bodies.ts'
import { frame, get, headersFrames, kind, number32, pack, preface } from './frames.ts'
import { LoopbackFront } from './loopback-front.ts'
import { LoopbackUpstream, ask, outgoing } from './loopback-upstream.ts'

const post = [[':method', 'POST'], ...get.slice(1)] as const
const turns = async (count: number): Promise<void> => {
  for (let at = 0; at < count; at += 1) await new Promise((resolve) => setImmediate(resolve))
}

/** A body without end, so that something is always on its way to the peer. */
class Endless implements Body {
  readonly length = null
  #sink: BodySink | null = null
  #paused = false

  start(sink: BodySink): void {
    this.#sink = sink
    setImmediate(() => this.#flow())
  }

  pause(): void {
    this.#paused = true
  }

  resume(): void {
    this.#paused = false
    setImmediate(() => this.#flow())
  }

  cancel(): void {
    this.#sink = null
  }

  #flow(): void {
    while (this.#sink !== null && !this.#paused) this.#sink.data(Buffer.alloc(65_536))
  }
}

const open = headersFrames(1, post, false)
const room = [1, 0].map((stream) => frame(kind.window, { stream }, number32(0x3fffffff)))
const broken = frame(kind.headers, { stream: 1, flags: 1 }, pack([['x', 'y'.repeat(50)]]))
const reset = frame(kind.reset, { stream: 1 }, number32(8))
const ping = frame(kind.ping, {}, Buffer.alloc(8))
const data = (stream: number): Buffer => frame(kind.data, { stream }, Buffer.from('x'))
const goaway = frame(kind.goaway, {}, Buffer.concat([number32(0), number32(1)]))
const badIndex = frame(
  kind.continuation,
  { stream: 1, flags: 4 },
  Buffer.from([255, 255, 255, 255, 15]),
)
const badName = frame(kind.continuation, { stream: 1, flags: 4 }, pack([['X', 'y']]))
const second = [headersFrames(3, post, false), data(3), data(1)]

/** What is written at once, and then one after the other. */
const attacks: readonly (readonly Buffer[])[] = [
  [Buffer.concat([open, ...room]), broken, reset],
  [Buffer.concat([open, ...room]), broken, ping],
  [Buffer.concat([open, ...room]), broken, badIndex],
  [Buffer.concat([open, ...room]), broken, badName],
  [Buffer.concat([open, ...room]), Buffer.concat([broken, badIndex]), data(1)],
  [Buffer.concat([open, ...room]), broken],
  [Buffer.concat([open, goaway, ...second])],
  [Buffer.concat([open, ...room]), Buffer.concat([goaway, ...second])],
  [Buffer.concat([open, frame(kind.window, {}, Buffer.alloc(4)), ...second])],
]

const anyAttack = fc.array(
  fc.oneof(
    fc.constantFrom(open, broken, reset, ping, badIndex, badName, goaway, ...second),
    fc.tuple(fc.constantFrom(open, broken, badName), fc.nat(60), fc.nat(255)).map(bend),
  ),
  { minLength: 1, maxLength: 6 },
)

function bend([whole, at, byte]: [Buffer, number, number]): Buffer {
  const bent = Buffer.from(whole)
  bent[at % bent.length] = byte
  return bent
}

async function collectGarbage(): Promise<void> {
  for (let at = 0; at < 2; at += 1) {
    globalThis.gc?.()
    await turns(1)
  }
}

async function attackFront(front: LoopbackFront, parts: readonly Buffer[]): Promise<void> {
  const socket = net.connect(front.port, '127.0.0.1')
  socket.on('error', () => undefined).resume()
  await once(socket, 'connect')
  socket.write(Buffer.concat([preface, frame(kind.settings, {})]))
  for (const part of parts) {
    if (!socket.destroyed) socket.write(part)
    await turns(4)
  }
  socket.destroy()
  await turns(1)
  for (const each of front.fronts.splice(0)) each.destroy()
  front.exchanges.length = 0
  await collectGarbage()
}

async function attackUpstream(parts: readonly Buffer[]): Promise<void> {
  await using server = await LoopbackUpstream.raw((socket) => {
    socket.on('error', () => undefined).resume()
    socket.write(Buffer.concat([frame(kind.settings, {}), ...room.slice(1), ...parts]))
    setTimeout(() => socket.destroy(), 5)
  })
  const upstream = await server.connect()
  const asked = ask(upstream, outgoing({ method: 'POST' }), new Endless())
  const { body } = await asked.outcome
  if (body !== null) await collect(body)
  upstream.destroy()
}

const answer = (exchange: Exchange): void => {
  void collect(exchange.body)
  exchange.respond({ status: 200, headers: [] }, new Endless())
}
const leave = (exchange: Exchange): void => exchange.abort()
const seed = Number(process.argv[2])

for (const onExchange of [answer, leave]) {
  await using front = await LoopbackFront.open(onExchange)
  for (let round = 0; round < 2; round += 1) {
    for (const parts of attacks) await attackFront(front, parts)
  }
  for (const parts of fc.sample(anyAttack, { seed, numRuns: 25 })) await attackFront(front, parts)
}
{
  await using front = await LoopbackFront.open(() => front.fronts.at(-1)?.destroy())
  for (const parts of attacks) await attackFront(front, [Buffer.concat(parts), ...second])
}
const status = headersFrames(1, [[':status', '200']], false)
for (const [first, ...late] of attacks) {
  if (first !== undefined) await attackUpstream([status, ...late])
  await collectGarbage()
}
