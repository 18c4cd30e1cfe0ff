import { expect } from 'chai'
import { createEgressProxy, type EgressOptions, egressGateway } from '../dist/index.js'

const policy = { network: { allow: ['api.good.test'] } }

/** Options as JavaScript may pass them. */
function odd(options: object): EgressOptions {
  return options
}

async function failure(act: () => unknown): Promise<string> {
  try {
    await act()
  } catch (error) {
    return error instanceof Error ? `${error.name}: ${error.message}` : String(error)
  }
  return 'nothing'
}

const wrong: readonly [options: object, told: RegExp][] = [
  [{ host: {} }, /^TypeError: egress: options: unknown name "host"; known are .*hosts/],
  [{ limits: { idle: 5 } }, /^TypeError: egress: limits: unknown name "idle"; known are .*idleMs/],
  [{ limits: { idleMs: 0 } }, /^TypeError: egress: limits\.idleMs: must be above 0/],
  [
    { hooks: { onrequest: () => undefined } },
    /^TypeError: egress: hooks: unknown name "onrequest"/,
  ],
  [{ onAsk: true }, /^TypeError: egress: onAsk: must be a function/],
  [{ trust: '/etc/ssl/ca.pem' }, /^TypeError: egress: trust: .*not a path/],
]

describe('options of the way out', () => {
  for (const [options, told] of wrong) {
    it(`are refused by name, by proxy and gateway alike: ${JSON.stringify(options)}`, async () => {
      expect(await failure(() => createEgressProxy({ policy, ...odd(options) }))).to.match(told)
      expect(await failure(() => egressGateway(odd(options)))).to.match(told)
    })
  }

  it('of a gateway hold nothing that a sandbox says itself', async () => {
    expect(await failure(() => egressGateway(odd({ policy })))).to.match(/unknown name "policy"/)
    expect(await failure(() => egressGateway())).to.equal('nothing')
  })

  it('are refused when a credential comes from a provider that there is none of', async () => {
    const credentials = {
      key: { source: { provider: 'vault' }, carrier: { header: 'x-api-key' } },
    }
    const made = (providers: Record<string, () => { value: string }>) => async () => {
      const proxy = await createEgressProxy({ policy: { ...policy, credentials }, providers })
      await proxy.close()
    }
    const value = (): { value: string } => ({ value: 'v'.repeat(20) })
    expect(await failure(made({ valt: value }))).to.match(/vault.*valt/s)
    expect(await failure(made({ vault: value }))).to.equal('nothing')
  })

  it('give the auditor the registries that the host application knows', () => {
    const network = {
      allow: [{ host: 'registry.mirror.test', methods: ['PUT'], identity: 'guest' }],
    }
    const ids = (options: EgressOptions): readonly string[] =>
      (egressGateway(options).audit?.({ network }) ?? []).map(({ id }) => id)
    const registries = { 'npm-registry': ['registry.mirror.test'] }
    const blind = ids({})
    expect(ids({ registries }).filter((id) => !blind.includes(id))).to.not.deep.equal([])
  })

  const places: readonly [where: object, told: RegExp][] = [
    [{ prot: 1 }, /listen: unknown name "prot"; known are host, port/],
    [{ port: '8080' }, /listen: port: must be a whole number/],
    [{ port: 65_536 }, /listen: port: must be a whole number/],
    [{ host: 1 }, /listen: host: must be an address/],
    [{ handle: 3 }, /listen: handle: must be a server of node:net/],
    [{ handle: {}, port: 1 }, /listen: unknown name "port"; known are handle, door/],
  ]
  for (const [where, told] of places) {
    it(`of listen are refused by name: ${JSON.stringify(where)}`, async () => {
      await using proxy = await createEgressProxy({ policy })
      expect(await failure(() => proxy.listen(where))).to.match(told)
    })
  }

  it('of on: an event that there is none of is refused', async () => {
    await using proxy = await createEgressProxy({ policy })
    const listen = (name: string) => () => proxy.on(name as 'decision', () => undefined)
    expect(await failure(listen('request'))).to.equal(
      'TypeError: on: the events are `decision` and `alarm`',
    )
    for (const name of ['decision', 'alarm'])
      expect(await failure(listen(name))).to.equal('nothing')
  })
})
