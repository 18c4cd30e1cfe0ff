// A host application with an egress proxy in it: told over IPC to measure how late its own timers are.
import { createEgressProxy } from '@caisson/egress-proxy'
import { readFileSync } from 'node:fs'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { benchLimits, benchPolicy } from './policy.ts'
import { basic, ready, served } from './serve.ts'

const { origin, originAuthority } = served()
const proxy = await createEgressProxy({
  policy: benchPolicy(origin, 10),
  hosts: { [`localhost:${origin.secure}`]: `127.0.0.1:${origin.secure}` },
  trust: readFileSync(originAuthority, 'utf8'),
  limits: benchLimits,
  isolate: process.argv[3] === 'process' ? 'process' : 'none',
})
const { port, url } = await proxy.listen()
const { username, password } = new URL(url)
const delays = monitorEventLoopDelay({ resolution: 1 })
delays.enable()
process.stdin.on('data', (chunk: Buffer) => {
  if (chunk.includes('start')) delays.reset()
  // The histogram counts whole intervals; the millisecond that each lasts by itself is taken off.
  else
    console.log(
      JSON.stringify({
        medianMs: delays.percentile(50) / 1e6 - 1,
        p99Ms: delays.percentile(99) / 1e6 - 1,
      }),
    )
})
ready(port, basic(username, password))
