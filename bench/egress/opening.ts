import { bubblewrap } from '@caisson/bubblewrap'
import { createSandbox, type Policy, type Sandbox } from '@caisson/core'
import { createEgressProxy, type EgressOptions, egressGateway } from '@caisson/egress-proxy'
import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { promisify } from 'node:util'
import { inTurn, timed } from '../measure.ts'
import { figure, type Row } from '../table.ts'
import type { Arena } from './arena.ts'
import { benchPolicy } from './policy.ts'

const run = promisify(execFile)
const driver = bubblewrap()

/** A name: what is called `localhost` inside is inside. */
const host = 'api.good.test'

/** Ten rules. */
function policyOf({ origin }: Arena): Policy {
  const { network } = benchPolicy(origin, 11)
  return { network: { ...network, allow: [host, ...(network?.allow ?? []).slice(2)] } }
}

function wayOut({ origin, originAuthority }: Arena): EgressOptions {
  return {
    hosts: { [`${host}:443`]: `127.0.0.1:${origin.secure}` },
    trust: readFileSync(originAuthority, 'utf8'),
  }
}

function openClosed(): Promise<Sandbox> {
  return createSandbox({ driver, policy: {} })
}

function openWithWayOut(arena: Arena): Promise<Sandbox> {
  const gateway = egressGateway(wayOut(arena))
  return createSandbox({ driver, gateway, policy: policyOf(arena) })
}

/** What a way out costs where a sandbox begins. */
export async function opening(arena: Arena, rounds: number): Promise<Row[]> {
  return [
    await proxyAlone(arena, rounds),
    await create(arena, rounds),
    await firstRequest(arena, rounds),
  ]
}

async function proxyAlone(arena: Arena, rounds: number): Promise<Row> {
  const options = { ...wayOut(arena), policy: policyOf(arena) }
  const life = async () => {
    await using _ = await createEgressProxy(options)
  }
  const { ours } = await inTurn(
    { ours: timed(life), floor: timed(async () => {}), peer: null },
    rounds,
  )
  return {
    figure: 'createEgressProxy and its close, 10 rules',
    ours: `${figure(ours)} ms`,
    floor: '–',
    value: ours,
    unit: ' ms',
    goal: null,
    peer: '–',
    samples: rounds,
  }
}

async function create(arena: Arena, rounds: number): Promise<Row> {
  const destroying = (sandbox: Sandbox) => sandbox.destroy()
  const { ours, floor } = await inTurn(
    {
      ours: timed(() => openWithWayOut(arena).then(destroying)),
      floor: timed(() => openClosed().then(destroying)),
      peer: null,
    },
    rounds,
  )
  return {
    figure: 'create and destroy a sandbox with a way out, 10 rules',
    ours: `${figure(ours)} ms`,
    floor: `${figure(floor)} ms, without one`,
    value: ours / floor,
    unit: '×',
    goal: null,
    peer: '–',
    samples: rounds,
  }
}

/** A sandbox is made for each; what is measured is curl's whole life in it. */
async function firstRequest(arena: Arena, rounds: number): Promise<Row> {
  const url = `https://${host}/`
  const words = ['curl', '--silent', '--fail', '--show-error', '--output', '/dev/null']
  const ours = async () => {
    await using sandbox = await openWithWayOut(arena)
    const from = performance.now()
    const { exitCode, stderr } = await sandbox.exec([...words, url])
    if (exitCode !== 0) throw new Error(`curl inside: ${stderr}`)
    return performance.now() - from
  }
  const server = `${host}:443:127.0.0.1:${arena.origin.secure}`
  const there = ['--cacert', arena.originAuthority, '--connect-to', server, url]
  const floor = timed(() => run('curl', [...words.slice(1), ...there]))
  const found = await inTurn({ ours, floor, peer: null }, rounds)
  return {
    figure: 'first request of a new sandbox, by curl',
    ours: `${figure(found.ours)} ms`,
    floor: `${figure(found.floor)} ms, by curl on the host, no proxy`,
    value: found.ours / found.floor,
    unit: '×',
    goal: null,
    peer: '–',
    samples: rounds,
  }
}
