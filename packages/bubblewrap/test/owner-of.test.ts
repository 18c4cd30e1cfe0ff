import type { EgressPeer } from '@caisson/core'
import { expect } from 'chai'
import { type DoorSandbox, run, sandboxWithDoors, start, talk, until } from './fake-egress.ts'
import { requireDriver } from './real-sandbox.ts'

/** Python that connects to the proxy's door and holds on until its input ends. */
const holdScript =
  'import socket, sys; s = socket.create_connection(("127.0.0.1", 3128)); print("held", flush=True); sys.stdin.read()'

/** Opens a connection, forks twice, and lets the grandchild alone keep it. */
const daemonScript = [
  'import os, socket, time',
  's = socket.create_connection(("127.0.0.1", 3128))',
  'if os.fork(): os._exit(0)',
  'os.setsid()',
  'if os.fork(): os._exit(0)',
  'time.sleep(60)',
].join('\n')

describe('ownerOf', () => {
  before(async function () {
    await requireDriver(this)
  })

  /** The peer of what arrived as number `count`. */
  async function peerOf(sandbox: DoorSandbox, count: number): Promise<EgressPeer> {
    await until(() => sandbox.egress.arrivals.length >= count)
    const { peer } = sandbox.egress.arrivals[count - 1] ?? {}
    if (peer === undefined) throw new Error('nothing arrived')
    return peer
  }

  it('tells two commands apart', async () => {
    await using sandbox = await sandboxWithDoors()
    const one = await start(sandbox, ['python3', '-c', holdScript])
    const first = await peerOf(sandbox, 1)
    const two = await start(sandbox, ['sh', '-c', `python3 -c '${holdScript}'; true`])
    const second = await peerOf(sandbox, 2)
    expect(await sandbox.session.ownerOf(first)).to.equal(one.process.pid)
    expect(await sandbox.session.ownerOf(second)).to.equal(two.process.pid)
    expect(
      await Promise.all([first, second, first].map((peer) => sandbox.session.ownerOf(peer))),
    ).to.deep.equal([one.process.pid, two.process.pid, one.process.pid])
    expect(
      await sandbox.session.ownerOf({ ...first, address: `::ffff:${first.address}` }),
    ).to.equal(one.process.pid)
  })

  it('finds the command of a daemon after the command ended', async () => {
    await using sandbox = await sandboxWithDoors()
    const { process: daemon } = await start(sandbox, ['python3', '-c', daemonScript])
    const peer = await peerOf(sandbox, 1)
    await daemon.exited
    expect(await sandbox.session.ownerOf(peer)).to.equal(daemon.pid)
    await daemon.kill('SIGKILL', 'tree')
  })

  it('finds who sent a datagram, bound to an address or not', async () => {
    await using sandbox = await sandboxWithDoors()
    for (const call of [
      'connect(("127.0.0.1", 53)); s.send(b"q")',
      'sendto(b"q", ("127.0.0.1", 53))',
    ]) {
      const script = `import socket, sys; s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.${call}; sys.stdin.read()`
      const { process: asker } = await start(sandbox, ['python3', '-c', script])
      const peer = await peerOf(sandbox, sandbox.egress.arrivals.length + 1)
      expect(await sandbox.session.ownerOf(peer)).to.equal(asker.pid)
      await asker.kill('SIGKILL', 'tree')
      await asker.gone
    }
  })

  it('finds a connection made through IPv6 with a mapped address', async () => {
    await using sandbox = await sandboxWithDoors()
    const script =
      'import socket, sys; s = socket.socket(socket.AF_INET6); s.connect(("::ffff:127.0.0.1", 3128)); sys.stdin.read()'
    const { process: mapped } = await start(sandbox, ['python3', '-c', script])
    expect(await sandbox.session.ownerOf(await peerOf(sandbox, 1))).to.equal(mapped.pid)
  })

  it('does not guess when two commands hold the same connection', async () => {
    await using sandbox = await sandboxWithDoors()
    const pass = [
      'import socket, array, sys, os',
      'server = socket.socket(socket.AF_UNIX); server.bind("/tmp/pass"); server.listen()',
      's = socket.create_connection(("127.0.0.1", 3128))',
      'to, _ = server.accept()',
      'socket.send_fds(to, [b"x"], [s.fileno()])',
      'sys.stdin.read()',
    ].join('\n')
    const take = [
      'import socket, sys',
      's = socket.socket(socket.AF_UNIX); s.connect("/tmp/pass")',
      'print(len(socket.recv_fds(s, 1, 1)[1]), flush=True)',
      'sys.stdin.read()',
    ].join('\n')
    const giver = await start(sandbox, ['python3', '-c', pass])
    const peer = await peerOf(sandbox, 1)
    expect(await sandbox.session.ownerOf(peer)).to.equal(giver.process.pid)
    const taker = await start(sandbox, ['python3', '-c', take])
    await until(() => taker.output() === '1\n')
    expect(await sandbox.session.ownerOf(peer)).to.equal(null)
    await giver.process.kill('SIGKILL', 'tree')
    await giver.process.gone
    expect(await sandbox.session.ownerOf(peer)).to.equal(taker.process.pid)
  })

  it('is null for what nobody holds, for what cannot be, and after the end', async () => {
    const sandbox = await sandboxWithDoors()
    await run(sandbox, talk('tcp', '127.0.0.1', 3128))
    const closed = await peerOf(sandbox, 1)
    const { session } = sandbox
    expect(await session.ownerOf(closed)).to.equal(null)
    for (const wrong of [
      { ...closed, port: 0 },
      { ...closed, port: 70_000 },
      { ...closed, address: '::1' },
      { ...closed, address: '' },
      { ...closed, protocol: 'udp' as const },
    ])
      expect(await session.ownerOf(wrong)).to.equal(null)
    await sandbox[Symbol.asyncDispose]()
    expect(await session.ownerOf(closed)).to.equal(null)
  })

  it('gives every one of many questions its own answer', async () => {
    await using sandbox = await sandboxWithDoors()
    const many =
      'import socket, sys; all = [socket.create_connection(("127.64.0.1", 443)) for _ in range(150)]; sys.stdin.read()'
    const one = await start(sandbox, ['python3', '-c', many])
    await peerOf(sandbox, 150)
    const two = await start(sandbox, ['python3', '-c', holdScript])
    const last = await peerOf(sandbox, 151)
    const peers = [...sandbox.egress.arrivals.map(({ peer }) => peer), { ...last, port: 1 }]
    const owners = await Promise.all(peers.map((peer) => sandbox.session.ownerOf(peer)))
    expect(new Set(owners.slice(0, 150))).to.deep.equal(new Set([one.process.pid]))
    expect(owners.slice(150)).to.deep.equal([two.process.pid, null])
  })
})
