import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { type EgressDoor, SandboxError } from '@caisson/core'
import { expect } from 'chai'
import {
  doors,
  EchoEgress,
  planWithDoors,
  run,
  sandboxWithDoors,
  start,
  talk,
  until,
} from './fake-egress.ts'
import { descendantNames, descendants, driver, requireDriver, sandboxWith } from './real-sandbox.ts'

const isRoot = process.geteuid?.() === 0

const transparent: EgressDoor = {
  kind: 'transparent',
  protocol: 'tcp',
  address: '0.0.0.0',
  port: 443,
}

function descriptors(): string[] {
  return readdirSync('/proc/self/fd').flatMap((fd) => {
    try {
      return [readlinkSync(`/proc/self/fd/${fd}`).replace(/\d+/g, '')]
    } catch {
      // The one that listed them is closed.
      return []
    }
  })
}

async function launchError(
  given: EchoEgress | null,
  plan = given?.doors ?? doors,
): Promise<unknown> {
  const context = { allowWeaker: [], egress: given, onNotice: () => undefined }
  return await driver.launch(await planWithDoors(plan), context).catch((error: unknown) => error)
}

describe('the doors of a bubblewrap sandbox', () => {
  before(async function () {
    await requireDriver(this)
  })

  it('lead from the loopback inside to the process of the host', async () => {
    await using sandbox = await sandboxWithDoors()
    expect(sandbox.egress.listening).to.equal(4)
    expect(await run(sandbox, talk('tcp', '127.0.0.1', 3128))).to.equal('hello\n')
    expect(await run(sandbox, talk('tcp', '127.64.0.5', 443))).to.equal('hello\n')
    expect(await run(sandbox, talk('tcp', '127.0.0.1', 53))).to.equal('hello\n')
    expect(await run(sandbox, talk('udp', '127.0.0.1', 53))).to.equal('hello\n')
    expect(sandbox.egress.arrivals.map(({ door }) => door)).to.deep.equal([
      doors[0],
      doors[1],
      doors[3],
      doors[2],
    ])
  })

  it('tell the address that a program connected to', async () => {
    await using sandbox = await sandboxWithDoors()
    await run(sandbox, talk('tcp', '127.64.0.5', 443))
    expect(sandbox.egress.arrivals[0]?.localAddress).to.equal('127.64.0.5')
  })

  it('serve many connections at once', async () => {
    await using sandbox = await sandboxWithDoors()
    const script = [
      'import socket',
      'all = [socket.create_connection(("127.64.0.%d" % (i % 250 + 1), 443)) for i in range(200)]',
      'for i, s in enumerate(all): s.send(b"%03d" % i)',
      'print(sum(int(s.recv(3)) == i for i, s in enumerate(all)))',
    ]
    expect(await run(sandbox, ['python3', '-c', script.join('\n')])).to.equal('200\n')
  })

  it('are all there is: nothing else of the host answers', async () => {
    await using sandbox = await sandboxWithDoors()
    expect(await run(sandbox, talk('tcp', '127.0.0.1', 80))).to.contain('ConnectionRefusedError')
    expect(await run(sandbox, talk('tcp', '192.0.2.1', 443))).to.contain('unreachable')
  })

  it('are not there without a way out', async () => {
    await using sandbox = await sandboxWith({})
    const { stderr } = await sandbox.exec(talk('tcp', '127.0.0.1', 3128))
    expect(stderr).to.contain('ConnectionRefusedError')
  })

  it('are not told among the ports of the sandbox', async () => {
    await using sandbox = await sandboxWithDoors()
    expect(await sandbox.session.listeningPorts()).to.deep.equal([])
    const serve =
      'import socket, sys; s = socket.create_server(("127.0.0.1", 8080)); print("on", flush=True); sys.stdin.read()'
    const server = await start(sandbox, ['python3', '-c', serve])
    await until(() => server.output() === 'on\n')
    expect(await sandbox.session.listeningPorts()).to.deep.equal([8080])
  })

  it('cannot be taken, shared or made more by a command', async () => {
    await using sandbox = await sandboxWithDoors()
    const bind = (address: string, port: number, type = 'STREAM'): string[] => [
      'python3',
      '-c',
      `import socket; s = socket.socket(socket.AF_INET, socket.SOCK_${type}); s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1); s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1); s.bind(("${address}", ${port})); print("bound")`,
    ]
    expect(await run(sandbox, bind('127.0.0.2', 8080))).to.equal('bound\n')
    expect(await run(sandbox, bind('127.64.0.9', 443))).to.contain('PermissionError')
    expect(await run(sandbox, bind('127.0.0.1', 53, 'DGRAM'))).to.contain('PermissionError')
    expect(await run(sandbox, bind('127.0.0.1', 3128))).to.contain('Address already in use')
    expect(await run(sandbox, bind('0.0.0.0', 3128))).to.contain('Address already in use')
  })

  it('give commands no socket but loopback ones', async () => {
    await using sandbox = await sandboxWithDoors()
    const open = (what: string): string[] => [
      'python3',
      '-c',
      `import socket; socket.socket(${what}); print("made")`,
    ]
    expect(await run(sandbox, open('socket.AF_NETLINK, socket.SOCK_RAW, 0'))).to.equal('made\n')
    expect(await run(sandbox, open('socket.AF_NETLINK, socket.SOCK_RAW, 4'))).to.contain('OSError')
    expect(await run(sandbox, open('socket.AF_INET, socket.SOCK_RAW, 6'))).to.contain(
      'PermissionError',
    )
    expect(await run(sandbox, open('socket.AF_INET, socket.SOCK_RAW, 255'))).to.contain('OSError')
    expect(await run(sandbox, open('socket.AF_PACKET, socket.SOCK_RAW, 3'))).to.contain('OSError')
  })

  it('leave no trace of their channel inside', async () => {
    await using sandbox = await sandboxWithDoors()
    const trace = [
      'exec 2>/dev/null',
      'cat /proc/*/environ | tr "\\0" "\\n" | grep -c NODE_CHANNEL',
      'readlink /proc/1/fd/* | wc -l',
      'ls /proc/self/fd | tr "\\n" " "',
      'env | grep -c NODE',
    ]
    expect(await run(sandbox, ['sh', '-c', trace.join('; ')])).to.equal('0\n0\n0 1 2 3 0\n')
    // Who may look from the host sees that init was not even started with it.
    const init = descendants().find(({ name }) => name === 'caisson-init')
    if (isRoot) expect(readFileSync(`/proc/${init?.pid}/environ`, 'utf8')).not.to.contain('NODE')
  })

  it('leave no process, descriptor or namespace behind', async () => {
    await (await sandboxWithDoors())[Symbol.asyncDispose]()
    const before = descriptors().toSorted()
    for (let round = 0; round < 4; round++) {
      const all = await Promise.all(Array.from({ length: 5 }, () => sandboxWithDoors()))
      await Promise.all(all.map((sandbox) => run(sandbox, talk('tcp', '127.64.0.5', 443))))
      await Promise.all(all.map((sandbox) => sandbox[Symbol.asyncDispose]()))
    }
    expect(descriptors().toSorted()).to.deep.equal(before)
    expect(descendantNames()).to.deep.equal([])
  })

  describe('that cannot be made', () => {
    it('fail the launch, by name, and leave nothing', async () => {
      const twice = [...doors, { ...transparent, address: '127.0.0.9' }]
      const before = descriptors().length
      const egress = new EchoEgress(twice)
      const error = await launchError(egress)
      expect(SandboxError.is(error) && error.code).to.equal('LAUNCH_FAILED')
      expect(String(error)).to.contain('doors: EADDRINUSE (tcp 127.0.0.9:443)')
      expect(egress.listening).to.equal(0)
      await until(() => descriptors().length === before)
      expect(descendantNames()).to.deep.equal([])
    })

    it('fail before anything starts when they are no addresses, or too many', async () => {
      for (const wrong of [
        [{ ...transparent, address: 'localhost' }],
        [{ ...transparent, port: 0 }],
        Array.from({ length: 65 }, (_, index) => ({ ...transparent, port: 2000 + index })),
      ]) {
        const error = await launchError(new EchoEgress(wrong))
        expect(SandboxError.is(error) && error.code).to.equal('LAUNCH_FAILED')
      }
    })

    it('fail the launch when nothing serves them', async () => {
      const error = await launchError(null)
      expect(SandboxError.is(error) && error.code).to.equal('LAUNCH_FAILED')
      expect(String(error)).to.contain('nothing serves them')
    })

    it('fail the launch when the way out does not take one', async () => {
      const egress = new EchoEgress()
      egress.listen = (_, socket) => {
        socket.close()
        return Promise.reject(new Error('not this one'))
      }
      const before = descriptors().length
      expect(String(await launchError(egress))).to.contain('not this one')
      expect(descendantNames()).to.deep.equal([])
      await until(() => descriptors().length === before)
    })
  })

  it('go with the host process, however it ends', async () => {
    const program = `
      import { EchoEgress, sandboxWithDoors, start } from ${JSON.stringify(new URL('./fake-egress.js', import.meta.url).href)}
      const sandbox = await sandboxWithDoors()
      const { process: held } = await start(sandbox, ['sleep', '1000'])
      console.log('ready')
      setInterval(() => held, 1000)`
    const child = spawn(process.execPath, ['--input-type=module', '-e', program], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    const namespaces = (): number => networkNamespaces().size
    const before = namespaces()
    await once(child.stdout, 'data')
    child.kill('SIGKILL')
    await once(child, 'exit')
    await until(() => namespaces() <= before)
  })
})

/** Network namespaces that some process is in. */
function networkNamespaces(): Set<string> {
  return new Set(
    readdirSync('/proc').flatMap((pid) => {
      try {
        return [readlinkSync(`/proc/${pid}/ns/net`)]
      } catch {
        // Not a process, or not ours.
        return []
      }
    }),
  )
}
