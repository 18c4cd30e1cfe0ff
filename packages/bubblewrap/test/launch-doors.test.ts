import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { type AddressInfo, createServer, connect } from 'node:net'
import { type EgressDoor, SandboxError } from '@caisson/core'
import { expect } from 'chai'
import { DoorReceiver } from '../dist/launch-doors.js'
import { EchoEgress } from './fake-egress.ts'

/** Two ports that are free, as doors. */
async function freeDoors(): Promise<EgressDoor[]> {
  const servers = [createServer().listen(0, '127.0.0.1'), createServer().listen(0, '127.0.0.1')]
  await Promise.all(servers.map((server) => once(server, 'listening')))
  const ports = servers.map((server) => (server.address() as AddressInfo).port)
  for (const server of servers) server.close()
  return ports.map((port) => ({ kind: 'proxy', protocol: 'tcp', address: '127.0.0.1', port }))
}

/** What a child has at hand: `open(port)` gives a socket that listens, `give(message, socket)` sends it. */
const prelude = `
  import net from 'node:net'
  import dgram from 'node:dgram'
  const [a, b] = process.argv.slice(1).map(Number)
  const open = (port) => new Promise((done) => {
    const server = net.createServer().listen(port, '127.0.0.1', () => done(server))
  })
  const give = (message, socket) => new Promise((done) => process.send(message, socket, () => done()))
`

/** A child that does on its channel what a script says, and ends. */
function child(script: string, doors: readonly EgressDoor[]): ChildProcess {
  const ports = doors.map(({ port }) => String(port))
  return spawn(process.execPath, ['--input-type=module', '-e', prelude + script, ...ports], {
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    serialization: 'json',
  })
}

const good = 'await give({ door: 0 }, await open(a)); await give({ door: 1 }, await open(b));'

/** What comes of a script: the error, if one was told, and whether anybody still listens afterwards. */
async function outcome(script: string): Promise<{ error: unknown; egress: EchoEgress }> {
  const doors = await freeDoors()
  const running = child(`${script}; process.disconnect(); process.exit()`, doors)
  const receiver = new DoorReceiver(running, doors)
  const egress = new EchoEgress(doors)
  const ended = once(running, 'close')
  const error: unknown = await receiver.hand(egress).catch((caught: unknown) => caught)
  await ended
  receiver.close()
  if (error !== undefined) {
    await egress.close()
    await Promise.all(doors.map(({ port }) => refused(port)))
  }
  return { error, egress }
}

/** Resolves when nobody listens at a port. */
async function refused(port: number): Promise<void> {
  const socket = connect(port, '127.0.0.1')
  const [error] = (await once(socket, 'error')) as [NodeJS.ErrnoException]
  expect(error.code).to.equal('ECONNREFUSED')
}

describe('DoorReceiver', () => {
  it('hands every door over, whatever the order in which they came', async () => {
    const backwards =
      'await give({ door: 1 }, await open(b)); await give({ door: 0 }, await open(a));'
    for (const script of [good, backwards]) {
      const { error, egress } = await outcome(script)
      expect(error).to.equal(undefined)
      expect(egress.listening).to.equal(2)
      await egress.close()
    }
  })

  const breaches: [title: string, script: string][] = [
    ['a message without a socket', "await give('hello')"],
    ['a door without a socket', 'await give({ door: 0 })'],
    ['a socket without a number', 'await give({}, await open(a))'],
    ['a number that is none', "await give({ door: '0' }, await open(a))"],
    ['a number that is out of bounds', 'await give({ door: 2 }, await open(a))'],
    ['a number below zero', 'await give({ door: -1 }, await open(a))'],
    ['the wrong address for its number', 'await give({ door: 1 }, await open(a))'],
    [
      'a socket of another kind',
      'await give({ door: 0 }, dgram.createSocket("udp4").bind(a, "127.0.0.1"))',
    ],
    [
      'a connection in place of a door',
      `await open(a); const one = net.connect(a, '127.0.0.1', async () => {
        await give({ door: 0 }, one); process.exit() }); await new Promise(() => setInterval(() => 0, 1000))`,
    ],
    [
      'a door twice',
      `const one = await open(a); await give({ door: 0 }, one); await give({ door: 0 }, one)`,
    ],
    ['one door more', `${good}; await give({ door: 2 }, await open(0))`],
    ['a message after all doors', `${good}; await give({ more: true })`],
    ['one door less', 'await give({ door: 0 }, await open(a))'],
    ['nothing', ''],
  ]
  for (const [title, script] of breaches)
    it(`takes nothing from a channel that brings ${title}`, async () => {
      const { error, egress } = await outcome(script)
      expect(SandboxError.is(error) && error.code).to.equal('PROTOCOL')
      expect(egress.listening).to.equal(0)
    })

  it('closes what comes after it was closed itself', async () => {
    const doors = await freeDoors()
    const running = child(`${good}; process.disconnect(); process.exit()`, doors)
    const receiver = new DoorReceiver(running, doors)
    receiver.close()
    await once(running, 'close')
    await Promise.all(doors.map(({ port }) => refused(port)))
  })
})
