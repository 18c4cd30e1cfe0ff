import { createSandbox, type Capabilities, type SandboxDriver } from '@caisson/core'
import type { EgressOptions } from '@caisson/egress-proxy'
import {
  BehaviourSkipped,
  type Behaviour,
  type CapabilityName,
  type DriverModule,
} from './behaviour.ts'
import { behaviours } from './behaviours/index.ts'
import { openContext, type Subject } from './context.ts'
import { createToolCensus, type ToolCensus } from './tool-census.ts'

/** How a driver did with one behaviour. */
export type Verdict =
  | { readonly status: 'kept' }
  | { readonly status: 'broken'; readonly error: unknown }
  | { readonly status: 'skipped'; readonly reason: string }

/** A behaviour and how the driver did. */
export interface BehaviourResult {
  readonly behaviour: Behaviour
  readonly verdict: Verdict
}

/** What a runner may be told. */
export interface RunnerOptions {
  /** How another process can create the same driver; without it a few behaviours are skipped. */
  readonly elsewhere?: DriverModule | undefined
  /** How ways out are made, such as with the proxy in a process of its own. Default: as by default. */
  readonly egress?: EgressOptions | undefined
  /** What creates sandboxes. Default: core. */
  readonly createSandbox?: typeof createSandbox | undefined
}

/** How to run. */
export interface RunOptions extends RunnerOptions {
  /** Which behaviours; default all. */
  readonly filter?: ((behaviour: Behaviour) => boolean) | undefined
}

const defaultTimeoutMs = 20_000

/** Runs behaviours one after the other on one driver. */
export interface Runner {
  /** Never rejects. */
  run(behaviour: Behaviour): Promise<Verdict>
}

/** A runner that remembers which programs exist inside. */
export function createRunner(driver: SandboxDriver, options: RunnerOptions = {}): Runner {
  const create = options.createSandbox ?? createSandbox
  const { elsewhere = null, egress = {} } = options
  const subject = { driver, elsewhere, egress, createSandbox: create }
  const census = createToolCensus(driver)
  return { run: (behaviour) => runOne(behaviour, subject, census) }
}

/**
 * Runs the behaviours one after the other and tells how each went. Never rejects for a broken promise.
 * Behaviours marked as `hazard` are run too: filter them out for a driver that you do not trust.
 */
export async function runBehaviours(
  driver: SandboxDriver,
  options: RunOptions = {},
): Promise<BehaviourResult[]> {
  const runner = createRunner(driver, options)
  const results: BehaviourResult[] = []
  for (const behaviour of behaviours.filter(options.filter ?? (() => true))) {
    results.push({ behaviour, verdict: await runner.run(behaviour) })
  }
  return results
}

async function runOne(
  behaviour: Behaviour,
  subject: Subject,
  census: ToolCensus,
): Promise<Verdict> {
  try {
    const reason =
      capabilityReason(behaviour, subject.driver.capabilities) ??
      (await census.reason(behaviour.tools ?? []))
    if (reason !== null) return { status: 'skipped', reason }
    await attempt(behaviour, subject)
    return { status: 'kept' }
  } catch (error) {
    if (error instanceof BehaviourSkipped) return { status: 'skipped', reason: error.reason }
    return { status: 'broken', error }
  }
}

function capabilityReason(behaviour: Behaviour, has: Capabilities): string | null {
  const missing = behaviour.requires?.find((name) => !has[name])
  if (missing !== undefined) return `the driver does not claim ${missing}`
  const claimed: CapabilityName | undefined = behaviour.lacks?.find((name) => has[name])
  return claimed === undefined ? null : `the driver claims ${claimed}`
}

/** A behaviour that hangs is broken; cleaning up follows in any case, and its failure counts. */
async function attempt(behaviour: Behaviour, subject: Subject): Promise<void> {
  const { context, close } = await openContext(subject)
  const timeoutMs = behaviour.timeoutMs ?? defaultTimeoutMs
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`not settled after ${timeoutMs} ms`)), timeoutMs)
  })
  let failure: { readonly error: unknown } | null = null
  try {
    await Promise.race([behaviour.run(context), late])
  } catch (error) {
    failure = { error }
  }
  clearTimeout(timer)
  await close().catch((error: unknown) => {
    failure ??= { error }
  })
  if (failure !== null) throw failure.error
}
