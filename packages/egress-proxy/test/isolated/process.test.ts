import { expect } from 'chai'
import { fork, spawn } from 'node:child_process'
import { createSocket, type Socket as DatagramSocket } from 'node:dgram'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type AddressInfo, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connectTo, line } from '../support/client.ts'
import { EitherForm, get, good } from './either-form.ts'
import { openHere, parentOf, proxiesOf, until } from './processes.ts'

const entry = new URL('../../dist/index.js', import.meta.url).href

async function onlyProxy(): Promise<number> {
  await until(() => proxiesOf(process.pid).length === 1)
  return proxiesOf(process.pid)[0] ?? 0
}

describe('the process of an isolated proxy', function () {
  this.timeout(60_000)

  let folder = ''
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'caisson-isolated-'))
  })
  after(() => rmSync(folder, { recursive: true, force: true }))

  /** A program that has a socket and hands it to us, as a sandbox's init does. */
  async function handed(code: string): Promise<Server | DatagramSocket> {
    const script = join(folder, `${process.hrtime.bigint()}.mjs`)
    writeFileSync(script, code)
    const child = fork(script)
    const [, handle] = (await once(child, 'message')) as [unknown, Server | DatagramSocket]
    child.disconnect()
    await once(child, 'exit')
    return handle
  }

  it('is one for each proxy, and gone when that is closed, with all that it took here', async () => {
    const before = openHere()
    for (let round = 0; round < 2; round += 1) {
      await using one = await EitherForm.open('process')
      await using other = await EitherForm.open('process')
      expect(proxiesOf(process.pid)).to.have.length(2)
      for (const form of [one, other]) {
        const talk = await form.intercepted()
        await talk.send(get('/')).answer()
        talk.destroy()
      }
      const server = createServer().listen(0, '127.0.0.1')
      await once(server, 'listening')
      await one.proxy.listen({ handle: server })
    }
    expect(proxiesOf(process.pid)).to.deep.equal([])
    await until(() => openHere().length <= before.length)
    expect(openHere()).to.deep.equal(before)
  })

  it('has nothing of the host: no variable, no option, no file, no core dump', async () => {
    const { SECRET, NODE_OPTIONS } = process.env
    Object.assign(process.env, { SECRET: 's3cr3t', NODE_OPTIONS: '--no-warnings' })
    try {
      await using form = await EitherForm.open('process', {
        upstream: { url: 'http://user:s3cr3t@127.0.0.1:9', noProxy: [good] },
      })
      const pid = await onlyProxy()
      const read = (name: string): string => readFileSync(`/proc/${pid}/${name}`, 'latin1')
      expect(read('environ')).not.to.match(/s3cr3t|NODE_OPTIONS|PATH|HOME/)
      expect(read('cmdline')).not.to.match(/s3cr3t|inspect/)
      expect(read('limits')).to.match(/Max core file size +0 +0 /)
      expect(read('coredump_filter').trim()).to.match(/^0+$/)
      const inputs = ['0', '1', '2'].map((fd) => read(`fdinfo/${fd}`).length > 0)
      expect(inputs).to.deep.equal([true, true, true])
      void form
    } finally {
      delete process.env['SECRET']
      delete process.env['NODE_OPTIONS']
      if (SECRET !== undefined) process.env['SECRET'] = SECRET
      if (NODE_OPTIONS !== undefined) process.env['NODE_OPTIONS'] = NODE_OPTIONS
    }
  })

  it('opens no inspector at the signal that asks for one', async () => {
    await using form = await EitherForm.open('process')
    const pid = await onlyProxy()
    const before = readdirSync(`/proc/${pid}/fd`).length
    process.kill(pid, 'SIGUSR1')
    for (let round = 0; round < 3; round += 1) {
      const { status, socket } = await connectTo(form.listener, 'evil.test:443')
      expect(status).to.equal(403)
      socket.destroy()
    }
    // An inspector listens: it would have a socket more.
    await until(() => readdirSync(`/proc/${pid}/fd`).length <= before)
  })

  it('takes the way out with it when it dies, and none comes back', async () => {
    await using form = await EitherForm.open('process')
    const server = createServer().listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    await form.proxy.listen({ handle: server })
    const talk = await form.intercepted()
    const pid = await onlyProxy()
    process.kill(pid, 'SIGKILL')
    const { reason, detail } = await form.proxy.ended
    expect([reason, detail]).to.deep.equal(['failed', 'its process ended (SIGKILL)'])
    // Open connections end with it: this resolves only when nothing more can come.
    await talk.over()
    for (const door of [form.listener, { host: '127.0.0.1', port }]) {
      const error: unknown = await line(door).catch((thrown: unknown) => thrown)
      expect(error).to.include({ code: 'ECONNREFUSED' })
    }
    const late: unknown = await form.proxy.update({}).catch((thrown: unknown) => thrown)
    expect(late).to.include({ code: 'SANDBOX_ENDED' })
    expect(parentOf(pid)).to.equal(null)
    expect(proxiesOf(process.pid)).to.deep.equal([])
  })

  it('rejects what was asked of it when it dies meanwhile', async () => {
    await using form = await EitherForm.open('process')
    const pid = await onlyProxy()
    process.kill(pid, 'SIGSTOP')
    const asked = form.proxy.update({}).catch((thrown: unknown) => thrown)
    process.kill(pid, 'SIGKILL')
    expect(await asked).to.include({ code: 'SANDBOX_ENDED' })
  })

  it('ends when the host is killed', async () => {
    const code = `
      import { createEgressProxy } from ${JSON.stringify(entry)}
      const proxy = await createEgressProxy({ isolate: 'process', policy: {} })
      await proxy.listen()
      console.log('ready')
      setInterval(() => undefined, 1000)
    `
    const host = spawn(process.execPath, ['--input-type=module', '-e', code], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    await once(host.stdout, 'data')
    const [pid = 0] = proxiesOf(host.pid ?? 0)
    expect(pid).to.be.greaterThan(0)
    host.kill('SIGKILL')
    await once(host, 'exit')
    await until(() => parentOf(pid) === null || isZombie(pid))
  })

  it('does not hear the signals of the host’s terminal', async () => {
    await using form = await EitherForm.open('process')
    const pid = await onlyProxy()
    process.kill(pid, 'SIGINT')
    const { status, socket } = await connectTo(form.listener, 'evil.test:443')
    socket.destroy()
    expect(status).to.equal(403)
  })

  it('serves a listening socket that came from a third process', async () => {
    await using form = await EitherForm.open('process')
    const handle = (await handed(`
      import { createServer } from 'node:net'
      const server = createServer().listen(0, '127.0.0.1', () => {
        process.send({ door: 0 }, server, () => undefined)
      })
      process.on('disconnect', () => process.exit(0))
    `)) as Server
    const { port } = handle.address() as AddressInfo
    await form.proxy.listen({ handle })
    expect(handle.listening).to.equal(false)
    const { status, socket } = await connectTo({ host: '127.0.0.1', port }, 'evil.test:443')
    socket.destroy()
    expect(status).to.equal(403)
  })

  it('answers questions on a datagram socket that came from a third process', async () => {
    await using form = await EitherForm.open('process')
    const handle = (await handed(`
      import { createSocket } from 'node:dgram'
      const socket = createSocket('udp4')
      socket.bind(0, '127.0.0.1', () => process.send({ door: 0 }, socket, () => undefined))
      process.on('disconnect', () => process.exit(0))
    `)) as DatagramSocket
    const { port } = handle.address()
    const door = { kind: 'resolver', protocol: 'udp', address: '127.0.0.1', port } as const
    await form.proxy.listen({ handle, door })
    const client = createSocket('udp4')
    const name = Buffer.from('\u0003api\u0004good\u0004test\u0000', 'latin1')
    const head = Buffer.from([0x12, 0x34, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0])
    client.send(Buffer.concat([head, name, Buffer.from([0, 1, 0, 1])]), port, '127.0.0.1')
    const [answer] = (await once(client, 'message')) as [Buffer]
    client.close()
    expect(answer.readUInt16BE(0)).to.equal(0x1234)
    expect(answer.readUInt16BE(6)).to.equal(1)
  })

  it('is an error of the launch when there can be no process', async () => {
    const { execPath } = process
    process.execPath = '/nowhere/node'
    try {
      const error: unknown = await EitherForm.open('process').catch((thrown: unknown) => thrown)
      expect(error).to.include({ code: 'LAUNCH_FAILED' })
      expect(proxiesOf(process.pid)).to.deep.equal([])
    } finally {
      process.execPath = execPath
    }
  })

  it('refuses a datagram socket for anything but questions, and closes it', async () => {
    await using form = await EitherForm.open('process')
    const socket = createSocket('udp4')
    socket.bind(0, '127.0.0.1')
    await once(socket, 'listening')
    const error: unknown = await form.proxy
      .listen({ handle: socket })
      .catch((thrown: unknown) => thrown)
    expect(error).to.be.instanceOf(TypeError)
    expect(() => socket.address()).to.throw()
  })
})

function isZombie(pid: number): boolean {
  try {
    return /^\d+ \(.*\) Z/.test(readFileSync(`/proc/${pid}/stat`, 'latin1'))
  } catch {
    return true
  }
}
