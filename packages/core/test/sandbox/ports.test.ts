import { once } from 'node:events'
import { connect } from 'node:net'
import { expect } from 'chai'
import { echoServer } from './fake-session.ts'
import { failureOf, makeFixture } from './fixture.ts'

async function say(port: number, text: string): Promise<string> {
  const socket = connect(port, '127.0.0.1')
  socket.end(text)
  let heard = ''
  for await (const chunk of socket) heard += String(chunk)
  return heard
}

/** Whether something accepts connections at a port of the host. */
async function answers(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1')
  try {
    await once(socket, 'connect')
    return true
  } catch {
    return false
  } finally {
    socket.destroy()
  }
}

describe('ports', () => {
  it('carry connections of the host to a server inside, until they are closed', async () => {
    await using fixture = await makeFixture()
    const { server, port } = await echoServer()
    try {
      fixture.session.ports = [port]
      const forward = await fixture.sandbox.ports.forward(port)
      expect(forward.url).to.equal(`http://127.0.0.1:${forward.port}`)
      expect(await Promise.all([say(forward.port, 'one'), say(forward.port, 'two')])).to.deep.equal(
        ['one', 'two'],
      )
      await forward.close()
      await forward.close()
      expect(await answers(forward.port)).to.equal(false)
    } finally {
      server.close()
    }
  })

  it('cut the connection when nothing listens inside', async () => {
    await using fixture = await makeFixture()
    await using forward = await fixture.sandbox.ports.forward(9)
    const outcome = await say(forward.port, 'x').catch((error: NodeJS.ErrnoException) => error.code)
    expect(outcome).to.be.oneOf(['ECONNRESET', 'EPIPE'])
  })

  it('stop listening when the sandbox ends, and cut what is open', async () => {
    await using fixture = await makeFixture()
    const { server, port } = await echoServer()
    try {
      fixture.session.ports = [port]
      const forward = await fixture.sandbox.ports.forward(port)
      const socket = connect(forward.port, '127.0.0.1')
      socket.on('error', () => undefined)
      socket.write('hello')
      await once(socket, 'data')
      const closed = once(socket, 'close')
      await fixture.sandbox.destroy()
      await closed
      expect(await answers(forward.port)).to.equal(false)
    } finally {
      server.close()
    }
  })

  it('listen on loopback only', async () => {
    await using fixture = await makeFixture()
    const host = '0.0.0.0' as '127.0.0.1'
    const wrong = [
      fixture.sandbox.ports.forward(80, { host }),
      fixture.sandbox.ports.forward(0),
      fixture.sandbox.ports.waitFor(70_000),
    ]
    for (const outcome of await Promise.allSettled(wrong))
      expect(outcome).to.have.property('reason').that.is.instanceOf(TypeError)
  })

  it('are waited for until something listens', async () => {
    await using fixture = await makeFixture()
    const { sandbox, session } = fixture
    setTimeout(() => {
      session.ports = [8080]
    }, 20)
    await sandbox.ports.waitFor(8080)
    expect(await sandbox.ports.list()).to.deep.equal([8080])
  })

  it('are waited for no longer than asked', async () => {
    await using fixture = await makeFixture()
    const { ports } = fixture.sandbox
    const late = await failureOf(ports.waitFor(8080, { timeoutMs: 20 }))
    expect(late).to.include({ code: 'TIMEOUT', retryable: true })
    const controller = new AbortController()
    const aborted = failureOf(ports.waitFor(8080, { signal: controller.signal }))
    setTimeout(() => controller.abort(), 5)
    expect((await aborted).code).to.equal('ABORTED')
  })
})
