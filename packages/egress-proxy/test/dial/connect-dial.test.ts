import { expect } from 'chai'
import { connectFirst, interleaveFamilies } from '../../dist/dial/connect-dial.js'
import { codeOf, Loopback, never, refusalOf } from './fixture.ts'

describe('connectFirst', () => {
  it('goes on to the next address when one refuses', async () => {
    await using server = await Loopback.start()
    const target = { addresses: ['127.0.0.2', '127.0.0.3', '127.0.0.1'], port: server.port }
    const { socket, address } = await connectFirst(target, never)
    expect(address).to.equal('127.0.0.1')
    expect(socket.remoteAddress).to.equal('127.0.0.1')
    expect(socket.allowHalfOpen).to.equal(true)
    socket.destroy()
  })

  it('starts the next address beside one that hangs, and gives the loser up', async () => {
    await using server = await Loopback.start()
    // 240.0.0.0/4 is not routed: what is sent there gets lost, or is refused at once.
    const target = { addresses: ['240.0.0.1', '127.0.0.1'], port: server.port }
    const { socket, address } = await connectFirst(target, never)
    expect(address).to.equal('127.0.0.1')
    socket.destroy()
    await server.settles(0)
    expect(server.sockets).to.have.length(1)
  })

  it("says the system's word and no address when all fail", async () => {
    const server = await Loopback.start()
    const { port } = server
    await server[Symbol.asyncDispose]()
    const error = await refusalOf(
      connectFirst({ addresses: ['127.0.0.1', '127.0.0.2'], port }, never),
    )
    expect(error.refusal.code).to.equal('connect_failed')
    expect(error.message).to.contain('ECONNREFUSED')
    expect(error.cause).to.equal(undefined)
  })

  it('never resolves a name', async () => {
    await using server = await Loopback.start()
    const target = { addresses: ['localhost'], port: server.port }
    expect(await codeOf(connectFirst(target, never))).to.equal('connect_failed')
    expect(server.sockets).to.have.length(0)
  })

  it('ends with the reason of the signal', async () => {
    const controller = new AbortController()
    const connecting = connectFirst({ addresses: ['240.0.0.1'], port: 9 }, controller.signal)
    controller.abort(new Error('enough'))
    const error: unknown = await connecting.catch((reason: unknown) => reason)
    // Where the system refuses the address at once, that came first.
    expect((error as Error).message).to.match(/enough|could not be reached/)
    const late = connectFirst({ addresses: ['127.0.0.1'], port: 9 }, controller.signal)
    expect(((await late.catch((reason: unknown) => reason)) as Error).message).to.equal('enough')
  })

  it('fails without addresses', async () => {
    expect(await codeOf(connectFirst({ addresses: [], port: 9 }, never))).to.equal('connect_failed')
  })
})

describe('interleaveFamilies', () => {
  const cases: [addresses: string[], result: string[]][] = [
    [[], []],
    [['192.0.2.1'], ['192.0.2.1']],
    [
      ['2001:db8::1', '2001:db8::2', '192.0.2.1', '192.0.2.2', '192.0.2.3'],
      ['2001:db8::1', '192.0.2.1', '2001:db8::2', '192.0.2.2', '192.0.2.3'],
    ],
    [
      ['192.0.2.1', '192.0.2.2', '2001:db8::1'],
      ['192.0.2.1', '2001:db8::1', '192.0.2.2'],
    ],
  ]
  for (const [addresses, result] of cases) {
    it(`orders ${JSON.stringify(addresses)}`, () => {
      expect(interleaveFamilies(addresses)).to.deep.equal(result)
    })
  }
})
