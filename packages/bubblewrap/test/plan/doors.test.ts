import type { EgressDoor } from '@caisson/core'
import { expect } from 'chai'
import { doorChannel, firstFile } from '../../dist/plan/descriptors.js'
import { withoutDoors } from '../../dist/plan/doors.js'
import { examplePlan } from './example-plan.ts'

const proxy: EgressDoor = { kind: 'proxy', protocol: 'tcp', address: '127.0.0.1', port: 3128 }
const plain: EgressDoor = { kind: 'transparent', protocol: 'tcp', address: '0.0.0.0', port: 80 }
const elsewhere: EgressDoor = { ...plain, address: '127.64.0.1', port: 8080 }
const resolver: EgressDoor = { kind: 'resolver', protocol: 'udp', address: '127.0.0.1', port: 53 }

describe('withoutDoors', () => {
  const table: [title: string, doors: readonly EgressDoor[], left: readonly number[]][] = [
    ['keeps everything where there are none', [], [53, 80, 3128, 8080]],
    ['leaves a door on 127.0.0.1 out', [proxy], [53, 80, 8080]],
    ['leaves a door on every address out', [plain], [53, 3128, 8080]],
    ['keeps what a door elsewhere does not hide', [elsewhere], [53, 80, 3128, 8080]],
    ['keeps a TCP port with the number of a UDP door', [resolver], [53, 80, 3128, 8080]],
  ]
  for (const [title, doors, left] of table)
    it(title, () => {
      const plan = examplePlan({ network: { kind: 'egress', doors } })
      expect(withoutDoors([53, 80, 3128, 8080], plan)).to.deep.equal(left)
    })
})

describe('the descriptors of bwrap', () => {
  it('have room for a channel only where there are doors', () => {
    for (const network of [{ kind: 'none' }, { kind: 'egress', doors: [] }] as const) {
      expect(doorChannel(examplePlan({ network }))).to.equal(null)
      expect(firstFile(examplePlan({ network }))).to.equal(6)
    }
    const plan = examplePlan({ network: { kind: 'egress', doors: [proxy] } })
    expect([doorChannel(plan), firstFile(plan)]).to.deep.equal([6, 7])
  })
})
