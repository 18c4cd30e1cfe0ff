import { expect } from 'chai'
import { readFileSync } from 'node:fs'
import { bound, call, frameType, incomingPayload, kind, operation } from '../dist/protocol.js'

const header = readFileSync(new URL('../init/protocol.h', import.meta.url), 'utf8')
const defined = new Map(
  [...header.matchAll(/^#define ([A-Z_]+) (0x[0-9a-f]+|\d+)$/gm)].map(([, name, value]) => [
    name ?? '',
    Number(value),
  ]),
)

function prefixed(prefix: string, table: Record<string, number>): [string, number][] {
  return Object.entries(table).map(([name, value]) => [`${prefix}${name}`, value])
}

describe('protocol', () => {
  it('holds the same names and numbers as init/protocol.h, and no other', () => {
    const ours = new Map([
      ...prefixed('', bound),
      ...prefixed('FRAME_', frameType),
      ...prefixed('OPERATION_', operation),
      ...prefixed('CALL_', call),
      ...prefixed('KIND_', kind),
    ])
    expect(Object.fromEntries(ours)).to.deep.equal(Object.fromEntries(defined))
  })

  it('names every frame type that PROTOCOL.md names, with the same number', () => {
    const page = readFileSync(new URL('../PROTOCOL.md', import.meta.url), 'utf8')
    const rows = [...page.matchAll(/^\|\s+(0x[0-9a-f]{2})\s+\|\s+([A-Z]+)\s+\|/gm)]
    const named = Object.fromEntries(rows.map(([, value, name]) => [name, Number(value)]))
    expect(named).to.deep.equal(frameType)
  })

  it('refuses from init every type that only the host sends', () => {
    const hostOnly = [
      'SETUP',
      'END',
      'FREEZE',
      'THAW',
      'SPAWN',
      'SIGNAL',
      'RESIZE',
      'CALL',
      'CONNECT',
    ] as const
    for (const name of hostOnly) expect(incomingPayload.has(frameType[name]), name).to.equal(false)
  })
})
