import { mkdtemp, realpath, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createSandbox, SandboxError } from '@caisson/core'
import type { Policy, Sandbox } from '@caisson/core'
import { expect } from 'chai'
import { type FakeEgress, FakeGateway } from './fake-gateway.ts'
import { FakeDriver, type FakeSession } from './fake-session.ts'

/** A sandbox over a fake session. */
export interface Fixture extends AsyncDisposable {
  readonly sandbox: Sandbox
  readonly session: FakeSession
}

export async function makeFixture(policy: Policy = {}): Promise<Fixture> {
  const driver = new FakeDriver()
  const sandbox = await createSandbox({ driver, policy })
  const session = driver.sessions[0]
  if (session === undefined) throw new Error('nothing was launched')
  return { sandbox, session, [Symbol.asyncDispose]: () => sandbox.destroy() }
}

/** A sandbox over a fake session, with a fake way out. */
export interface ReachingFixture extends Fixture {
  readonly egress: FakeEgress
  readonly gateway: FakeGateway
}

/** What the fixture may reach unless a test says otherwise. */
export const someHost: Policy = { network: { allow: ['api.example'] } }

export async function makeReachingFixture(policy: Policy = someHost): Promise<ReachingFixture> {
  const driver = new FakeDriver()
  const gateway = new FakeGateway()
  const sandbox = await createSandbox({ driver, policy, gateway })
  const [session, egress] = [driver.sessions[0], gateway.sessions[0]]
  if (session === undefined || egress === undefined) throw new Error('nothing was launched')
  const dispose = (): Promise<void> => sandbox.destroy()
  return { sandbox, session, egress, gateway, [Symbol.asyncDispose]: dispose }
}

/** A folder of the host that goes away with the test. */
export interface HostDir extends AsyncDisposable {
  readonly path: string
}

export async function hostDir(): Promise<HostDir> {
  const path = await realpath(await mkdtemp(join(tmpdir(), 'caisson-core-')))
  return {
    path,
    [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }),
  }
}

/** The `SandboxError` that a promise rejects with. */
export async function failureOf(work: Promise<unknown>): Promise<SandboxError> {
  try {
    await work
  } catch (error) {
    expect(SandboxError.is(error), String(error)).to.equal(true)
    if (SandboxError.is(error)) return error
  }
  throw new Error('it did not reject with a SandboxError')
}
