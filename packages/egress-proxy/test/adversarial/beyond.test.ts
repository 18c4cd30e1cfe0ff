import { expect } from 'chai'
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'
import { connectTo, credentials, Line, line } from '../support/client.ts'
import { Origin } from '../support/origin.ts'
import { good, Proxied, refusalIn, settle, statusOf } from '../support/proxied.ts'

interface Parent extends AsyncDisposable {
  readonly url: string
  readonly heads: string[]
}

/** An HTTP proxy that tunnels to one place, whatever it is asked for. */
async function parent(to: () => string): Promise<Parent> {
  const heads: string[] = []
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => undefined)
    socket.once('data', (chunk: Buffer) => {
      heads.push(chunk.toString('latin1'))
      const [host = '', port = ''] = to().split(':')
      const upstream = connect({ host, port: Number(port) })
      sockets.add(upstream)
      upstream.on('error', () => undefined)
      upstream.once('connect', () => {
        socket.write('HTTP/1.1 200 OK\r\nX-Parent-Secret: yes\r\n\r\n')
        socket.pipe(upstream).pipe(socket)
      })
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    heads,
    url: `http://user:parent-secret@127.0.0.1:${(server.address() as AddressInfo).port}`,
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

describe('another proxy above', () => {
  it('sees the canonical host alone, and shows nothing of its login inside', async () => {
    let at = ''
    await using above = await parent(() => at)
    await using world = await Proxied.open({
      network: { allow: [{ host: 'far.good.test', protocol: 'tcp', ports: [80] }] },
      upstream: above.url,
      lookup: async () => ({ addresses: ['93.184.216.34'], ttlMs: null }),
    })
    at = world.plain.address
    const { status, text, socket } = await connectTo(world.door, 'FAR.good.test.:80')
    expect(status).to.equal(200)
    expect(text).to.not.match(/secret/i)
    const talk = new Line(socket)
    expect(await talk.send('GET /p HTTP/1.0\r\n\r\n').over()).to.contain('hello from /p')
    talk.destroy()
    expect(above.heads).to.have.length(1)
    const [first = '', ...fields] = (above.heads[0] ?? '').split('\r\n')
    expect(first).to.match(/^CONNECT (?:far\.good\.test|93\.184\.216\.34):80 HTTP\/1\.1$/)
    expect(fields.filter((field) => /^host:/i.test(field))).to.have.length(1)
    expect(above.heads[0]).to.not.contain(world.listener.token)
    expect(above.heads[0]).to.not.contain(
      Buffer.from(`caisson:${world.listener.token}`).toString('base64'),
    )
  })

  it('is reached with nothing that a name could smuggle', async () => {
    let at = ''
    await using above = await parent(() => at)
    await using world = await Proxied.open({
      network: { allow: [{ host: '*.good.test', protocol: 'tcp', ports: [80] }] },
      upstream: above.url,
    })
    at = world.plain.address
    for (const name of [
      'a\r\nX: y.good.test',
      'a\0.good.test',
      'a .good.test',
      'a%0d%0a.good.test',
    ]) {
      const talk = await line(world.door)
      talk.send(
        `CONNECT ${name}:80 HTTP/1.1\r\nHost: ${name}:80\r\nConnection: close\r\n${credentials(world.door)}\r\n`,
      )
      expect(statusOf(await talk.over())).to.be.oneOf([400, 407])
      talk.destroy()
    }
    expect(above.heads).to.deep.equal([])
  })
})

describe('where names lead', () => {
  const denied = [
    '127.0.0.1',
    '0.0.0.0',
    '10.0.0.1',
    '172.16.0.1',
    '192.168.1.1',
    '169.254.169.254',
    '100.100.100.200',
    '168.63.129.16',
    '192.0.0.192',
    '100.64.0.1',
    '255.255.255.255',
    '224.0.0.1',
    '::1',
    '::',
    'fe80::1',
    'fc00::1',
    'fd00:ec2::254',
    'ff02::2',
    'fec0::1',
    '64:ff9b::a00:1',
    '64:ff9b:1::a00:1',
    '2002:a00:1::1',
    '2001:0:a00:1::1',
    '::ffff:127.0.0.1',
    '::ffff:7f00:1',
    '::7f00:1',
    '::ffff:0:a00:1',
  ]
  const network = {
    allow: [
      { host: 'api.wild.test', methods: ['GET'] },
      { host: '*.tcp.test', protocol: 'tcp', ports: [81] },
    ],
  } as const

  for (const address of denied) {
    it(`is not ${address}, which nothing of the answer tells`, async () => {
      await using world = await Proxied.open({
        network,
        lookup: async () => ({ addresses: [address], ttlMs: null }),
      })
      const { status, text, socket } = await connectTo(world.door, 'a.tcp.test:81')
      socket.destroy()
      expect(status).to.equal(403)
      expect(refusalIn(text)).to.be.oneOf(['address_denied', 'self'])
      expect(text).to.not.contain(address)
      expect(JSON.stringify(world.decisions)).to.not.contain(address)
    })
  }

  it('is asked once: the address that was vetted is the one that is dialled', async () => {
    await using origin = await Origin.plain()
    const [, port] = origin.address.split(':')
    const answers = [['127.0.0.1'], ['10.9.9.9']]
    await using world = await Proxied.open({
      network: {
        allow: [{ host: 'api.tcp.test', protocol: 'tcp', ports: [Number(port)] }],
        addresses: { allow: ['127.0.0.1/32'] },
      },
      lookup: async () => ({ addresses: answers.shift() ?? ['10.9.9.9'], ttlMs: 0 }),
    })
    const { status, socket } = await connectTo(world.door, `api.tcp.test:${port}`)
    expect(status).to.equal(200)
    expect(world.lookups).to.deep.equal(['api.tcp.test'])
    expect(await new Line(socket).send('GET /one HTTP/1.0\r\n\r\n').over()).to.contain('hello')
    socket.destroy()
  })

  it('is never asked for a name that no rule has: nothing leaves in a question', async () => {
    await using world = await Proxied.open({ network: { allow: ['*.good.test'] } })
    for (const name of ['AKIAIOSFODNN7.leak.test', 'secret.evil.test', 'good.test.evil.test']) {
      const { status, socket } = await connectTo(world.door, `${name}:443`)
      socket.destroy()
      expect(status).to.equal(403)
    }
    const talk = await line(world.door)
    talk.send(
      `GET http://secret.leak.test/ HTTP/1.1\r\nHost: secret.leak.test\r\nConnection: close\r\n${credentials(world.door)}\r\n`,
    )
    expect(statusOf(await talk.over())).to.equal(403)
    talk.destroy()
    expect(world.lookups).to.deep.equal([])
    // A connection that will be looked into is not dialled before its first request, so not even a name is asked for.
    const { status, socket } = await connectTo(world.door, 'x.good.test:443')
    socket.destroy()
    expect([status, world.lookups.length]).to.deep.equal([200, 0])
  })
})

describe('memory', () => {
  const GiB = 1 << 30
  const allowed = 96 << 20

  it('stays flat while a client does not read an answer of a gigabyte', async () => {
    const chunk = Buffer.alloc(1 << 16)
    let sent = 0
    await using world = await Proxied.open({
      network: { allow: [{ host: good, protocol: 'http-plain' }] },
      answer: (_request, response) => {
        response.writeHead(200, { 'content-length': String(GiB) })
        const more = (): void => {
          while (sent < GiB) {
            sent += chunk.length
            if (!response.write(chunk)) return void response.once('drain', more)
          }
        }
        more()
      },
    })
    const talk = await line(world.door)
    talk.stream.pause()
    talk.send(`GET http://${good}/ HTTP/1.1\r\nHost: ${good}\r\n${credentials(world.door)}\r\n`)
    await settle(() => world.plain.begun === 1)
    await quiet(() => sent)
    expect(sent).to.be.below(allowed)
    talk.destroy()
    await settle(() => world.plain.sockets.size === 0)
    expect(world.plain.sockets.size).to.equal(0)
  })

  it('stays flat while an origin does not read an upload of a gigabyte', async () => {
    const sockets: Socket[] = []
    const server = createServer((socket) => {
      sockets.push(socket)
      socket.on('error', () => undefined)
      socket.pause()
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    await using world = await Proxied.open({
      network: {
        allow: [{ host: good, protocol: 'http-plain', methods: ['POST'] }],
        budgets: { bytesPerRequest: 2 * GiB, bytesPerWindow: 4 * GiB, bytesTotal: 4 * GiB },
      },
      hosts: { [`${good}:80`]: `127.0.0.1:${(server.address() as AddressInfo).port}` },
    })
    const talk = await line(world.door)
    talk.send(
      `POST http://${good}/ HTTP/1.1\r\nHost: ${good}\r\n${credentials(world.door)}Content-Type: application/octet-stream\r\nContent-Length: ${GiB}\r\n\r\n`,
    )
    const chunk = Buffer.alloc(1 << 16)
    let sent = 0
    const more = (): void => {
      while (sent < GiB && !talk.closed) {
        sent += chunk.length
        if (!talk.stream.write(chunk)) return void talk.stream.once('drain', more)
      }
    }
    more()
    await quiet(() => sent)
    expect(sent).to.be.below(allowed)
    expect(world.proxy.usage().bytesOut).to.be.below(allowed)
    talk.destroy()
    await world.proxy.close()
    for (const socket of sockets) socket.destroy()
    server.close()
  })
})

/** Waits until a number does not grow any more. */
async function quiet(count: () => number): Promise<void> {
  for (let before = -1; before !== count();) {
    before = count()
    await settleTurns(3000)
  }
}

async function settleTurns(turns: number): Promise<void> {
  let left = turns
  await settle(() => left-- <= 0)
}
