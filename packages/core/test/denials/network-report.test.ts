import { inferDenials } from '@caisson/core'
import type { Denial, SandboxPlan } from '@caisson/core'
import { expect } from 'chai'
import { plan } from '../plan/facts.ts'
import { allDoors } from '../sandbox/fake-gateway.ts'

/** With a way out: what is told of a line, with all doors and with the proxy alone. */
const withWayOut: readonly (readonly [string, string, string[], string[]])[] = [
  [
    'a name that did not resolve',
    'curl: (6) Could not resolve host: example.com',
    [],
    ['net.resolve example.com'],
  ],
  [
    'an address past the way out',
    'Error: connect ENETUNREACH 192.0.2.1:443 - Local (0.0.0.0:0)',
    ['net.connect 192.0.2.1:443'],
    ['net.connect 192.0.2.1:443'],
  ],
  [
    'a server of its own',
    'curl: (7) Failed to connect to localhost port 80: Network is unreachable',
    [],
    [],
  ],
]

describe('inferDenials of a sandbox with a way out', () => {
  const evidence = { stdout: '', exitCode: 1, cwd: '/', hostExists: () => Promise.resolve(false) }
  const reaching = (doors: typeof allDoors): SandboxPlan => ({
    ...plan({}),
    network: { kind: 'egress', doors },
  })

  for (const [what, stderr, withAll, withProxy] of withWayOut)
    it(`leaves to the resolver what it tells itself, and never says "no network": ${what}`, async () => {
      for (const [doors, expected] of [
        [allDoors, withAll],
        [allDoors.slice(0, 1), withProxy],
      ] as const) {
        const found = await inferDenials(reaching(doors), { ...evidence, stderr })
        expect(found.map(({ kind, target }) => `${kind} ${target}`)).to.deep.equal(expected)
        for (const { message } of found) expect(message).to.include('through its proxy only')
      }
    })

  it('does not say again what the way out said about a host', async () => {
    const stderr = 'curl: (6) Could not resolve host: example.com'
    const made = reaching(allDoors.slice(0, 1))
    const told = (target: string, source: Denial['source'] = 'proxy'): Denial[] => [
      { kind: 'net.connect', target, rule: 'network.allow', source, remedy: '', message: '' },
    ]
    for (const target of ['example.com', 'example.com:443', 'GET Example.com/a', 'GET example.com'])
      expect(
        await inferDenials(made, { ...evidence, stderr, told: told(target) }),
        target,
      ).to.deep.equal([])
    for (const target of ['example.com.evil:443', 'GET other.example/example.com', 'xexample.com'])
      expect(
        await inferDenials(made, { ...evidence, stderr, told: told(target) }),
        target,
      ).to.have.length(1)
    const other = told('example.com', 'guest')
    expect(await inferDenials(made, { ...evidence, stderr, told: other })).to.have.length(1)
  })
})
