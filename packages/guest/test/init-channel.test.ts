import type { SetupOperation } from '@caisson/guest'
import { expect } from 'chai'
import { once } from 'node:events'
import type { Duplex } from 'node:stream'
import { Writer } from '../dist/encode.js'
import { frameType, operation } from '../dist/protocol.js'
import { answerTo } from './init-sandbox.ts'
import { liveObstacle, whySkipped, liveSandbox, shell } from './live/live-sandbox.ts'
import { sandboxRejection } from './rejection.ts'
import { frameBytes } from './scripted-peer.ts'

type Doors = Extract<SetupOperation, { kind: 'doors' }>

const acknowledgement = '{"cmd":"NODE_HANDLE_ACK"}\n'
const tcp = { protocol: 'tcp', address: '127.0.0.1', port: 3128 } as const
const udp = { protocol: 'udp', address: '127.0.0.1', port: 53 } as const

function doors(list: Doors['doors'], channel = 4): Doors {
  return { kind: 'doors', channel, doors: list }
}

/** A host that answers with these bytes once init has said as many lines as there are doors. */
function answering(text: string, heard: string[] = []): (channel: Duplex) => void {
  return (channel) => {
    channel.on('error', () => undefined)
    channel.on('data', (chunk: Buffer) => {
      if (heard.push(chunk.toString()) === 1) channel.write(text)
    })
  }
}

async function failure(step: Doors, onChannel: (channel: Duplex) => void): Promise<string> {
  const error = await sandboxRejection(liveSandbox({ operations: [step], onChannel }))
  expect(error.code).to.equal('LAUNCH_FAILED')
  return error.message
}

describe(`the channel for doors${whySkipped()}`, function () {
  before(function () {
    if (liveObstacle() !== undefined) this.skip()
  })

  it('carries one line for each door, and is closed before init says hello', async () => {
    const heard: string[] = []
    let channel: Duplex | undefined
    await using sandbox = await liveSandbox({
      operations: [doors([tcp, udp])],
      onChannel: (opened) => {
        channel = opened
        answering(acknowledgement.repeat(2), heard)(opened)
      },
    })
    if (channel?.readableEnded !== true && channel !== undefined) await once(channel, 'end')
    expect(heard.join('')).to.equal(
      '{"cmd":"NODE_HANDLE","type":"net.Server","msg":{"door":0}}\n' +
        '{"cmd":"NODE_HANDLE","type":"dgram.Socket","dgramType":"udp4","msg":{"door":1}}\n',
    )
    const sockets = await shell(sandbox, 'readlink /proc/self/fd/* | grep -c socket')
    expect(sockets.output).to.equal('0\n')
  })

  const table: [title: string, answer: string, list: Doors['doors']][] = [
    ['a refusal', '{"cmd":"NODE_HANDLE_NACK"}\n', [tcp]],
    ['something else', '{"cmd":"NODE_HANDLE_ACK","x":1}\n', [tcp]],
    ['a good answer and then another', `${acknowledgement}{"cmd":"NODE_OTHER"}\n`, [tcp, udp]],
  ]
  for (const [title, answer, list] of table)
    it(`that brings ${title} fails the set-up`, async () => {
      expect(await failure(doors(list), answering(answer))).to.contain('at doors: EPROTO')
    })

  it('that the host closes fails the set-up', async () => {
    const close = (channel: Duplex): void => {
      channel.on('error', () => undefined)
      channel.once('data', () => channel.end())
    }
    expect(await failure(doors([tcp]), close)).to.contain('at doors: EPIPE')
  })

  it('is neither the link nor a descriptor that is not open nor one that is no socket', async () => {
    const ignore = (): void => undefined
    expect(await failure(doors([tcp], 3), ignore)).to.contain('at doors: EBADF (channel)')
    expect(await failure(doors([tcp], 77), ignore)).to.contain('at doors: EBADF (channel)')
  })

  it('is not used when a door cannot be bound', async () => {
    const heard: string[] = []
    const foreign = { ...tcp, address: '192.0.2.1' }
    const told = await failure(doors([foreign]), answering(acknowledgement, heard))
    expect(told).to.contain('at doors: EADDRNOTAVAIL (tcp 192.0.2.1:3128)')
    expect(heard).to.deep.equal([])
  })
})

describe(`a DOORS operation${whySkipped()}`, function () {
  before(function () {
    if (liveObstacle() !== undefined) this.skip()
  })

  const entry = [0, 127, 0, 0, 1, 0x38, 0x0c]
  const table: [title: string, channel: number, count: number, entries: readonly number[]][] = [
    ['without doors', 4, 0, []],
    ['with more doors than are allowed', 4, 65, Array.from({ length: 65 }, () => entry).flat()],
    ['with fewer doors than it says', 4, 2, entry],
    ['with an unknown protocol', 4, 1, [2, ...entry.slice(1)]],
    ['with port 0', 4, 1, [...entry.slice(0, 5), 0, 0]],
    ['whose channel is a standard stream', 2, 1, entry],
    ['whose channel is out of bounds', 0x8000_0004, 1, entry],
  ]
  for (const [title, channel, count, entries] of table)
    it(`${title} is refused`, async () => {
      const payload = new Writer().u16(1).u32(2).u8(operation.DOORS).u32(channel).u32(count)
      for (const byte of entries) payload.u8(byte)
      payload.u8(operation.LOCK)
      const answer = await answerTo(frameBytes(frameType.SETUP, 0, payload.finish()))
      expect(answer[4]).to.equal(frameType.FAIL)
      expect(answer.toString('latin1')).to.contain('malformed')
    })
})
