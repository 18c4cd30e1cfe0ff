import {
  createSandbox,
  type CreateSandboxOptions,
  type EgressRequest,
  type EgressSession,
  type NetworkPolicy,
} from '@caisson/core'
import { behaviours, createRunner, type Verdict } from '@caisson/driver-conformance'
import { expect } from 'chai'
import { bubblewrap } from '../dist/index.js'

/** What of a way out is worse than it was made. */
interface Weakness {
  readonly how: string
  readonly request?: (request: EgressRequest) => Partial<EgressRequest>
  readonly session?: (session: EgressSession) => Partial<EgressSession>
  readonly network?: NetworkPolicy
}

const methods = ['GET', 'POST', 'DELETE']
const everyName = ['served', 'other', 'third', 'forbidden'].flatMap((name) => [
  { host: `${name}.good.test`, methods },
  { host: `${name}.bad.test`, methods },
])
const lax = { network: { allow: everyName } }

const widened: Weakness = { how: 'allows everything', request: () => ({ policy: lax }) }
const unlocated: Weakness = {
  how: 'does not know who asked',
  request: () => ({ locate: async () => null }),
}
const unalarmed: Weakness = {
  how: 'raises no alarm',
  request: () => ({ onAlarm: () => undefined }),
}
const guests: Weakness = {
  how: 'takes any name',
  network: { allow: everyName.map((rule) => ({ ...rule, identity: 'guest' })) },
}
const withDoors = (...kinds: string[]): Weakness => ({
  how: `has no door but: ${kinds.join(', ')}`,
  session: ({ doors }) => ({ doors: doors.filter(({ kind }) => kinds.includes(kind)) }),
})

/** The certificate of the first way out stands for that of every other. */
function sharedAuthority(): Weakness {
  let first: string | null = null
  return {
    how: 'shares an authority with others',
    session: ({ certificate }) => {
      first ??= certificate
      return { certificate: first }
    },
  }
}

const rows: readonly (readonly [id: string, weakness: Weakness])[] = [
  ['egress.none', { how: 'is there unasked', network: { allow: everyName } }],
  ['egress.proxy-variables', withDoors('resolver', 'transparent')],
  ['egress.no-variables', withDoors('proxy')],
  ['egress.system-bundle', { how: 'is trusted by nobody', session: () => ({ certificate: '' }) }],
  ['egress.methods-and-paths', widened],
  ['egress.budget', widened],
  ['egress.name-unresolved', widened],
  ['egress.name-unresolved', withDoors('proxy', 'transparent')],
  ['egress.name-refused', widened],
  [
    'egress.name-refused',
    { how: 'tells nobody', request: () => ({ onDecision: () => undefined }) },
  ],
  ['egress.denials-apart', unlocated],
  ['egress.denials-background', unlocated],
  ['egress.socks', widened],
  ['egress.sandboxes-apart', widened],
  ['egress.doors-held', withDoors('resolver', 'transparent')],
  ['egress.authorities-apart', sharedAuthority()],
  ['egress.update-removes', { how: 'keeps its policy', session: () => ({ update: nothing }) }],
  ['egress.update-adds', { how: 'keeps its policy', session: () => ({ update: nothing }) }],
  ['credentials.dummy-inside', { how: 'sets no variable', session: () => ({ environment: {} }) }],
  ['credentials.added', { how: 'adds none', network: lax.network }],
  ['credentials.foreign-refused', guests],
  ['credentials.foreign-refused', unalarmed],
  ['credentials.dummy-misused', unalarmed],
  ['credentials.canary', { how: 'plants none', network: lax.network }],
  ['credentials.echo-redacted', unalarmed],
  ['credentials.rotate', { how: 'turns none', session: () => ({ rotateCredential: nothing }) }],
  ['credentials.revoke', { how: 'revokes none', session: () => ({ revokeCredential: nothing }) }],
  ['egress.destroy', { how: 'stays open', session: () => ({ close: nothing }) }],
]

async function nothing(): Promise<void> {
  // That is the weakness.
}

const { available } = await bubblewrap().probe()
const why = available ? '' : ' (skipped: bubblewrap cannot run here)'

describe(`the promises about the way out${why}`, () => {
  const left: EgressSession[] = []

  before(function () {
    if (why !== '') this.skip()
  })

  afterEach('close what was kept open', async () => {
    await Promise.all(left.splice(0).map((session) => session.close()))
  })

  for (const [id, weakness] of rows) {
    it(`are broken by one that ${weakness.how}: ${id}`, async () => {
      const verdict = await verdictOn(id, weakness, left)
      // Not because the sandbox could not be made.
      expect(verdict).to.have.nested.property('error.name', 'AssertionError')
    })
  }
})

/** How the driver does with one behaviour when the way out has a weakness. */
async function verdictOn(id: string, weakness: Weakness, left: EgressSession[]): Promise<Verdict> {
  const behaviour = behaviours.find((one) => one.id === id)
  if (behaviour === undefined) throw new Error(`there is no behaviour ${id}`)
  const create = (options: CreateSandboxOptions): ReturnType<typeof createSandbox> =>
    createSandbox(weakened(options, weakness, left))
  return createRunner(bubblewrap(), { createSandbox: create }).run(behaviour)
}

function weakened(
  options: CreateSandboxOptions,
  weakness: Weakness,
  left: EgressSession[],
): CreateSandboxOptions {
  const { gateway, policy } = options
  if (gateway === undefined) return options
  const { network = policy.network } = weakness
  return {
    ...options,
    policy: { ...policy, network },
    gateway: {
      open: async (request) => {
        const session = await gateway.open({ ...request, ...weakness.request?.(request) })
        left.push(session)
        return { ...session, ...weakness.session?.(session) }
      },
    },
  }
}
