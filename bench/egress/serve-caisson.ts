// Caisson's egress proxy as a proxy of its own.
import { createEgressProxy } from '@caisson/egress-proxy'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { benchLimits, benchPolicy, isAudited } from './policy.ts'
import { basic, ready, served } from './serve.ts'

const { origin, originAuthority, folder, asked } = served()
const trail = join(folder, `trail-${process.pid}`)
const proxy = await createEgressProxy({
  policy: benchPolicy(origin, 10, asked),
  hosts: {
    [`localhost:${origin.secure}`]: `127.0.0.1:${origin.secure}`,
    [`localhost:${origin.raw}`]: `127.0.0.1:${origin.raw}`,
  },
  trust: readFileSync(originAuthority, 'utf8'),
  limits: benchLimits,
  ...(isAudited(asked) ? { audit: { path: trail } } : {}),
})
const { port, url } = await proxy.listen()
const { username, password } = new URL(url)
ready(port, basic(username, password))
