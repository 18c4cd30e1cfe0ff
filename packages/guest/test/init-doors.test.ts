import { expect } from 'chai'
import { spawnSync } from 'node:child_process'
import { once } from 'node:events'
import {
  chmodSync,
  chownSync,
  closeSync,
  constants,
  mkdirSync,
  openSync,
  readSync,
  writeFileSync,
} from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { connectScript, mount, rule } from './init-sandbox.ts'
import {
  hostFolder,
  liveObstacle,
  whySkipped,
  liveSandbox,
  shell,
  type LiveSandbox,
} from './live/live-sandbox.ts'
import { sandboxRejection } from './rejection.ts'

/** A folder of the host in which something listens. */
async function hostWithServer(
  path: string,
): Promise<AsyncDisposable & { readonly path: string; readonly heard: string[] }> {
  const folder = hostFolder()
  const heard: string[] = []
  const server = createServer((socket) => socket.on('data', (data) => heard.push(data.toString())))
  mkdirSync(join(folder.path, path, '..'), { recursive: true })
  server.listen(join(folder.path, path))
  await once(server, 'listening')
  return {
    path: folder.path,
    heard,
    async [Symbol.asyncDispose]() {
      server.close()
      await once(server, 'close')
      folder[Symbol.dispose]()
    },
  }
}

async function connectInside(sandbox: LiveSandbox, path: string): Promise<string> {
  const script = `python3 -c '${connectScript}' ${path}`
  return (await shell(sandbox, script)).output.trim()
}

describe(`sockets and FIFOs of the host${whySkipped()}`, function () {
  before(function () {
    if (liveObstacle() !== undefined) this.skip()
  })

  it('are open to whoever sees their inode, from any network namespace', async () => {
    await using host = await hostWithServer('a/s.sock')
    const flags = ['--unshare-user', '--unshare-net', '--ro-bind', '/', '/', '--']
    const python = ['python3', '-c', connectScript, join(host.path, 'a/s.sock')]
    expect(spawnSync('bwrap', [...flags, ...python]).stdout.toString()).to.equal('connected\n')
  })

  for (const access of ['read', 'write'] as const) {
    it(`cannot be reached through a ${access} mount without any rule`, async () => {
      await using host = await hostWithServer('a/b/.git/s.ipc')
      await using sandbox = await liveSandbox({
        operations: [mount({ access })],
        staged: [host.path],
      })
      expect(await connectInside(sandbox, '/work/a/b/.git/s.ipc')).to.match(/^(EACCES|EROFS)$/)
      expect((await shell(sandbox, 'chmod 777 /work/a/b/.git/s.ipc')).exitCode).to.equal(1)
      expect(host.heard).to.deep.equal([])
    })
  }

  it('cannot be reached inside what is protected, nor after a folder around them moved', async () => {
    await using host = await hostWithServer('r/.git/s.ipc')
    mkdirSync(join(host.path, 'r/.git/hooks'))
    await using sandbox = await liveSandbox({
      operations: [mount({ protect: [rule('**/.git/hooks')] })],
      staged: [host.path],
    })
    expect(await connectInside(sandbox, '/work/r/.git/s.ipc')).to.match(/^(EACCES|EROFS)$/)
    await using other = await hostWithServer('r/s/t.sock')
    await using second = await liveSandbox({ operations: [mount()], staged: [other.path] })
    expect((await shell(second, 'mv /work/r /work/q')).exitCode).to.equal(0)
    expect(await connectInside(second, '/work/q/s/t.sock')).to.match(/^(EACCES|EROFS)$/)
    expect(
      (await shell(second, 'rm -rf /work/q/s/t.sock; ln /work/q/s/t.sock /work/l')).exitCode,
    ).to.equal(1)
    expect([...host.heard, ...other.heard]).to.deep.equal([])
  })

  it('cannot be reached through an overlay, where theirs is another inode', async () => {
    await using host = await hostWithServer('a/s.sock')
    await using sandbox = await liveSandbox({
      operations: [mount({ access: 'overlay' })],
      staged: [host.path],
    })
    expect(await connectInside(sandbox, '/work/a/s.sock')).to.equal('ECONNREFUSED')
    expect((await shell(sandbox, 'mv /work/a/s.sock /work/moved')).exitCode).to.equal(0)
    expect(await connectInside(sandbox, '/work/moved')).to.equal('ECONNREFUSED')
    expect(host.heard).to.deep.equal([])
  })

  it('let no byte out through a FIFO that a process of the host reads', async () => {
    for (const access of ['read', 'write', 'overlay'] as const) {
      using host = hostFolder()
      const fifo = join(host.path, 'fifo')
      expect(spawnSync('mkfifo', ['-m', '666', fifo]).status).to.equal(0)
      const reader = openSync(fifo, constants.O_RDONLY | constants.O_NONBLOCK)
      try {
        await using sandbox = await liveSandbox({
          operations: [mount({ access })],
          staged: [host.path],
        })
        const write = 'import os; os.write(os.open("/work/fifo", os.O_WRONLY|os.O_NONBLOCK), b"x")'
        expect((await shell(sandbox, `python3 -c '${write}'`)).exitCode, access).to.equal(1)
        expect(readSync(reader, Buffer.alloc(9)), access).to.equal(0)
      } finally {
        closeSync(reader)
      }
    }
  })

  it('are told as a gap where a folder can be passed but not listed', async function () {
    if (process.getuid?.() !== 0) return this.skip()
    using host = hostFolder()
    for (const [name, mode] of [
      ['shut', 0o700],
      ['passable', 0o711],
    ] as const) {
      mkdirSync(join(host.path, name))
      chmodSync(join(host.path, name), mode)
      chownSync(join(host.path, name), 12_345, 12_345)
    }
    await using sandbox = await liveSandbox({ operations: [mount()], staged: [host.path] })
    expect(sandbox.session.gaps).to.deep.equal([
      {
        mountIndex: 0,
        rule: 'process.hostSockets',
        path: '/work/passable',
        why: 'Permission denied',
      },
    ])
  })

  it('are no file to mount', async () => {
    await using host = await hostWithServer('s.sock')
    const staged = [join(host.path, 's.sock')]
    const operations = [mount({ fileKind: 'file', target: '/tmp/s.sock' })]
    const error = await sandboxRejection(liveSandbox({ operations, staged }))
    expect(error.message).to.match(/EINVAL/)
  })

  it('of the sandbox itself work as ever', async () => {
    using host = hostFolder()
    writeFileSync(join(host.path, 'c.py'), connectScript)
    await using sandbox = await liveSandbox({ operations: [mount()], staged: [host.path] })
    const listen =
      'import socket; s=socket.socket(socket.AF_UNIX); s.bind("own"); s.listen(); open("up","w"); s.accept()[0].recv(9)'
    const script = `cd /work && (python3 -c '${listen}' & until [ -e up ]; do sleep 0.01; done; python3 c.py own)`
    expect((await shell(sandbox, script)).output).to.equal('connected\n')
  })
})
